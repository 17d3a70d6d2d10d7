#!/usr/bin/python3
"""Writes golden.hpp: features, scalers and folds from pandas, SciPy and scikit-learn.

golden.py > golden.hpp   (Debian: python3-pandas, python3-scipy, python3-sklearn)
"""
import math, textwrap
import numpy as np, pandas as pd, scipy, scipy.stats, sklearn
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

wrap = lambda text: print(textwrap.fill(text, 120, subsequent_indent="    ", break_long_words=False))


def array(name, values, kind="double"):
    number = lambda v: "missing_value" if isinstance(v, float) and math.isnan(v) else repr(v)
    wrap(f"inline const std::vector<{kind}> {name} = {{{', '.join(number(v) for v in np.ravel(values).tolist())}}};")


def folds(name, splitter, *data):
    print(f"inline const std::vector<std::pair<std::vector<Index>, std::vector<Index>>> {name} = {{")
    for train, test in splitter.split(*data):
        wrap("    {{%s}, {%s}}," % tuple(", ".join(map(str, part)) for part in (train, test)))
    print("};")


random = np.random.RandomState(4)
print(f"""/// Made by golden.py: pandas {pd.__version__}, NumPy {np.__version__}, SciPy {scipy.__version__}, scikit-learn {sklearn.__version__}.
#pragma once

// clang-format off
#include <utility>
#include <vector>

#include "tenure/data/statistics.hpp"

namespace tenure::golden {{
""")

# A series with two outliers, gaps, and a stretch that is all gap
x = pd.Series(np.round(random.gamma(2, 40, 48) + 1000, 2))
x[[11, 30]] = [2500.0, 12.5]
x[[0, 5, 6, 17]] = np.nan
x[35:42] = np.nan
array("series", x)
for count in (5, 2):
    rolling = x.rolling(5, min_periods=count)
    for name, values in (("mean", rolling.mean()), ("deviation", rolling.std()), ("minimum", rolling.min()), ("maximum", rolling.max())):
        array(f"rolling_{name}_{count}", values)
array("lag_3", x.shift(3))

array("quantile_shares", [0, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 1])
array("quantile_values", x.quantile([0, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 1]))
q1, q3 = x.quantile(0.25), x.quantile(0.75)
array("iqr_bounds", [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)])
known = x.dropna().values
array("z_score_marks", (abs(scipy.stats.zscore(x, nan_policy="omit")) > 3).astype(int), "int")
array("z_score_bounds", [known.mean() - 3 * known.std(), known.mean() + 3 * known.std()])
for centered in (False, True):
    rolling = x.rolling(7, min_periods=1, center=centered)
    median = rolling.median()
    deviation = rolling.apply(lambda w: np.nanmedian(abs(w - np.nanmedian(w))))
    name = "hampel_centered" if centered else "hampel"
    array(f"{name}_low", median - 3 * 1.4826 * deviation)
    array(f"{name}_high", median + 3 * 1.4826 * deviation)

# Gaps
dates = pd.to_datetime(["2011-02-26", "2011-02-27", "2011-03-02", "2011-03-03", "2011-03-07"])
daily = pd.Series([5.0, 7.0, 1.0, 0.5, 9.0], dates)
array("gap_days", [d.toordinal() - 719163 for d in dates], "int")
array("gap_values", daily)
array("gaps_zero", daily.asfreq("D", fill_value=0.0))
array("gaps_previous", daily.asfreq("D").ffill())
array("gaps_missing", daily.asfreq("D"))

# Scalers: a constant feature and one that is constant but for one row among the three
table = np.column_stack([random.gamma(1, 300, 12), np.full(12, 0.1), np.r_[np.zeros(11), 4], random.normal(-2, 1e-3, 12)]).round(5)
array("table", table)
for name, scaler in (("min_max", MinMaxScaler()), ("standard", StandardScaler()), ("robust", RobustScaler())):
    array(name, scaler.fit(table[:8]).transform(table))
logarithms = np.log1p(table[:, :3])
array("log1p_standard", StandardScaler().fit(logarithms[:8]).transform(logarithms))

# Folds
folds("folds", KFold(3), np.zeros(11))
groups = random.randint(0, 6, 20)
array("groups", groups, "std::int64_t")
folds("group_folds", GroupKFold(3), np.zeros(20), None, groups)
folds("chained_folds", TimeSeriesSplit(4, gap=1), np.zeros(23))
print("\n}  // namespace tenure::golden")
