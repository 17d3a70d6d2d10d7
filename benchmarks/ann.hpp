/// The published ANN, whose network alone is measured.
#pragma once

#include <tenure/nn/linear.hpp>
#include <tenure/ops/activations.hpp>

namespace tenure::benchmarks {

/// 12 features to a value: 64-32-16-1 with ReLU.
struct Ann {
  Linear<float> first, second, third, output;

  explicit Ann(Rng& rng)
      : first({.in_features = 12, .out_features = 64}, rng),
        second({.in_features = 64, .out_features = 32}, rng),
        third({.in_features = 32, .out_features = 16}, rng),
        output({.in_features = 16, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("first", self.first);
    f("second", self.second);
    f("third", self.third);
    f("output", self.output);
  }
  Var<float> operator()(Var<float> x) const { return output(relu(third(relu(second(relu(first(x))))))); }
};

}  // namespace tenure::benchmarks
