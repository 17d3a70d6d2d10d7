/// Multi-head attention (Vaswani et al., 2017): torch.nn.MultiheadAttention with batch_first, Keras's
/// MultiHeadAttention.
///
///   q, k, v = query W_q + b_q, key W_k + b_k, value W_v + b_v;  y = attention(q, k, v) W_o + b_o
///
/// query, y (batch, queries, embed_dim), key (batch, keys, kdim), value (batch, keys, vdim). Where all three widths are
/// equal, W_q, W_k and W_v lie side by side in in_proj_weight (embed_dim, num_heads · (2 key_dim + value_dim)), and
/// self-attention is one product; else they are q_proj_weight, k_proj_weight and v_proj_weight (its input's width,
/// num_heads · key_dim or value_dim). in_proj_bias has all three biases.
#pragma once

#include <optional>

#include "../ops/attention.hpp"
#include "../ops/concatenate.hpp"
#include "../ops/masking.hpp"
#include "../ops/repeat_vector.hpp"
#include "../ops/slice.hpp"
#include "linear.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// The keys that no query sees because they are padding.
template <class T>
Padding<T> padding(const AttentionOptions<T>& options) {
  return {options.lengths, options.lengths.empty() ? options.key_mask : View<const T>()};
}

}  // namespace detail

struct MultiHeadAttentionConfig {
  Index embed_dim = 0;             ///< required: width of queries and of the result
  Index num_heads = 0;             ///< required
  std::optional<Index> kdim = {};  ///< width of keys; absent: embed_dim
  std::optional<Index> vdim = {};  ///< width of values; absent: embed_dim
  std::optional<Index> key_dim =
      {};  ///< Keras's: of one head's queries and keys; absent: embed_dim / num_heads, which must be whole
  std::optional<Index> value_dim = {};  ///< Keras's: of one head's values; absent: key_dim
  bool bias = true;
  double dropout = 0;  ///< rate at which attention weights are dropped in training
  Preset preset = Preset::pytorch;
};

template <class T>
struct MultiHeadAttention {
  std::optional<Parameter<T>> in_proj_weight;
  std::optional<Parameter<T>> q_proj_weight;
  std::optional<Parameter<T>> k_proj_weight;
  std::optional<Parameter<T>> v_proj_weight;
  std::optional<Parameter<T>> in_proj_bias;
  Linear<T> out_proj;
  Index num_heads;
  Index key_dim;
  Index value_dim;
  double dropout;

  static constexpr std::string_view type = "MultiHeadAttention";

  /// Biases start at 0, PyTorch's bias of out_proj included. PyTorch's preset: Glorot-uniform input weights, those of
  /// in_proj_weight taken as one, and out_proj's uniform in ±1/√in_features. Keras's: Glorot-uniform weights with the
  /// fans that Keras reads off its kernels (width, heads, size) and (heads, size, width), in which all axes but the
  /// last two count as a receptive field.
  /// @throws ValueError for a num_heads that does not divide embed_dim, unless key_dim is given, and for a dropout rate
  /// outside [0, 1], and sizes below 1
  [[gnu::cold]] MultiHeadAttention(const MultiHeadAttentionConfig& config, Rng& rng)
      : out_proj({.in_features = config.num_heads * head_sizes(config).value,
                  .out_features = config.embed_dim,
                  .bias = config.bias},
                 rng),
        num_heads(config.num_heads),
        key_dim(head_sizes(config).key),
        value_dim(head_sizes(config).value),
        dropout(config.dropout) {
    detail::check_rate(type, dropout);
    const Index key_width = detail::required(type, "kdim", config.kdim.value_or(config.embed_dim));
    const Index value_width = detail::required(type, "vdim", config.vdim.value_or(config.embed_dim));
    if (key_width == config.embed_dim && value_width == config.embed_dim) {
      in_proj_weight.emplace(Shape{config.embed_dim, column(3)}, FileLayout::transposed, type);
    } else {
      q_proj_weight.emplace(Shape{config.embed_dim, num_heads * key_dim}, FileLayout::transposed, type);
      k_proj_weight.emplace(Shape{key_width, num_heads * key_dim}, FileLayout::transposed, type);
      v_proj_weight.emplace(Shape{value_width, num_heads * value_dim}, FileLayout::transposed, type);
    }
    if (config.bias) in_proj_bias.emplace(Shape{column(3)}, FileLayout::same, type);
    if (out_proj.bias) std::ranges::fill(out_proj.bias->value(), T{});
    initialize(config.preset, rng);
  }

  static void fields(auto& self, auto&& f) {
    f("in_proj_weight", self.in_proj_weight);
    f("q_proj_weight", self.q_proj_weight);
    f("k_proj_weight", self.k_proj_weight);
    f("v_proj_weight", self.v_proj_weight);
    f("in_proj_bias", self.in_proj_bias);
    f("out_proj", self.out_proj);
  }

  /// Self-attention: x (batch, time, embed_dim) is query, key and value. @throws ShapeError, ValueError
  Var<T> operator()(Var<T> x, const AttentionOptions<T>& options = {}, Rng* rng = nullptr) const {
    if (!in_proj_weight) return (*this)(x, x, x, options, rng);
    check(*in_proj_weight, x);
    x = detail::without_harmful_padding(x, detail::padding(options));
    return attend({project(x, *in_proj_weight, {0, column(3)}, {0, column(3)})}, options, rng);
  }
  Var<T> operator()(Var<T> x, Rng* rng) const { return (*this)(x, {}, rng); }

  /// Self-attention of x (batch, time, embed_dim) whose last features are the same at every step, and projected once:
  /// x = [varying (batch, time, embed_dim − k), constant (batch, k) at each]. @throws ShapeError, ValueError
  Var<T> with_constant(Var<T> varying, Var<T> constant, const AttentionOptions<T>& options = {},
                       Rng* rng = nullptr) const {
    if (!in_proj_weight) {
      return (*this)(concatenate({varying, repeat_vector(constant, varying.shape()[1])}, 2), options, rng);
    }
    varying = detail::without_harmful_padding(varying, detail::padding(options));
    Tape<T>& tape = varying.tape();
    const Var<T> w = tape.parameter(*in_proj_weight);
    const Index features = varying.shape().last(), width = w.shape()[0];
    if (varying.shape().rank() != 3 || constant.shape() != Shape{varying.shape()[0], width - features}) {
      throw ShapeError(detail::layer_path(*in_proj_weight, type), {"together ", width, " features"},
                       {varying.shape(), " and ", constant.shape()});
    }
    return attend({in_proj_bias ? linear_with_constant(varying, constant, w, tape.parameter(*in_proj_bias))
                                : linear_with_constant(varying, constant, w)},
                  options, rng);
  }

  /// Cross-attention to one memory (batch, keys, embed_dim) that is key and value. @throws ShapeError, ValueError
  Var<T> operator()(Var<T> query, Var<T> memory, const AttentionOptions<T>& options = {}, Rng* rng = nullptr) const {
    if (!in_proj_weight) return (*this)(query, memory, memory, options, rng);
    check(*in_proj_weight, query);
    check(*in_proj_weight, memory);
    memory = detail::without_harmful_padding(memory, detail::padding(options));
    const Columns of_query{0, column(1)}, of_memory{column(1), column(3)};
    return attend(
        {project(query, *in_proj_weight, of_query, of_query), project(memory, *in_proj_weight, of_memory, of_memory)},
        options, rng);
  }

  /// Attention of query (batch, queries, embed_dim) to key (batch, keys, kdim) and value (batch, keys, vdim).
  /// @throws ShapeError, ValueError
  Var<T> operator()(Var<T> query, Var<T> key, Var<T> value, const AttentionOptions<T>& options = {},
                    Rng* rng = nullptr) const {
    const Var<T> inputs[] = {query, key, value};
    Var<T> projected[3];
    for (int part = 0; part < 3; ++part) {
      const Parameter<T>& weight = this->weight(*this, part);
      check(weight, inputs[part]);
      const Var<T> input = part == 0 ? query : detail::without_harmful_padding(inputs[part], detail::padding(options));
      projected[part] = project(input, weight, columns(part), {column(part), column(part + 1)});
    }
    return attend({projected[0], projected[1], projected[2]}, options, rng);
  }

 private:
  struct HeadSizes {
    Index key, value;
  };

  /// @throws ValueError
  [[gnu::cold]] static HeadSizes head_sizes(const MultiHeadAttentionConfig& config) {
    detail::required(type, "embed_dim", config.embed_dim);
    detail::required(type, "num_heads", config.num_heads);
    if (!config.key_dim && config.embed_dim % config.num_heads != 0) {
      throw ValueError(type, {"a num_heads that divides the embed_dim of ", config.embed_dim, ", or a key_dim"},
                       {config.num_heads});
    }
    const Index key = detail::required(type, "key_dim", config.key_dim.value_or(config.embed_dim / config.num_heads));
    return {key, detail::required(type, "value_dim", config.value_dim.value_or(key))};
  }

  /// Where the query's (0), the key's (1) and the value's part (2) of the input projection begins, and where it ends
  /// (3).
  Index column(int part) const noexcept {
    return (std::min)(part, 2) * num_heads * key_dim + (part == 3 ? num_heads * value_dim : 0);
  }

  /// The weight that a part of the input projection lies in, and its columns there.
  static auto& weight(auto& self, int part) noexcept {
    return self.in_proj_weight ? *self.in_proj_weight
           : part == 0         ? *self.q_proj_weight
           : part == 1         ? *self.k_proj_weight
                               : *self.v_proj_weight;
  }
  Columns columns(int part) const noexcept {
    const Index begin = in_proj_weight ? column(part) : 0;
    return {begin, begin + column(part + 1) - column(part)};
  }

  [[gnu::cold]] void initialize(Preset preset, Rng& rng) noexcept {
    const bool keras = preset == Preset::keras;
    if (!keras && in_proj_weight) {
      return glorot_uniform(in_proj_weight->value(), in_proj_weight->shape()[0], column(3), rng);
    }
    for (int part = 0; part < 3; ++part) {
      const View<T> w = weight(*this, part).value();
      const auto [begin, end] = columns(part);
      const Index inputs = w.shape()[0], outputs = end - begin;
      const double limit =
          keras ? glorot_limit(inputs * num_heads, inputs * (outputs / num_heads)) : glorot_limit(inputs, outputs);
      for (Index i = 0; i < inputs; ++i) uniform(View<T>(&w(i, begin), Shape{outputs}), limit, rng);
    }
    if (keras)
      glorot_uniform(out_proj.weight.value(), num_heads * value_dim, num_heads * out_proj.weight.shape()[1], rng);
  }

  void check(const Parameter<T>& weight, Var<T> x) const {
    detail::check_features(weight, type, x.shape(), weight.shape()[0], 3);
  }

  Var<T> project(Var<T> x, const Parameter<T>& weight, Columns columns, Columns of_bias) const {
    Tape<T>& tape = x.tape();
    const Var<T> w = tape.parameter(weight);
    if (!in_proj_bias) return linear(x, w, columns);
    return linear(x, w, slice(tape.parameter(*in_proj_bias), 0, of_bias.begin, of_bias.end), columns);
  }

  Var<T> attend(std::initializer_list<Var<T>> projected, const AttentionOptions<T>& options, Rng* rng) const {
    const std::string_view layer = detail::layer_path(weight(*this, 0), type);
    const ops::Attention<T> op{
        .heads = num_heads, .depth = key_dim, .value_depth = value_dim, .options = options, .layer = layer};
    return observed(*this,
                    out_proj(ops::attention(projected, op, dropout, detail::dropout_rng(*projected.begin(), rng))));
  }
};

}}  // namespace tenure::TENURE_ABI
