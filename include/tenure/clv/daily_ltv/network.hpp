/// The daily LTV model: from the growth rates of six days that of the next.
///
///   y = softplus(output(relu(hidden(lstm2(dropout(lstm1(x)))))))
///
/// x (batch, 6, 1) growth rates v_t / v_(t−1) − 1 of a cohort's cumulative LTV, y (batch, 1) the next one; lstm1 of 32
/// units gives its whole sequence, lstm2 of 16 its last output. 7,633 parameters, with Keras's initial values.
#pragma once

#include "../../core/range.hpp"
#include "../../nn/activations.hpp"
#include "../../nn/dropout.hpp"
#include "../../nn/linear.hpp"
#include "../../nn/lstm.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// The defaults are those of the published model.
struct DailyLtvConfig {
  Index units1 = 32;
  Index units2 = 16;
  Index hidden = 8;
  double dropout = 0.2;  ///< between the LSTMs

  static void state(auto& self, auto&& f) {
    f("units1", self.units1);
    f("units2", self.units2);
    f("hidden", self.hidden);
    f("dropout", self.dropout);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    constexpr Index largest = 1'000'000;
    check_range("units1", units1, Index{1}, largest);
    check_range("units2", units2, Index{1}, largest);
    check_range("hidden", hidden, Index{1}, largest);
    check_range("dropout", dropout, 0.0, 1.0);
  }

  /// How many numbers are learnt. As double, which no sizes overflow.
  double parameters() const noexcept {
    const auto u1 = static_cast<double>(units1), u2 = static_cast<double>(units2), h = static_cast<double>(hidden);
    return 4 * u1 * (u1 + 2) + 4 * u2 * (u1 + u2 + 1) + h * (u2 + 1) + h + 1;
  }
};

template <class T>
struct DailyLtv {
  DailyLtvConfig config;
  Lstm<T> lstm1;
  Dropout dropout;
  Lstm<T> lstm2;
  Linear<T> hidden;
  Linear<T> output;

  static constexpr std::string_view type = "DailyLtv";

  /// @throws ShapeError, ValueError
  [[gnu::cold]] DailyLtv(const DailyLtvConfig& with, Rng& rng)
      : config(with),
        lstm1({.input_size = 1, .hidden_size = with.units1, .preset = Preset::keras}, rng),
        dropout{with.dropout},
        lstm2({.input_size = with.units1, .hidden_size = with.units2, .preset = Preset::keras}, rng),
        hidden({.in_features = with.units2, .out_features = with.hidden, .preset = Preset::keras}, rng),
        output({.in_features = with.hidden, .out_features = 1, .preset = Preset::keras}, rng) {}

  static void fields(auto& self, auto&& f) {
    f("lstm1", self.lstm1);
    f("lstm2", self.lstm2);
    f("hidden", self.hidden);
    f("output", self.output);
  }

  /// Drops out where it is given a generator. @throws ShapeError
  Var<T> operator()(Var<T> x, Rng* rng = nullptr) const {
    const Var<T> last = lstm2(dropout(lstm1(x), rng), {.output = RecurrentOutput::last});
    return observed(*this, softplus(output(relu(hidden(last)))));
  }
};

}}}  // namespace tenure::TENURE_ABI::clv
