#!/usr/bin/python3
"""Writes golden.hpp: metrics from scikit-learn, SciPy and NumPy.

golden.py > golden.hpp   (Debian: python3-scipy, python3-sklearn)
"""
import textwrap
import numpy as np, scipy, sklearn
from scipy.stats import rankdata, spearmanr
from sklearn import metrics

wrap = lambda text: print(textwrap.fill(text, 120, subsequent_indent="    ", break_long_words=False))


def array(values): return "{" + ", ".join(repr(float(v)) for v in np.ravel(values)) + "}"


def gini(y, p):
    """By the covariance of targets and mean ranks (Lerman and Yitzhaki, 1984)."""
    return 2 * ((rankdata(p) - (len(y) + 1) / 2) * y).sum() / (len(y) * y.sum())


def mutual_gini(y, p):  # as published
    curves = [np.cumsum(np.sort(-a.ravel())) for a in (y, p)]
    share = np.linspace(0, 1, y.size)
    return abs(np.trapz(curves[0] / curves[0][-1], share) - np.trapz(curves[1] / curves[1][-1], share))


def case(name, y, p):
    some = y != 0
    smape = np.mean([2 * abs(b - a) / (abs(a) + abs(b)) if abs(a) + abs(b) else 0 for a, b in zip(y, p)])
    values = [metrics.mean_squared_error(y, p), metrics.mean_squared_error(y, p, squared=False),
              metrics.mean_absolute_error(y, p), np.mean(p - y), metrics.r2_score(y, p), smape,
              metrics.mean_absolute_percentage_error(y[some], p[some]), spearmanr(y, p)[0],
              metrics.roc_auc_score(y > 0, p), gini(y, p), gini(y, p) / gini(y, y), mutual_gini(y, p)]
    wrap(f'{{"{name}", {array(y)}, {array(p)}, {", ".join(repr(float(v)) for v in values)}, {int((~some).sum())}}},')


random = np.random.RandomState(5)
print(f"""/// Made by golden.py: scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}, NumPy {np.__version__}.
#pragma once

// clang-format off
#include <string>
#include <vector>

namespace tenure::golden {{

struct Case {{
  std::string name;
  std::vector<double> target, prediction;
  double mse, rmse, mae, bias, r2, smape, mape, spearman, auc, gini, normalized_gini, mutual_gini;
  std::size_t zeros;
}};

inline const std::vector<Case> cases = {{""")
spend = lambda n: np.where(random.uniform(size=n) < 0.4, 0, random.lognormal(4, 1.2, n)).round(2)
y = spend(40)
case("customers", y, (y * 0.6 + random.gamma(1, 60, 40)).round(3))
y = spend(40)
case("tied predictions", y, np.round(np.log1p(y) + random.normal(0, 1, 40)).clip(0) * 25)
y = random.normal(30, 50, 25).round(1)
case("returns", y, np.r_[y[:20] + random.normal(0, 9, 20), random.normal(20, 40, 5)].round(1))
case("two rows", np.array([0.0, 3.0]), np.array([1.0, 2.0]))
y = 1e6 + random.normal(0, 1e-2, 30)
y[0] = 0
case("far from zero", y, y + random.normal(0, 1e-3, 30))
print("};")

y = spend(30)
p = (y + random.gamma(1, 50, 30)).round(2)
wrap(f"inline const std::vector<double> decile_target = {array(y)}, decile_prediction = {array(p)};")
order = np.argsort(-p)
part = lambda a: np.array([chunk.mean() for chunk in np.array_split(a[order], 10)])
gain = np.cumsum(y[order])[2::3] / y.sum()
wrap(f"inline const std::vector<double> decile_mean_prediction = {array(part(p))}, decile_mean_target = {array(part(y))},"
      f" decile_gain = {array(gain)}, decile_lift = {array(part(y) / y.mean())};")
wrap(f"inline const std::vector<double> lorenz = {array(np.r_[0, np.cumsum(np.sort(y)) / y.sum()])};")
print("\n}  // namespace tenure::golden")
