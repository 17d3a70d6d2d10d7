/// Multi-head attention (Vaswani et al., 2017): torch.nn.MultiheadAttention with batch_first, Keras's
/// MultiHeadAttention.
///
///   q, k, v = query W_q + b_q, key W_k + b_k, value W_v + b_v;  y = attention(q, k, v) W_o + b_o
///
/// query (batch, queries, width), key (batch, keys, key_width), value (batch, keys, value_width),
/// y (batch, queries, width). Where all widths are equal, W_q, W_k and W_v lie side by side in in_proj_weight
/// (width, heads · (2 head_size + value_head_size)), and self-attention is one product; else they are q_proj_weight,
/// k_proj_weight and v_proj_weight (its input's width, heads · its head's size). in_proj_bias has all three biases.
#pragma once

#include <optional>

#include "../ops/attention.hpp"
#include "../ops/concatenate.hpp"
#include "../ops/repeat_vector.hpp"
#include "../ops/slice.hpp"
#include "linear.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct MultiHeadAttentionConfig {
  Index width;  ///< of queries and of the result: PyTorch's embed_dim
  Index heads;
  std::optional<Index> key_width = {};        ///< PyTorch's kdim; absent: width
  std::optional<Index> value_width = {};      ///< PyTorch's vdim; absent: width
  std::optional<Index> head_size = {};        ///< Keras's key_dim; absent: width / heads, which must be whole
  std::optional<Index> value_head_size = {};  ///< Keras's value_dim; absent: head_size
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
  Index heads;
  Index head_size;
  Index value_head_size;
  double dropout;

  static constexpr std::string_view type = "MultiHeadAttention";

  /// Biases start at 0, PyTorch's bias of out_proj included. PyTorch's preset: Glorot-uniform input weights, those of
  /// in_proj_weight taken as one, and out_proj's uniform in ±1/√inputs. Keras's: Glorot-uniform weights with the fans
  /// that Keras reads off its kernels (width, heads, size) and (heads, size, width), in which all axes but the last two
  /// count as a receptive field.
  /// @throws ValueError for heads that do not divide the width, unless a head's size is given, and for a dropout rate
  /// outside [0, 1); ShapeError for sizes below 1
  [[gnu::cold]] MultiHeadAttention(const MultiHeadAttentionConfig& config, Rng& rng)
      : out_proj({.inputs = config.heads * head_sizes(config).value, .outputs = config.width, .bias = config.bias},
                 rng),
        heads(config.heads),
        head_size(head_sizes(config).key),
        value_head_size(head_sizes(config).value),
        dropout(config.dropout) {
    if (!(dropout >= 0 && dropout < 1)) throw ValueError(type, "a dropout rate in [0, 1)", {dropout});
    const Index key_width = config.key_width.value_or(config.width);
    const Index value_width = config.value_width.value_or(config.width);
    if (key_width == config.width && value_width == config.width) {
      in_proj_weight.emplace(Shape{config.width, column(3)}, FileLayout::transposed);
    } else {
      q_proj_weight.emplace(Shape{config.width, heads * head_size}, FileLayout::transposed);
      k_proj_weight.emplace(Shape{key_width, heads * head_size}, FileLayout::transposed);
      v_proj_weight.emplace(Shape{value_width, heads * value_head_size}, FileLayout::transposed);
    }
    if (config.bias) in_proj_bias.emplace(Shape{column(3)});
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

  /// Self-attention: x (batch, time, width) is query, key and value. @throws ShapeError, ValueError
  Var<T> operator()(Var<T> x, const AttentionOptions<T>& options = {}, Rng* rng = nullptr) const {
    if (!in_proj_weight) return (*this)(x, x, x, options, rng);
    check(*in_proj_weight, x);
    return attend({project(x, *in_proj_weight, {0, column(3)}, {0, column(3)})}, options, rng);
  }
  Var<T> operator()(Var<T> x, Rng* rng) const { return (*this)(x, {}, rng); }

  /// Self-attention of x (batch, time, width) whose last features are the same at every step, and projected once:
  /// x = [varying (batch, time, width − k), constant (batch, k) at each]. @throws ShapeError, ValueError
  Var<T> with_constant(Var<T> varying, Var<T> constant, const AttentionOptions<T>& options = {},
                       Rng* rng = nullptr) const {
    if (!in_proj_weight) {
      return (*this)(concatenate({varying, repeat_vector(constant, varying.shape()[1])}, 2), options, rng);
    }
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

  /// Cross-attention to one memory (batch, keys, width) that is key and value. @throws ShapeError, ValueError
  Var<T> operator()(Var<T> query, Var<T> memory, const AttentionOptions<T>& options = {}, Rng* rng = nullptr) const {
    if (!in_proj_weight) return (*this)(query, memory, memory, options, rng);
    check(*in_proj_weight, query);
    check(*in_proj_weight, memory);
    const Columns of_query{0, column(1)}, of_memory{column(1), column(3)};
    return attend(
        {project(query, *in_proj_weight, of_query, of_query), project(memory, *in_proj_weight, of_memory, of_memory)},
        options, rng);
  }

  /// Attention of query (batch, queries, width) to key (batch, keys, key_width) and value (batch, keys, value_width).
  /// @throws ShapeError, ValueError
  Var<T> operator()(Var<T> query, Var<T> key, Var<T> value, const AttentionOptions<T>& options = {},
                    Rng* rng = nullptr) const {
    const Var<T> inputs[] = {query, key, value};
    Var<T> projected[3];
    for (int part = 0; part < 3; ++part) {
      const Parameter<T>& weight = this->weight(*this, part);
      const Var<T> input = inputs[part];
      check(weight, input);
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
    if (config.heads < 1) throw ValueError(type, "at least 1 head", {config.heads});
    if (!config.head_size && config.width % config.heads != 0) {
      throw ValueError(type, {"heads that divide the width of ", config.width, ", or a head_size"},
                       {config.heads, " heads"});
    }
    const Index key = config.head_size.value_or(config.width / config.heads);
    return {key, config.value_head_size.value_or(key)};
  }

  /// Where the query's (0), the key's (1) and the value's part (2) of the input projection begins, and where it ends
  /// (3).
  Index column(int part) const noexcept {
    return (std::min)(part, 2) * heads * head_size + (part == 3 ? heads * value_head_size : 0);
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
          keras ? glorot_limit(inputs * heads, inputs * (outputs / heads)) : glorot_limit(inputs, outputs);
      for (Index i = 0; i < inputs; ++i) uniform(View<T>(&w(i, begin), Shape{outputs}), limit, rng);
    }
    if (keras)
      glorot_uniform(out_proj.weight.value(), heads * value_head_size, heads * out_proj.weight.shape()[1], rng);
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
        .heads = heads, .depth = head_size, .value_depth = value_head_size, .options = options, .layer = layer};
    return observed(*this, out_proj(ops::attention(projected, op, dropout, rng)));
  }
};

}}  // namespace tenure::TENURE_ABI
