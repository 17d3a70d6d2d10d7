#include "tenure/clv/ann/ziln.hpp"

#include "../../gradient_check.hpp"

using namespace tenure;
using namespace tenure::clv;

TEST_CASE("the ZILN loss is the negative log-likelihood of its distribution, with its gradient") {
  Tape<double> tape;
  const auto z = tape.input(Tensor<double>({2, 3}, {0.3, 1.2, -0.4, -0.7, 2, 0.5}));
  const auto y = tape.input(Tensor<double>({2, 1}, {0, 5}));
  const double p = 1 / (1 + std::exp(0.7)), sigma = std::log1p(std::exp(0.5)) + 1e-3, u = (std::log(5) - 2) / sigma;
  const double second = -std::log(p) + std::log(5 * sigma * std::sqrt(2 * std::numbers::pi)) + u * u / 2;
  CHECK(ziln(z, y).item() == doctest::Approx((std::log1p(std::exp(0.3)) + second) / 2));
  Rng rng(8);
  const Tensor<double> target({6, 1}, {0, 3, 0, 700, 0.01, 2});
  test::check_op([&](auto& v) { return ziln(v[0], v[0].tape().input(target)); }, {test::random({6, 3}, rng)});
}

TEST_CASE("the ZILN loss and its gradient are finite for zeros, wild logits and tiny scales") {
  Tape<float> tape;
  const auto z = tape.variable(Tensor<float>({4, 3}, {1000, 0, -1000, -1000, 3, -1000, 0, 50, 0, 0, 0, 80}));
  const auto loss = ziln(z, tape.input(Tensor<float>({4, 1}, {0, 0, 0, 1e6F})));
  loss.backward();
  CHECK(is_finite(loss.item()));
  for (const float g : z.gradient().span()) CHECK(is_finite(g));
}

TEST_CASE("mean and quantiles are those of drawn values") {
  const Ziln value(0.4, 3, 0.2);
  Rng rng(3);
  std::vector<double> drawn(20000);
  double sum = 0;
  for (double& y : drawn) {
    const bool above = rng.uniform() < value.probability;
    y = above ? std::exp(rng.normal(value.location, value.scale)) : 0;
    sum += y / 20000;
  }
  CHECK(value.mean() == doctest::Approx(sum).epsilon(0.04));
  std::ranges::sort(drawn);
  for (const double q : {0.2, 0.5, 0.9}) {
    CHECK(value.quantile(q) == doctest::Approx(drawn[static_cast<std::size_t>(q * 20000)]).epsilon(0.04));
  }
  CHECK(clv::detail::normal_quantile(0.975) == doctest::Approx(1.959963984540054).epsilon(1e-12));
  CHECK(clv::detail::normal_quantile(1e-9) == doctest::Approx(-5.997807014962896).epsilon(1e-9));
}

TEST_CASE("outputs and targets of other shapes are refused") {
  Tape<float> tape;
  const auto z = tape.input(Tensor<float>({4, 3})), y = tape.input(Tensor<float>({4}));
  test::check_throws<ShapeError>([&] { ziln(z, y); }, {"ziln", "(4, 1)", "(4)"});
  test::check_throws<ShapeError>([&] { ziln(y, y); }, {"ziln: expected outputs of (batch, 3)"});
}
