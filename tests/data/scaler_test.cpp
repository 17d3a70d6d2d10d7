#include "tenure/data/scaler.hpp"

#include "../close.hpp"
#include "../message.hpp"
#include "golden.hpp"
#include "state.hpp"
#include "tenure/core/rng.hpp"

using namespace tenure;

namespace {

const Tensor<double> table({12, 4}, golden::table);  // of which 8 rows are for training

}  // namespace

TEST_CASE("scalers equal scikit-learn's, fitted on the training rows alone") {
  for (const auto& [scaling, expected] :
       {std::pair(Scaling::min_max, &golden::min_max), std::pair(Scaling::standard, &golden::standard),
        std::pair(Scaling::robust, &golden::robust)}) {
    const Scaler scaler = Scaler({.scaling = scaling}).fit(table.slice(0, 8));
    test::check_close(scaler.transform(table).view().span(), *expected, 1e-10);
  }
  Tensor<double> some({12, 3});
  for (Index i = 0; i < 12; ++i) std::copy_n(&table(i, 0), 3, &some(i, 0));
  const Scaler scaler = Scaler({.log1p = true}).fit(some.slice(0, 8));
  test::check_close(scaler.transform(some).view().span(), golden::log1p_standard, 1e-10);
}

TEST_CASE("the inverse of every scaling is the identity") {
  Rng rng(1);
  Tensor<double> x({50, 3});
  for (Index i = 0; i < 50; ++i) {
    x(i, 0) = rng.uniform(0, 1e6);
    x(i, 1) = 7;
    x(i, 2) = std::exp(rng.normal(0, 3)) - 0.9;
  }
  for (const Scaling scaling : {Scaling::none, Scaling::min_max, Scaling::standard, Scaling::robust}) {
    for (const bool log1p : {false, true}) {
      const Scaler scaler = Scaler({.scaling = scaling, .log1p = log1p}).fit(x.slice(0, 30));
      test::check_close(scaler.inverse(scaler.transform(x)).view().span(), x.view().span());
    }
  }
}

TEST_CASE("min-max scaled training data span [0, 1], standardized have mean 0 and deviation 1") {
  const Tensor<float> x({4, 1}, {3, 1, 5, 2});
  const Tensor<float> y = Scaler({.scaling = Scaling::min_max}).fit(x).transform(x);
  CHECK(std::vector<float>(y.begin(), y.end()) == std::vector<float>{0.5, 0, 1, 0.25});
  const Tensor<double> z = Scaler().fit(table).transform(table);
  std::vector<double> column;
  for (Index i = 0; i < 12; ++i) column.push_back(z(i, 0));
  CHECK(std::abs(moments(column).mean) < 1e-15);
  CHECK(moments(column).deviation(0) == doctest::Approx(1).epsilon(1e-15));
}

TEST_CASE("constant features are named, become 0, and come back") {
  for (const Scaling scaling : {Scaling::min_max, Scaling::standard, Scaling::robust}) {
    const Scaler scaler = Scaler({.scaling = scaling}).fit(table.slice(0, 8));
    CHECK(scaler.constant_features() == std::vector<Index>{1, 2});
    CHECK(scaler.transform(table)(11, 1) == 0);
    CHECK(scaler.transform(table)(11, 2) == 4);
    CHECK(scaler.inverse(scaler.transform(table))(3, 1) == 0.1);
  }
  // More than half of it one value: no distance between quartiles
  CHECK(Scaler({.scaling = Scaling::robust}).fit(table).constant_features() == std::vector<Index>{1, 2});
  CHECK(Scaler({.scaling = Scaling::min_max}).fit(table).constant_features() == std::vector<Index>{1});
  CHECK(Scaler({.scaling = Scaling::none}).fit(table).constant_features().empty());
}

TEST_CASE("features may be scaled each in its own way") {
  const std::vector<ScalerConfig> configs{{.scaling = Scaling::min_max}, {.scaling = Scaling::none, .log1p = true}};
  const Tensor<double> x({2, 2}, {10, 0, 20, std::exp(1.0) - 1});
  const Tensor<double> y = Scaler(configs).fit(x).transform(x);
  test::check_close(y.view().span(), std::vector<double>{0, 0, 1, 1});
}

TEST_CASE("one scale for all of a target is that of its reshaped column") {
  const Tensor<float> target({2, 2}, {1, 2, 3, 5});
  const Scaler scaler = Scaler({.scaling = Scaling::min_max}).fit(target.reshape({-1, 1}));
  CHECK(scaler.shift(0) == 1);
  CHECK(scaler.spread(0) == 4);
}

TEST_CASE("missing values stay missing, but are not fitted to") {
  Tensor<double> x({3, 1}, {1, 2, 3});
  const Scaler scaler = Scaler().fit(x);
  x(1, 0) = missing_value;
  CHECK(is_nan(scaler.transform(x)(1, 0)));
  test::check_throws<ValueError>([&] { Scaler().fit(x); }, {"finite values", "in feature 0, row 1"});
}

TEST_CASE("a scaler that is restored from its state scales as the one that was saved") {
  const std::vector<ScalerConfig> configs(4, {.scaling = Scaling::robust});
  const Scaler saved = Scaler(configs).fit(table);
  Scaler restored;
  test::restore(restored, test::state_of(saved));
  test::check_close(restored.transform(table).view().span(), saved.transform(table).view().span(), 0);
  CHECK(restored.constant_features() == saved.constant_features());
}

TEST_CASE("scalers: what can't be scaled is an error that names the feature") {
  const Tensor<double> x({2, 2}, {1, 2, 3, -1});
  test::check_throws<ValueError>([&] { Scaler({.log1p = true}).fit(x); }, {"above -1 for log1p, got -1 in feature 1"});
  test::check_throws<StateError>([&] { Scaler().transform(x); }, {"scaler: expected a scaler that is fitted"});
  const Scaler scaler = Scaler().fit(x);
  test::check_throws<ShapeError>(
      [&] {
        scaler.transform(Tensor<double>({2, 3}));
      },
      {"2 features as fitted, got (2, 3)"});
  const std::vector<ScalerConfig> configs(3);
  test::check_throws<ShapeError>([&] { Scaler(configs).fit(x); }, {"3 for 2 features"});
  test::check_throws<ShapeError>([&] { Scaler().fit(View<const double>()); }, {"for 0 features"});
  test::State state = test::state_of(scaler);
  state["statistics"] = Tensor<double>({3, 1});
  Scaler broken;
  test::restore(broken, state);
  test::check_throws<ValueError>([&] { broken.transform(x); },
                                 {"statistics: expected a table of two columns", "(3, 1)"});
}
