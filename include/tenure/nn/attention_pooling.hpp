/// One vector from a sequence: the mean of its steps by weights that depend on them (Bahdanau, Cho and Bengio, 2015).
///
///   a = softmax over time of score(tanh(projection(x))),   y[b, u] = Σ_t a[b, t] x[b, t, u]
///
/// x (batch, time, features), y (batch, features); projection (features, units), score (units, 1) without a bias, which
/// softmax would take away.
#pragma once

#include "../ops/activations.hpp"
#include "../ops/matmul.hpp"
#include "../ops/reshape.hpp"
#include "../ops/softmax.hpp"
#include "linear.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct AttentionPoolingConfig {
  Index features = 0;  ///< required
  Index units = 32;    ///< of the projection
  Preset preset = Preset::pytorch;
};

template <class T>
struct AttentionPooling {
  Linear<T> projection;
  Linear<T> score;

  static constexpr std::string_view type = "AttentionPooling";

  /// @throws ValueError for sizes below 1
  [[gnu::cold]] AttentionPooling(const AttentionPoolingConfig& config, Rng& rng)
      : projection({.in_features = detail::required(type, "features", config.features),
                    .out_features = detail::required(type, "units", config.units),
                    .preset = config.preset},
                   rng),
        score({.in_features = config.units, .out_features = 1, .bias = false, .preset = config.preset}, rng) {}

  static void fields(auto& self, auto&& f) {
    f("projection", self.projection);
    f("score", self.score);
  }

  /// @throws ShapeError
  Var<T> operator()(Var<T> x) const {
    detail::check_features(projection.weight, "AttentionPooling", x.shape(), projection.weight.shape()[0], 3);
    const Index batch = x.shape()[0], time = x.shape()[1];
    const Var<T> weights = softmax(reshape(score(tanh(projection(x))), {batch, 1, time}));
    return observed(*this, reshape(matmul(weights, x), {batch, x.shape()[2]}));
  }
};

}}  // namespace tenure::TENURE_ABI
