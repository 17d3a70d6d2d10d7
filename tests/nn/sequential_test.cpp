#include "tenure/nn/sequential.hpp"

#include "../layer_check.hpp"
#include "tenure/nn/activations.hpp"
#include "tenure/nn/dropout.hpp"
#include "tenure/nn/linear.hpp"

using namespace tenure;

namespace {

auto make(Rng& rng) {
  return Sequential(Linear<double>({.in_features = 3, .out_features = 4}, rng), Tanh{}, Dropout{.p = 0.5},
                    Sequential(Linear<double>({.in_features = 4, .out_features = 2}, rng), Dropout{.p = 0.1}));
}

}  // namespace

TEST_CASE("sequential: parameters have the names of PyTorch's state_dict") {
  Rng rng(1);
  auto model = make(rng);
  std::vector<std::string> names;
  for (const auto& parameter : named_parameters<double>(model)) names.push_back(parameter.name);
  CHECK(names == std::vector<std::string>{"0.weight", "0.bias", "3.0.weight", "3.0.bias"});
  CHECK(std::string(detail::layer_number<42>.data()) == "42");
}

TEST_CASE("sequential: applies its layers in order and gives the generator to those that take one") {
  Rng rng(2);
  const auto model = make(rng);
  Tape<double> tape;
  const auto x = tape.input(test::random({5, 3}, rng));
  const auto& [linear, tanh, dropout, nested] = model.layers;
  const auto evaluated = nested(tanh(linear(x)));
  CHECK(std::ranges::equal(model(x).value(), evaluated.value()));
  Rng first(3), second(3);
  const auto trained = nested(dropout(tanh(linear(x)), &second), &second);
  CHECK(std::ranges::equal(model(x, &first).value(), trained.value()));
  CHECK(first.position() == 5 * 4 + 5 * 2);
}

TEST_CASE("sequential: gradients, and all parameters move") {
  Rng rng(4);
  auto model = make(rng);
  const auto apply = [&](auto& x) {
    Rng drops(5);
    return model(x[0], &drops);
  };
  const auto x = test::random({6, 3}, rng);
  test::check_all_parameters_move(model, apply, {x});
  auto other = make(rng);
  test::check_layer(other, [&](auto& v) { return other(v[0]); }, {x});
}

TEST_CASE("sequential: errors have the path of the layer inside") {
  Rng rng(6);
  auto model = make(rng);
  const Parameters<double> parameters(model);
  Tape<double> tape;
  test::check_throws<ShapeError>(
      [&] {
        std::get<3>(model.layers)(tape.input(Tensor<double>({2, 3})));
      },
      {"3.0: expected 4 features, got 3"});
}
