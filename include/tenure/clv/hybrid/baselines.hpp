/// Forecasts that the hybrid model must beat: two rules that need no training, and a plain LSTM.
///
///   mean of input months    the mean amount of the months that the model reads, for each month to come
///   last month repeated     the amount of the last of them
///   LSTM                    a dense layer over an LSTM of the same size, trained as the model is
#pragma once

#include "../../ops/losses.hpp"
#include "../../optim/adam.hpp"
#include "../../train/fit.hpp"
#include "../training.hpp"
#include "data.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// The mean amount of the input months, the same for all months of a window. In money. // (windows, horizon)
[[gnu::cold]] inline Tensor<float> mean_of_inputs(const PanelWindows& windows) {
  Tensor<float> y(windows.target.shape());
  const Index months = windows.trend.shape()[1];
  for (Index w = 0; w < windows.count(); ++w) {
    double sum = 0;
    for (Index t = 0; t < months; ++t) sum += static_cast<double>(windows.trend(w, t, 0));
    std::ranges::fill(y[w], static_cast<float>(sum / static_cast<double>(months)));
  }
  return y;
}

/// The amount of the last input month, the same for all months of a window. In money. // (windows, horizon)
[[gnu::cold]] inline Tensor<float> last_month_repeated(const PanelWindows& windows) {
  Tensor<float> y(windows.target.shape());
  const Index last = windows.trend.shape()[1] - 1;
  for (Index w = 0; w < windows.count(); ++w) std::ranges::fill(y[w], windows.trend(w, last, 0));
  return y;
}

/// What the published text calls a traditional LSTM, as a baseline: an LSTM over the trend, and a dense layer of a unit
/// for each month to come. trend (batch, steps, 12), y (batch, horizon); other inputs are not looked at.
template <class T>
struct PlainLstm {
  Lstm<T> lstm;
  Linear<T> output;

  static constexpr std::string_view type = "PlainLstm";

  /// Of as many units as the hybrid model's LSTMs, with Keras's initial weights.
  [[gnu::cold]] PlainLstm(const HybridConfig& config, Rng& rng)
      : lstm({.input_size = config.trend, .hidden_size = config.units, .preset = Preset::keras}, rng),
        output({.in_features = config.units, .out_features = config.horizon, .preset = Preset::keras}, rng) {}

  static void fields(auto& self, auto&& f) {
    f("lstm", self.lstm);
    f("output", self.output);
  }

  /// @throws ShapeError
  Var<T> operator()(Var<T>, Var<T> trend, View<const std::int64_t>) const {
    return observed(*this, output(lstm(trend, {.output = RecurrentOutput::last})));
  }
};

/// A plain LSTM for a trained model of these sizes. It is trained for all epochs, in silence, neither stopped early nor
/// followed. @param options with epochs and batch size
[[gnu::cold]] inline PlainLstm<float> fit_plain_lstm(const HybridConfig& config, const HybridDataset& train,
                                                     const TrainingOptions& options) {
  Rng rng(options.seed);
  // Its weights are drawn after a hybrid model's, so that a seed gives the two of them others.
  const Hybrid<float> before(config, rng);
  PlainLstm<float> lstm(config, rng);
  Adam<float> adam(Parameters<float>(lstm), AdamConfig::keras(options.learning_rate));
  ThreadPool pool(options.threads);
  fit(lstm, adam, mse<float>, train, detail::fit_options<HybridDataset>(options, &pool));
  return lstm;
}

}}}  // namespace tenure::TENURE_ABI::clv
