#include "tenure/ops/dropout.hpp"

#include "../gradient_check.hpp"

using namespace tenure;

TEST_CASE("dropout: drops at its rate, scales up the rest, and goes on in the generator's stream") {
  Rng rng(14);
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({100, 1000}, 1));
  const auto y = dropout(x, 0.2, rng);
  const auto dropped = std::count(y.value().begin(), y.value().end(), 0.0f);
  const auto kept = std::count(y.value().begin(), y.value().end(), 1.25f);
  CHECK(dropped + kept == 100'000);
  CHECK(static_cast<double>(kept) * 1.25 / 1e5 == doctest::Approx(1).epsilon(0.01));
  CHECK(rng.position() == 100'000);
  const auto again = dropout(x, 0.2, rng);
  CHECK(!std::equal(y.value().begin(), y.value().end(), again.value().begin()));
}

TEST_CASE("dropout: the same seed gives the same mask, and the gradient has the forward pass's") {
  test::check_op(
      [](auto& v) {
        Rng rng(15);
        return dropout(v[0], 0.5, rng);
      },
      {Tensor<double>({3, 11}, 1)});
}

TEST_CASE("dropout: a rate outside [0, 1] is an error and draws nothing") {
  Rng rng(16);
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({2}));
  test::check_throws<ValueError>([&] { dropout(x, 1.5, rng); }, {"dropout", "[0, 1]", "got 1.5"});
  test::check_throws<ValueError>([&] { dropout(x, -0.1f, rng); }, {"dropout", "-0.1"});
  CHECK(rng.position() == 0);
}
