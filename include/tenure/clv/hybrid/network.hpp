/// The hybrid Transformer-LSTM of keras.io, "Deep Learning for Customer Lifetime Value", weight for weight.
///
///   e = [tanh(temporal), flattened country embedding at every step]          (batch, steps, width)
///   g = σ(gate(mean over time of three encoders of e))                       (batch, 1)
///   h = the last output of an LSTM over the trend                            (batch, units)
///   y = output(decoder([g, h] at each of `horizon` steps))                   (batch, horizon)
///
/// temporal (batch, steps, 5), trend (batch, steps, 12), country (batch, categories) or (batch, 1); in the published
/// size, of 16 categories and 6 steps, width = 8 + 16 · 8 and there are 292,098 parameters. Names are those that the same
/// model has in PyTorch.
#pragma once

#include "../../core/compiled.hpp"
#include "../../core/range.hpp"
#include "../../nn/embedding.hpp"
#include "../../nn/linear.hpp"
#include "../../nn/lstm.hpp"
#include "../../nn/transformer_encoder.hpp"
#include "../../ops/pooling.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// How the country goes into the embedding.
enum class CountryInput {
  /// Every number of its one-hot vector, so that of the embedding's rows those of 0 and 1 alone are ever used: a quirk
  /// of the published code, of which nothing but the width of the encoders depends on the number of categories.
  one_hot,
  index,  ///< its category, as an embedding is meant
};

/// The defaults are those of the published model.
struct HybridConfig {
  Index categories = 0;  ///< of countries, the unknown one's included
  Index steps = 6;       ///< months in
  Index horizon = 6;     ///< months out
  Index temporal = 5;    ///< features
  Index trend = 12;      ///< features
  Index width = 8;       ///< of the country's embedding and of the projected temporal features
  Index heads = 4;
  Index inner = 16;  ///< width of the encoders' feed-forward layers
  Index encoders = 3;
  Index units = 64;  ///< of both LSTMs
  double l1 = 1e-5;  ///< penalties on the decoder's recurrent kernel
  double l2 = 1e-4;
  CountryInput country = CountryInput::one_hot;

  static void state(auto& self, auto&& f) {
    f("places", self.categories);  // what files of 0.1 call them
    f("steps", self.steps);
    f("horizon", self.horizon);
    f("temporal", self.temporal);
    f("trend", self.trend);
    f("width", self.width);
    f("heads", self.heads);
    f("inner", self.inner);
    f("encoders", self.encoders);
    f("units", self.units);
    f("l1", self.l1);
    f("l2", self.l2);
    f("country", self.country);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    constexpr Index largest = 1'000'000;
    check_range("places", categories, Index{1}, largest);
    check_range("steps", steps, Index{1}, largest);
    check_range("horizon", horizon, Index{1}, largest);
    check_range("temporal", temporal, Index{1}, largest);
    check_range("trend", trend, Index{1}, largest);
    check_range("width", width, Index{1}, largest);
    check_range("heads", heads, Index{1}, largest);
    check_range("inner", inner, Index{1}, largest);
    check_range("encoders", encoders, Index{1}, largest);
    check_range("units", units, Index{1}, largest);
    check_range("l1", l1, 0.0, (std::numeric_limits<double>::max)());
    check_range("l2", l2, 0.0, (std::numeric_limits<double>::max)());
    check_range("country", static_cast<int>(country), 0, 1);
  }

  /// How many numbers are learnt. As double, which no sizes overflow.
  double parameters() const noexcept {
    const auto d = static_cast<double>(encoder_width()), w = static_cast<double>(width), i = static_cast<double>(inner),
               u = static_cast<double>(units);
    const double country_and_temporal = w * static_cast<double>(categories + temporal + 1);
    const double encoder = 4 * d * (d + 1) + 4 * d + i * (d + 1) + d * (i + 1);
    const double lstms = 4 * u * (static_cast<double>(trend) + u + 1) + 4 * u * (u + 1 + u + 1);
    return country_and_temporal + static_cast<double>(encoders) * encoder + d + 1 + lstms + u + 1;
  }

  /// Of the encoders.
  Index encoder_width() const noexcept { return width + width * (country == CountryInput::one_hot ? categories : 1); }
};

template <class T>
struct Hybrid {
  HybridConfig config;
  Embedding<T> country;
  Linear<T> temporal;
  TransformerEncoder<T> encoder;
  Linear<T> gate;
  Lstm<T> trend;
  Lstm<T> decoder;
  Linear<T> output;

  static constexpr std::string_view type = "Hybrid";

  /// Keras's initial weights. @throws what the layers throw
  Hybrid(const HybridConfig& with, Rng& rng);

  static void fields(auto& self, auto&& f) {
    f("country", self.country);
    f("temporal", self.temporal);
    f("encoders", self.encoder.layers);
    f("gate", self.gate);
    f("trend", self.trend);
    f("decoder", self.decoder);
    f("output", self.output);
  }

  /// @throws ShapeError, IndexError
  Var<T> operator()(Var<T> temporal_features, Var<T> trend_features, View<const std::int64_t> countries) const;

 private:
  void check(const Shape& temporal_features, const Shape& trend_features, const Shape& countries) const;
};

template <class T>
[[gnu::cold]] Hybrid<T>::Hybrid(const HybridConfig& with, Rng& rng)
    : config(with),
      country({.num_embeddings = config.categories, .embedding_dim = config.width, .preset = Preset::keras}, rng),
      temporal({.in_features = config.temporal, .out_features = config.width, .preset = Preset::keras}, rng),
      encoder(
          {.encoder_layer = TransformerEncoderLayerConfig::keras(config.encoder_width(), config.inner, config.heads),
           .num_layers = config.encoders},
          rng),
      gate({.in_features = config.encoder_width(), .out_features = 1, .preset = Preset::keras}, rng),
      trend({.input_size = config.trend, .hidden_size = config.units, .preset = Preset::keras}, rng),
      decoder({.input_size = config.units + 1, .hidden_size = config.units, .preset = Preset::keras}, rng),
      output({.in_features = config.units, .out_features = 1, .preset = Preset::keras}, rng) {
  decoder.weights[0].weight_hh.set_regularizer({.l1 = config.l1, .l2 = config.l2});
}

template <class T>
Var<T> Hybrid<T>::operator()(Var<T> temporal_features, Var<T> trend_features,
                             View<const std::int64_t> countries) const {
  check(temporal_features.shape(), trend_features.shape(), countries.shape());
  const Index batch = countries.shape()[0];
  const Var<T> where =
      reshape(country(temporal_features.tape(), countries), {batch, config.encoder_width() - config.width});
  const Var<T> when = tanh(temporal(temporal_features));
  const Var<T> encoded = encoder.with_constant(when, where);
  const Var<T> opened = sigmoid(gate(global_average_pooling(encoded)));
  const Var<T> history = trend(trend_features, {.output = RecurrentOutput::last});
  // The same vector in every month, which the decoder projects once.
  const Var<T> months = decoder(concatenate({opened, history}, 1), {.steps = config.horizon});
  return observed(*this, reshape(output(months), {batch, config.horizon}));
}

template <class T>
void Hybrid<T>::check(const Shape& temporal_features, const Shape& trend_features, const Shape& countries) const {
  const Index batch = temporal_features.rank() == 0 ? 1 : temporal_features[0];
  const Shape expected[] = {{batch, config.steps, config.temporal},
                            {batch, config.steps, config.trend},
                            {batch, config.country == CountryInput::one_hot ? config.categories : 1}};
  const Shape got[] = {temporal_features, trend_features, countries};
  constexpr const char* names[] = {"temporal features", "a trend", "countries"};
  for (std::size_t i = 0; i < 3; ++i) {
    if (got[i] != expected[i]) throw ShapeError(type, {names[i], " of ", expected[i]}, {got[i]});
  }
}

#if defined(TENURE_COMPILED)
TENURE_TEMPLATE_FLOAT struct Hybrid<float>;
#endif

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
