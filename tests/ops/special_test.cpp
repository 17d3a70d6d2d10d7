#include "tenure/ops/special.hpp"

#include "../gradient_check.hpp"
#include "tenure/ops/reduce.hpp"

using namespace tenure;
using test::check_op;
using test::random;

TEST_CASE("log_gamma, log_add_exp and log_hypergeometric have the gradients that differences give") {
  Rng rng(31);
  check_op([](auto& v) { return log_gamma(v[0]); }, {random({3, 5}, rng, 0.1, 20)});
  check_op([](auto& v) { return log_add_exp(v[0], v[1]); }, {random({9}, rng, -4, 4), random({9}, rng, -4, 4)});
  const auto hypergeometric = [](auto& v) { return log_hypergeometric(v[0], v[1], v[2], v[3]); };
  check_op(hypergeometric,
           {random({9}, rng, 0.2, 6), random({9}, rng, 0.2, 6), random({9}, rng, 0.3, 9), random({9}, rng, 0.05, 0.8)});
  // Where Euler's transformation is taken: c above a and b, below a + b.
  check_op(hypergeometric,
           {random({9}, rng, 3, 6), random({9}, rng, 3, 6), random({9}, rng, 6, 6.1), random({9}, rng, 0.05, 0.8)});
}

TEST_CASE("log_add_exp neither overflows nor cancels, and log_hypergeometric at z = 0 is 0 with a slope") {
  Tape<double> tape;
  const auto a = tape.input(Tensor<double>({2}, {1000, -1000})), b = tape.input(Tensor<double>({2}, {1001, -3000}));
  CHECK(log_add_exp(a, b).value()(0) == doctest::Approx(1001 + std::log1p(std::exp(-1))));
  CHECK(log_add_exp(a, b).value()(1) == -1000);
  const auto one = [&](double x) { return tape.input(Tensor<double>({1}, {x})); };
  const auto z = tape.variable(Tensor<double>({1}, {0.0}));
  const auto y = log_hypergeometric(one(2), one(3), one(4), z);
  sum(y).backward();
  CHECK(y.value()(0) == 0);
  CHECK(z.gradient()(0) == doctest::Approx(1.5));
  test::check_throws<ShapeError>([&] { log_hypergeometric(one(2), one(3), one(4), a); }, {"parameters of (1)", "(2)"});
}
