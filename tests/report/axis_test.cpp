#include <doctest/doctest.h>

#include <tenure/report/axis.hpp>

using namespace tenure;
using namespace tenure::report;
using report::detail::Axis;

namespace {

std::vector<std::string> labels(const Axis& axis, int most = 6, double least_step = 0) {
  std::vector<std::string> labels;
  for (const report::detail::Tic& tic : axis.tics(most, least_step)) labels.push_back(tic.label);
  return labels;
}

using Labels = std::vector<std::string>;

}  // namespace

TEST_CASE("numbers of axes: short, with suffixes and powers of ten") {
  const std::vector<std::pair<double, std::string>> cases{
      {0, "0"},         {0.25, "0.25"}, {-0.5, "−0.5"}, {999, "999"},       {1000, "1k"},
      {12500, "12.5k"}, {-2e6, "−2M"},  {3e9, "3bn"},   {0.001, "0.001"},   {1e-5, "10⁻⁵"},
      {2e-5, "2·10⁻⁵"}, {1e15, "10¹⁵"}, {0.3, "0.3"},   {0.1 + 0.2, "0.3"}, {-5e-10, "−5·10⁻¹⁰"}};
  for (const auto& [number, label] : cases) CHECK(report::detail::axis_number(number) == label);
}

TEST_CASE("a linear axis: tics at multiples of 1, 2 or 5") {
  const Axis axis(Scale::linear, {3, 97}, {.padded = false});
  CHECK(axis.low() == 3);
  CHECK(axis.high() == 97);
  CHECK(labels(axis) == Labels{"20", "40", "60", "80"});
  CHECK(labels(axis, 3) == Labels{"50"});
  CHECK(labels(Axis(Scale::linear, {1, 4}, {.padded = false}), 20, 1) == Labels{"1", "2", "3", "4"});
  CHECK(labels(Axis(Scale::linear, {0, 4e-6}, {.padded = false})) == Labels{"0", "10⁻⁶", "2·10⁻⁶", "3·10⁻⁶", "4·10⁻⁶"});
}

TEST_CASE("an axis for bars begins at 0, whichever side they are on") {
  const Axis above(Scale::linear, {10, 20}, {.from_zero = true}), below(Scale::linear, {-10, -20}, {.from_zero = true});
  CHECK(above.low() == 0);
  CHECK(above.high() == doctest::Approx(20.8));
  CHECK(below.high() == 0);
  CHECK(below.low() == doctest::Approx(-20.8));
}

TEST_CASE("an axis: values without a place do not count") {
  const Axis axis(Scale::logarithmic, {0, -1, missing_value, INFINITY, 10, 1000}, {.padded = false});
  CHECK(axis.low() == 1);
  CHECK(axis.high() == 3);
  CHECK(is_nan(axis(0)));
  CHECK(is_nan(axis(INFINITY)));
  CHECK(!axis.empty());
  CHECK(Axis(Scale::linear, {missing_value}).empty());
  CHECK(Axis(Scale::linear, {}).empty());
}

TEST_CASE("an axis for one value has it inside") {
  for (const Scale scale : {Scale::linear, Scale::logarithmic, Scale::symmetric}) {
    const Axis axis(scale, {7, 7});
    CHECK(axis.low() < axis(7));
    CHECK(axis.high() > axis(7));
  }
}

TEST_CASE("a logarithmic axis: decades, some of them where there are many, parts of them where there are few") {
  CHECK(labels(Axis(Scale::logarithmic, {1, 1e5}, {.padded = false})) == Labels{"1", "10", "100", "1k", "10k", "100k"});
  CHECK(labels(Axis(Scale::logarithmic, {1, 1e9}, {.padded = false}), 5) == Labels{"1", "100", "10k", "1M", "100M"});
  CHECK(labels(Axis(Scale::logarithmic, {0.1, 10}, {.padded = false})) ==
        Labels{"0.1", "0.2", "0.5", "1", "2", "5", "10"});
  CHECK(labels(Axis(Scale::logarithmic, {3, 4}, {.padded = false})) == Labels{"3", "3.2", "3.4", "3.6", "3.8", "4"});
}

TEST_CASE("a symmetric axis: odd, rising, logarithmic for large values") {
  const Axis axis(Scale::symmetric, {-1000, -10, 0, 1, 10, 100, 5000}, {.padded = false});
  CHECK(axis(0) == 0);
  for (const double value : {0.5, 30., 4000.}) CHECK(axis(-value) == -axis(value));
  CHECK(axis(1) < axis(2));
  CHECK(axis(1e6) - axis(1e5) == doctest::Approx(1).epsilon(1e-4));
  CHECK(labels(axis, 8) == Labels{"0", "10", "−10", "100", "−100", "1k", "−1k"});
}
