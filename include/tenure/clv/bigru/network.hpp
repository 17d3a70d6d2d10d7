/// Bidirectional GRUs over a window of days, for the value of the next: the model of the published "Customer Lifetime
/// Value Prediction using Deep Learning".
///
///   h = norm(the last step of `layers` bidirectional GRU layers)       (batch, 2 · units)
///   y = output(relu(hidden(dropout(h))))                               (batch, 1)
///
/// x (batch, window, features). With attention, h is the attention-weighted mean of all steps, each normalized, rather
/// than the last; the reverse direction of the last layer then runs over all of them, not over one.
#pragma once

#include "../../core/range.hpp"
#include "../../nn/attention_pooling.hpp"
#include "../../nn/dropout.hpp"
#include "../../nn/gru.hpp"
#include "../../nn/layer_norm.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// The defaults are those of the published model.
struct BiGruConfig {
  Index features = 0;  ///< of a day
  Index units = 64;    ///< of each direction
  Index layers = 2;
  Index hidden = 32;     ///< of the dense layer
  double dropout = 0.2;  ///< between the layers and before the dense one
  bool attention = false;

  static void state(auto& self, auto&& f) {
    f("features", self.features);
    f("units", self.units);
    f("layers", self.layers);
    f("hidden", self.hidden);
    f("dropout", self.dropout);
    f("attention", self.attention);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    constexpr Index largest = 1'000'000;
    check_range("features", features, Index{1}, largest);
    check_range("units", units, Index{1}, largest);
    check_range("layers", layers, Index{1}, largest);
    check_range("hidden", hidden, Index{1}, largest);
    check_range("dropout", dropout, 0.0, 1.0);
  }

  /// How many numbers are learnt. As double, which no sizes overflow.
  double parameters() const noexcept {
    const auto f = static_cast<double>(features), u = static_cast<double>(units), h = static_cast<double>(hidden);
    const double others = static_cast<double>(layers) - 1;
    const double gru = 2 * 3 * u * ((f + u + 2) + others * (2 * u + u + 2));
    const double pooling =
        attention ? (2 * u + 2) * static_cast<double>(AttentionPoolingConfig{.features = 1}.units) : 0;
    return gru + 4 * u + pooling + h * (2 * u + 1) + h + 1;
  }
};

template <class T>
struct BiGru {
  BiGruConfig config;
  Gru<T> gru;
  LayerNorm<T> norm;
  std::optional<AttentionPooling<T>> attention;
  Dropout dropout;
  Linear<T> hidden;
  Linear<T> output;

  static constexpr std::string_view type = "BiGru";

  /// PyTorch's initial weights. @throws what the layers throw
  [[gnu::cold]] BiGru(const BiGruConfig& with, Rng& rng)
      : config(with),
        gru({.input_size = config.features,
             .hidden_size = config.units,
             .num_layers = config.layers,
             .bidirectional = true,
             .dropout = config.layers > 1 ? config.dropout : 0},
            rng),
        norm({.normalized_shape = 2 * config.units}),
        dropout{config.dropout},
        hidden({.in_features = 2 * config.units, .out_features = config.hidden}, rng),
        output({.in_features = config.hidden, .out_features = 1}, rng) {
    if (config.attention) attention.emplace(AttentionPoolingConfig{.features = 2 * config.units}, rng);
  }

  static void fields(auto& self, auto&& f) {
    f("gru", self.gru);
    f("norm", self.norm);
    f("attention", self.attention);
    f("dropout", self.dropout);
    f("hidden", self.hidden);
    f("output", self.output);
  }

  /// @param rng for dropout; null for the tape's. @throws ShapeError
  Var<T> operator()(Var<T> x, Rng* rng = nullptr) const {
    const auto wanted = attention ? RecurrentOutput::sequence : RecurrentOutput::last;
    Var<T> h = norm(gru(x, {.output = wanted}, rng));
    if (attention) h = (*attention)(h);
    return observed(*this, output(relu(hidden(dropout(h, rng)))));
  }
};

}}}  // namespace tenure::TENURE_ABI::clv
