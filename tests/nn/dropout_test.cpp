#include "tenure/nn/dropout.hpp"

#include "../gradient_check.hpp"
#include "tenure/ops/reduce.hpp"

using namespace tenure;

TEST_CASE("dropout layer: drops with a generator, and is nothing without") {
  Rng rng(1), same(1);
  Tape<float> tape;
  const Dropout layer{.p = 0.25};
  const auto x = tape.input(Tensor<float>({40, 50}, 1));
  const auto evaluated = layer(x);
  CHECK(evaluated.value().data() == x.value().data());
  const auto trained = layer(x, &rng);
  const auto kept = std::count_if(trained.value().begin(), trained.value().end(), [](float v) { return v > 1.3F; });
  CHECK(static_cast<double>(kept) / 2000 == doctest::Approx(0.75).epsilon(0.05));
  const auto op = dropout(x, 0.25, same);
  CHECK(std::equal(op.value().begin(), op.value().end(), trained.value().begin()));
}

TEST_CASE(
    "dropout layer: a rate of 0 draws nothing, 1 leaves zeros, one outside [0, 1] is an error in evaluation too") {
  Rng rng(1);
  Tape<float> tape;
  const auto x = tape.input(Tensor<float>({4}, 1));
  CHECK(Dropout{.p = 0}(x, &rng).value().data() == x.value().data());
  CHECK(rng.position() == 0);
  const auto variable = tape.variable(Tensor<float>({4}, 2));
  const auto none = Dropout{.p = 1}(variable, &rng);
  CHECK(std::ranges::equal(none.value(), Tensor<float>({4})));
  sum(none).backward();
  CHECK(std::ranges::equal(variable.gradient(), Tensor<float>({4})));
  test::check_throws<ValueError>([&] { Dropout{.p = 1.5}(x); },
                                 {"Dropout: expected a dropout rate in [0, 1], got 1.5"});
  test::check_throws<ValueError>([&] { Dropout{.p = -0.5}(x, &rng); }, {"got -0.5"});
}
