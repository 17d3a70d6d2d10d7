/// y[b, t, :] = x[b, t, :] + encoding[t, :]: what tells attention the order of the steps.
///
/// x, y (batch, time, d_model). Sinusoidal (Vaswani et al., 2017), sines and cosines interleaved, as in PyTorch's
/// tutorial and keras-hub's SinePositionEncoding:
///
///   encoding[t, 2i] = sin(t / 10000^(2i / d_model)),  encoding[t, 2i + 1] = cos(t / 10000^(2i / d_model))
///
/// Learned: encoding is a parameter, as keras-hub's PositionEmbedding.
#pragma once

#include <cmath>

#include "../ops/arithmetic.hpp"
#include "../ops/slice.hpp"
#include "initializers.hpp"
#include "layer.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// @throws ShapeError unless x is (batch, time, width) with time ≤ steps for an encoding of (steps, width)
inline void check_encoded(std::string_view name, const Shape& x, const Shape& encoding) {
  if (x.rank() == 3 && x[1] <= encoding[0] && x[2] == encoding[1]) return;
  throw ShapeError(name, {"x of (batch, time ≤ ", encoding[0], ", ", encoding[1], ")"}, {x});
}

}  // namespace detail

struct SinusoidalEncodingConfig {
  Index sequence_length = 0;      ///< required: the most steps that a sequence may have
  Index d_model = 0;              ///< required
  double max_wavelength = 10000;  ///< the wavelengths go from 2π to nearly 2π times this
};

/// Has no parameters; draws nothing.
template <class T>
struct SinusoidalEncoding {
  Tensor<T> encoding;  // (sequence_length, d_model)

  static constexpr std::string_view type = "SinusoidalEncoding";

  /// @throws ValueError for sizes below 1
  [[gnu::cold]] explicit SinusoidalEncoding(const SinusoidalEncodingConfig& config)
      : encoding({detail::required(type, "sequence_length", config.sequence_length),
                  detail::required(type, "d_model", config.d_model)}) {
    for (Index t = 0; t < config.sequence_length; ++t) {
      for (Index i = 0; i < config.d_model; ++i) {
        const double exponent = static_cast<double>(i / 2 * 2) / static_cast<double>(config.d_model);
        const double angle = static_cast<double>(t) / std::pow(config.max_wavelength, exponent);
        encoding(t, i) = static_cast<T>(i % 2 == 0 ? std::sin(angle) : std::cos(angle));
      }
    }
  }
  [[gnu::cold]] SinusoidalEncoding(const SinusoidalEncodingConfig& config, Rng&) : SinusoidalEncoding(config) {}

  static void fields(auto&, auto&&) {}

  /// @throws ShapeError for another width or more steps
  Var<T> operator()(Var<T> x) const {
    detail::check_encoded(type, x.shape(), encoding.shape());
    return observed(*this, x + x.tape().constant(encoding.view().slice(0, x.shape()[1])));
  }
};

struct LearnedEncodingConfig {
  Index sequence_length = 0;  ///< required: the most steps that a sequence may have
  Index d_model = 0;          ///< required
  Preset preset = Preset::pytorch;
};

/// y[b, t, :] = x[b, t, :] + weight[t, :], as keras-hub's PositionEmbedding.
template <class T>
struct LearnedEncoding {
  Parameter<T> weight;  // (sequence_length, d_model)

  static constexpr std::string_view type = "LearnedEncoding";

  /// PyTorch's preset: normal with deviation 1, as torch.nn.Embedding. Keras's: Glorot-uniform.
  /// @throws ValueError for sizes below 1
  [[gnu::cold]] LearnedEncoding(const LearnedEncodingConfig& config, Rng& rng)
      : weight(Shape{detail::required(type, "sequence_length", config.sequence_length),
                     detail::required(type, "d_model", config.d_model)},
               FileLayout::same, type) {
    if (config.preset == Preset::keras) {
      glorot_uniform(weight.value(), config.sequence_length, config.d_model, rng);
    } else {
      normal(weight.value(), 1, rng);
    }
  }

  static void fields(auto& self, auto&& f) { f("weight", self.weight); }

  /// @throws ShapeError for another width or more steps
  Var<T> operator()(Var<T> x) const {
    detail::check_encoded(detail::layer_path(weight, type), x.shape(), weight.shape());
    return observed(*this, x + slice(x.tape().parameter(weight), 0, 0, x.shape()[1]));
  }
};

}}  // namespace tenure::TENURE_ABI
