#include <tenure/autograd/parameters.hpp>
#include <tenure/clv/hybrid/network.hpp>
#include <tenure/nn/summary.hpp>

#include "../../message.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

TEST_CASE("the published size has 292,098 parameters, all trainable, of which each encoder has 79,576") {
  Rng rng(1);
  const Hybrid<float> model({.categories = 16}, rng);
  const std::string table =
      summary(model, Tensor<float>({30, 6, 5}), Tensor<float>({30, 6, 12}), Tensor<std::int64_t>({30, 16}));
  CHECK(table.find("Parameters: 292,098 (trainable: 292,098, frozen: 0)") != std::string::npos);
  CHECK(table.find("(30, 6, 136)") != std::string::npos);
  Hybrid<float> by_index({.categories = 16, .country = CountryInput::index}, rng);
  CHECK(by_index.config.encoder_width() == 16);
}

TEST_CASE("initial weights are Keras's, the attention's by the fans of kernels (136, 4, 34) and (4, 34, 136)") {
  Rng rng(2);
  const Hybrid<double> model({.categories = 16}, rng);
  const auto check_uniform = [](View<const double> w, double limit) {
    double largest = 0;
    for (const double value : w) largest = std::max(largest, std::abs(value));
    CHECK(largest <= limit);
    CHECK(largest > 0.98 * limit);
  };
  for (const auto& layer : model.encoder.layers) {
    check_uniform(layer.self_attn.in_proj_weight->value(), std::sqrt(6.0 / (136 * 4 + 136 * 34)));
    check_uniform(layer.self_attn.out_proj.weight.value(), std::sqrt(6.0 / (4 * 34 + 4 * 136)));
    check_uniform(layer.linear1.weight.value(), std::sqrt(6.0 / 152));
  }
  check_uniform(model.country.weight.value(), 0.05);
  check_uniform(model.decoder.weights[0].weight_ih.value(), std::sqrt(6.0 / (65 + 256)));
  const View<const double> u = model.decoder.weights[0].weight_hh.value();
  double square = 0, product = 0;
  for (Index j = 0; j < 256; ++j) {
    square += u(3, j) * u(3, j);
    product += u(3, j) * u(4, j);
  }
  CHECK(square == doctest::Approx(1));
  CHECK(std::abs(product) < 1e-12);
  const View<const double> bias = model.decoder.weights[0].bias_ih->value();
  CHECK(bias(0) == 0);
  CHECK(bias(64) == 1);
  CHECK(!model.decoder.weights[0].bias_hh);
}

TEST_CASE("only the decoder's recurrent kernel is penalized") {
  Rng rng(3);
  Hybrid<double> model({.categories = 4, .l1 = 0.5, .l2 = 0.25}, rng);
  const Parameters<double> parameters(model);
  double expected = 0;
  for (const double w : model.decoder.weights[0].weight_hh.value()) expected += 0.5 * std::abs(w) + 0.25 * w * w;
  CHECK(parameters.penalty() == doctest::Approx(expected));
}

TEST_CASE("the published one-hot country uses rows 0 and 1 of the embedding, the index one the country's own") {
  Rng rng(4);
  Tape<double> tape;
  const auto x = tape.input(Tensor<double>({2, 6, 5}, 0.3)), trend = tape.input(Tensor<double>({2, 6, 12}, 0.2));
  const auto touched = [&](Hybrid<double> model, const Tensor<std::int64_t>& places) {
    const Parameters<double> parameters(model);
    const Var<double> y = model(x, trend, places.view());
    mean(y * y, {0, 1}).backward();
    std::vector<Index> rows;
    for (Index row = 0; row < 4; ++row) {
      double size = 0;
      for (const double g : model.country.weight.gradient()[row]) size += std::abs(g);
      if (size > 0) rows.push_back(row);
    }
    return rows;
  };
  CHECK(touched(Hybrid<double>({.categories = 4}, rng), Tensor<std::int64_t>::from({{0, 0, 1, 0}, {0, 0, 0, 1}})) ==
        std::vector<Index>{0, 1});
  CHECK(touched(Hybrid<double>({.categories = 4, .country = CountryInput::index}, rng),
                Tensor<std::int64_t>::from({{2}, {3}})) == std::vector<Index>{2, 3});
}

TEST_CASE("inputs of another shape are named") {
  Rng rng(5);
  const Hybrid<float> model({.categories = 4}, rng);
  Tape<float> tape;
  const Tensor<std::int64_t> places({2, 4});
  const auto temporal = tape.input(Tensor<float>({2, 6, 5})), trend = tape.input(Tensor<float>({2, 6, 12}));
  CHECK(message_of([&] {
          model(temporal, tape.input(Tensor<float>({2, 5, 12})), places.view());
        }) == "Hybrid: expected a trend of (2, 6, 12), got (2, 5, 12)");
  const Tensor<std::int64_t> index({2, 1});
  CHECK(message_of([&] { model(temporal, trend, index.view()); }) ==
        "Hybrid: expected countries of (2, 4), got (2, 1)");
}
