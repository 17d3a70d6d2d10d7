#include "tenure/ops/softmax.hpp"

#include "../gradient_check.hpp"

using namespace tenure;
using test::check_op;
using test::random;

TEST_CASE("softmax: along any axis, and its logarithm") {
  Tape<double> tape;
  const auto x = tape.input(Tensor<double>({2, 3}, {0, 1000, 1000, 1, 2, 3}));
  CHECK(softmax(x).value()(0, 1) == doctest::Approx(0.5));
  CHECK(softmax(x, 0).value()(0, 0) == doctest::Approx(1 / (1 + std::exp(1.0))));
  CHECK(log_softmax(x).value()(1, 2) == doctest::Approx(-std::log(1 + std::exp(-1.0) + std::exp(-2.0))));
  CHECK(log_softmax(x, -2).value()(1, 1) == doctest::Approx(-998));
}

TEST_CASE("softmax: gradients") {
  Rng rng(19);
  const auto x = random({3, 4, 5}, rng);
  for (const Index axis : {-1, 0, 1}) {
    check_op([=](auto& v) { return softmax(v[0], axis); }, {x});
    check_op([=](auto& v) { return log_softmax(v[0], axis); }, {x});
  }
}
