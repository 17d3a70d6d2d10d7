/// The encoder of "Attention is all you need" (Vaswani et al., 2017): torch.nn.TransformerEncoderLayer with
/// batch_first, torch.nn.TransformerEncoder, keras-hub's TransformerEncoder.
///
///   post-norm: h = norm1(x + attention(x)),      y = norm2(h + feed_forward(h))
///   pre-norm:  h = x + attention(norm1(x)),      y = h + feed_forward(norm2(h))
///   feed_forward(h) = linear2(activation(linear1(h)))
///
/// x, h, y (batch, time, d_model); linear1 (d_model, dim_feedforward), linear2 (dim_feedforward, d_model). In training
/// PyTorch's layer drops out attention weights, the results of attention and of feed_forward, and that of the
/// activation; Keras's drops out all but the last.
#pragma once

#include <optional>
#include <vector>

#include "../ops/arithmetic.hpp"
#include "activations.hpp"
#include "dropout.hpp"
#include "layer_norm.hpp"
#include "multi_head_attention.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// What stands between the two products of feed_forward.
enum class EncoderActivation { relu, gelu, gelu_tanh };

/// The defaults are PyTorch's.
struct TransformerEncoderLayerConfig {
  Index d_model = 0;  ///< required
  Index nhead = 0;    ///< required
  Index dim_feedforward = 2048;
  double dropout = 0.1;
  EncoderActivation activation = EncoderActivation::relu;
  bool norm_first = false;
  double layer_norm_eps = 1e-5;
  Preset preset = Preset::pytorch;

  /// keras-hub's TransformerEncoder(intermediate_dim, num_heads): post-norm, ReLU, no dropout, an epsilon of 1e-5, and
  /// Keras's initial weights.
  static TransformerEncoderLayerConfig keras(Index d_model, Index intermediate_dim, Index num_heads) {
    return {.d_model = d_model,
            .nhead = num_heads,
            .dim_feedforward = intermediate_dim,
            .dropout = 0,
            .preset = Preset::keras};
  }
};

/// One layer: attention, then two dense layers, each within a residual connection and with a norm.
/// x, y (batch, time, d_model).
template <class T>
struct TransformerEncoderLayer {
  MultiHeadAttention<T> self_attn;
  Linear<T> linear1;
  Dropout dropout;
  Linear<T> linear2;
  LayerNorm<T> norm1;
  LayerNorm<T> norm2;
  Dropout dropout1;
  Dropout dropout2;
  EncoderActivation activation;
  bool norm_first;

  static constexpr std::string_view type = "TransformerEncoderLayer";

  /// @throws ValueError for sizes below 1, and as MultiHeadAttention, LayerNorm and Dropout do
  [[gnu::cold]] TransformerEncoderLayer(const TransformerEncoderLayerConfig& config, Rng& rng)
      : self_attn({.embed_dim = detail::required(type, "d_model", config.d_model),
                   .num_heads = detail::required(type, "nhead", config.nhead),
                   .dropout = config.dropout,
                   .preset = config.preset},
                  rng),
        linear1({.in_features = config.d_model,
                 .out_features = detail::required(type, "dim_feedforward", config.dim_feedforward),
                 .preset = config.preset},
                rng),
        dropout{config.preset == Preset::keras ? 0 : config.dropout},
        linear2({.in_features = config.dim_feedforward, .out_features = config.d_model, .preset = config.preset}, rng),
        norm1({.normalized_shape = config.d_model, .eps = config.layer_norm_eps}),
        norm2({.normalized_shape = config.d_model, .eps = config.layer_norm_eps}),
        dropout1{config.dropout},
        dropout2{config.dropout},
        activation(config.activation),
        norm_first(config.norm_first) {}

  static void fields(auto& self, auto&& f) {
    f("self_attn", self.self_attn);
    f("linear1", self.linear1);
    f("dropout", self.dropout);
    f("linear2", self.linear2);
    f("norm1", self.norm1);
    f("norm2", self.norm2);
    f("dropout1", self.dropout1);
    f("dropout2", self.dropout2);
  }

  /// x, y (batch, time, d_model); the options are those of the attention of x to itself. @throws ShapeError, ValueError
  Var<T> operator()(Var<T> x, const AttentionOptions<T>& options = {}, Rng* rng = nullptr) const {
    x = detail::without_harmful_padding(x, detail::padding(options));
    if (norm_first) {
      const Var<T> h = x + dropout1(self_attn(norm1(x), options, rng), rng);
      return observed(*this, h + dropout2(feed_forward(norm2(h), rng), rng));
    }
    return behind_attention(x, self_attn(x, options, rng), rng);
  }
  Var<T> operator()(Var<T> x, Rng* rng) const { return (*this)(x, {}, rng); }

  /// The same of x = [varying (batch, time, d_model − k), constant (batch, k) at every step], the constant features
  /// being projected once for all steps where nothing stands before the attention. @throws ShapeError, ValueError
  Var<T> with_constant(Var<T> varying, Var<T> constant, const AttentionOptions<T>& options = {},
                       Rng* rng = nullptr) const {
    varying = detail::without_harmful_padding(varying, detail::padding(options));
    const Var<T> x = concatenate({varying, repeat_vector(constant, varying.shape()[1])}, 2);
    if (norm_first) return (*this)(x, options, rng);
    return behind_attention(x, self_attn.with_constant(varying, constant, options, rng), rng);
  }

 private:
  /// The post-norm layer from the attention of x to itself on.
  Var<T> behind_attention(Var<T> x, Var<T> attention, Rng* rng) const {
    const Var<T> h = norm1(x, dropout1(attention, rng));
    return observed(*this, norm2(h, dropout2(feed_forward(h, rng), rng)));
  }

  Var<T> feed_forward(Var<T> h, Rng* rng) const { return linear2(dropout(activated(linear1(h)), rng)); }

  Var<T> activated(Var<T> inner) const {
    switch (activation) {
      case EncoderActivation::gelu:
        return gelu(inner);
      case EncoderActivation::gelu_tanh:
        return gelu_tanh(inner);
      default:
        return relu(inner);
    }
  }
};

struct TransformerEncoderConfig {
  TransformerEncoderLayerConfig encoder_layer = {};  ///< whose d_model and nhead are required
  Index num_layers = 0;                              ///< required
  bool norm = false;                                 ///< a layer norm at the end, as pre-norm layers want one
};

/// Encoder layers one after the other, and a layer norm behind them if asked for.
template <class T>
struct TransformerEncoder {
  std::vector<TransformerEncoderLayer<T>> layers;
  std::optional<LayerNorm<T>> norm;

  static constexpr std::string_view type = "TransformerEncoder";

  /// Each layer is drawn for itself, where PyTorch's copies of one layer start from the same weights.
  /// @throws ValueError for a num_layers below 1, and what the layers throw
  [[gnu::cold]] TransformerEncoder(const TransformerEncoderConfig& config, Rng& rng) {
    detail::required(type, "num_layers", config.num_layers);
    layers.reserve(static_cast<std::size_t>(config.num_layers));
    for (Index i = 0; i < config.num_layers; ++i) layers.emplace_back(config.encoder_layer, rng);
    if (config.norm)
      norm.emplace(LayerNormConfig{.normalized_shape = config.encoder_layer.d_model,
                                   .eps = config.encoder_layer.layer_norm_eps});
  }

  static void fields(auto& self, auto&& f) {
    f("layers", self.layers);
    f("norm", self.norm);
  }

  /// x, y (batch, time, d_model); the options go to each layer, and `weights` is left with the last one's.
  /// @throws ShapeError, ValueError
  Var<T> operator()(Var<T> x, const AttentionOptions<T>& options = {}, Rng* rng = nullptr) const {
    return behind(0, x, options, rng);
  }
  Var<T> operator()(Var<T> x, Rng* rng) const { return (*this)(x, {}, rng); }

  /// The same of x = [varying (batch, time, d_model − k), constant (batch, k) at every step], see the layer.
  /// @throws ShapeError, ValueError
  Var<T> with_constant(Var<T> varying, Var<T> constant, const AttentionOptions<T>& options = {},
                       Rng* rng = nullptr) const {
    return behind(1, layers[0].with_constant(varying, constant, options, rng), options, rng);
  }

 private:
  /// The layers from one on.
  Var<T> behind(std::size_t first, Var<T> x, const AttentionOptions<T>& options, Rng* rng) const {
    for (std::size_t i = first; i < layers.size(); ++i) x = layers[i](x, options, rng);
    return observed(*this, norm ? (*norm)(x) : x);
  }
};

}}  // namespace tenure::TENURE_ABI
