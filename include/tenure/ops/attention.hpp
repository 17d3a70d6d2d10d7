/// Scaled dot-product attention of all heads (Vaswani et al., 2017), for each head h
///
///   s = q kᵀ / √depth + mask;  p = softmax(s) over the keys that the query may see;  y = p v
///
/// q (batch, queries, heads · depth), k (batch, keys, heads · depth), v (batch, keys, heads · value_depth),
/// y (batch, queries, heads · value_depth); a head is a stretch of columns. What one product made may stay together:
/// k and v side by side, or q, k and v. Nothing is transposed or copied, and memory is linear in time: of p, the tape
/// keeps but log Σ exp s where there are more than a few keys.
#pragma once

#include <cmath>
#include <cstdint>

#include "../autograd/tape.hpp"
#include "../kernels/attention.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/finite.hpp"
#include "../kernels/transpose.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// What queries see. A query that sees no key at all gives zeros and has no gradient. Of a key that no query sees,
/// neither itself nor its value is read: they may be NaN.
template <class T>
struct AttentionOptions {
  bool is_causal = false;                 ///< query i sees the keys 0 to i only
  View<const std::int64_t> lengths = {};  ///< (batch), in [0, keys]: keys from there on are hidden. Empty for none.
  View<const T> key_mask = {};            ///< (batch, keys), 0 where no query sees the key. Empty for none.
  /// Added to the scores, −∞ hiding a key: (queries, keys), (batch, queries, keys) or (batch · heads, queries, keys)
  /// with heads the faster, as PyTorch's attn_mask. Empty for none.
  View<const T> attn_mask = {};
  /// Where to write p, before dropout and without a gradient: (batch, heads, queries, keys), or (batch, queries, keys)
  /// for the mean over the heads. Empty for nowhere.
  View<T> weights = {};
};

namespace ops {

template <class T>
struct Attention {
  static constexpr std::string_view name = "attention";
  static constexpr Reads backward_reads{.inputs = 0b111, .output = true};
  /// With more keys than these, p is computed again in the backward pass.
  static constexpr Index most_kept_keys = 64;

  Index heads;
  Index depth;        // of a head's queries and keys
  Index value_depth;  // of a head's values
  AttentionOptions<T> options;
  T dropout = 0;
  Rng rng{};
  std::uint64_t position = 0;     // of the dropout in the generator's stream
  std::string_view layer = name;  // that errors name

  /// Numbers that the dropout takes of its stream.
  static std::uint64_t draws(const Shape& q, const Shape& k, Index heads) noexcept {
    return static_cast<std::uint64_t>(q[0] * heads * q[1] * k[1]);
  }

  Shape shape(Inputs<T> x) const {
    if (!kernels::is_dropout_rate(dropout)) throw ValueError(layer, "a dropout rate in [0, 1]", {dropout});
    for (std::size_t i = 0; i < x.size(); ++i) check_input(x, i);
    const Sizes s = sizes(x);
    check_lengths(s);
    if (!options.key_mask.empty() && options.key_mask.shape() != Shape{s.batch, s.keys}) {
      throw ShapeError(layer, {"a key mask of ", Shape{s.batch, s.keys}}, {options.key_mask.shape()});
    }
    check_mask(s);
    const Shape averaged{s.batch, s.queries, s.keys}, weights{s.batch, heads, s.queries, s.keys};
    if (!options.weights.empty() && options.weights.shape() != averaged && options.weights.shape() != weights) {
      throw ShapeError(layer, {"room for weights of ", weights, " or, averaged over the heads, ", averaged},
                       {options.weights.shape()});
    }
    return {s.batch, s.queries, heads * value_depth};
  }

  void check_values(Inputs<T> x) const { check_lengths(sizes(x)); }

  void borrowed(auto&& f) {
    f("lengths", options.lengths);
    f("a key mask", options.key_mask);
    f("a mask", options.attn_mask);
    f("room for weights", options.weights);
  }

  /// p of each head // (batch, heads, keys, queries), or log Σ exp s // (batch, heads, queries)
  Index saved_size(Inputs<T> x) const {
    const Sizes s = sizes(x);
    return s.batch * heads * saved_of_head(s);
  }

  void forward(const Forward<T>& f) const {
    const Sizes s = sizes(f.x);
    T* const scratch = allocate(f.scratch, kernels::attention_forward_scratch(s.queries, s.keys, dropout > 0));
    const bool reports = !options.weights.empty();
    T* const weights = reports && !keeps_weights(s) ? allocate(f.scratch, s.keys * s.queries) : nullptr;
    if (reports) kernels::fill(options.weights.size(), T{0}, options.weights.data());
    for_each_head(s, f.scratch, [&](Index batch, Index head, const T* bias) {
      kernels::Attention<T> attention = arguments(f.x, s, batch, head, bias, f.y.data(), f.saved);
      if (weights) attention.weights = {weights, s.queries};
      const Arena::Mark mark = f.scratch.mark();
      hide_unseen(attention, f.scratch);
      kernels::attention_forward(attention, scratch);
      f.scratch.rewind(mark);
      if (reports) report(attention, s, batch, head);
    });
  }

  /// q, k and v side by side, all keys seen: the gradients of hidden ones are not written.
  unsigned overwrites(Inputs<T> x) const { return x.size() == 1 && options.lengths.empty() && !options.is_causal; }

  void backward(const Backward<T>& b) const {
    const Sizes s = sizes(b.x);
    T* const scratch = allocate(b.scratch, kernels::attention_backward_scratch(s.queries, s.keys, dropout > 0));
    T* gradient[3];
    for (std::size_t i = 0; i < b.dx.size(); ++i) {
      gradient[i] = b.dx[i].data();
      if (gradient[i]) continue;
      gradient[i] = allocate(b.scratch, b.dx[i].shape().size());
      kernels::fill(b.dx[i].shape().size(), T{0}, gradient[i]);
    }
    for_each_head(s, b.scratch, [&](Index batch, Index head, const T* bias) {
      // The kernel's backward pass only reads what its forward pass wrote.
      kernels::Attention<T> attention =
          arguments(b.x, s, batch, head, bias, const_cast<T*>(b.y.data()), const_cast<T*>(b.saved));
      const Arena::Mark mark = b.scratch.mark();
      hide_unseen(attention, b.scratch);
      const auto part = [&](Part which) {
        const Place at = place(b.x, which, batch, head);
        return kernels::Rows<T>{gradient[at.input] + at.offset, at.stride};
      };
      const Index stride = heads * value_depth;
      kernels::attention_backward(attention,
                                  {.dout = {b.dy.data() + batch * s.queries * stride + head * value_depth, stride},
                                   .dq = part(Part::query),
                                   .dk = part(Part::key),
                                   .dv = part(Part::value),
                                   .add = b.adds(0)},
                                  scratch);
      b.scratch.rewind(mark);
    });
  }

 private:
  enum class Part : std::size_t { query, key, value };

  struct Sizes {
    Index batch, queries, keys;
  };

  /// Where the rows of one part begin for one batch element and head.
  struct Place {
    std::size_t input;
    Index offset, stride;
  };

  static Sizes sizes(Inputs<T> x) noexcept { return {x[0].shape()[0], x[0].shape()[1], x.back().shape()[1]}; }
  static bool keeps_weights(const Sizes& s) noexcept { return s.keys <= most_kept_keys; }
  static Index saved_of_head(const Sizes& s) noexcept { return keeps_weights(s) ? s.keys * s.queries : s.queries; }
  static T* allocate(Arena& scratch, Index n) { return scratch.allocate<T>(static_cast<std::size_t>(n)); }

  /// Columns of input i of `count`: the query's, the key's and the value's, those that are missing lying with the last.
  Index width(std::size_t count, std::size_t i) const noexcept {
    const Index parts[] = {heads * depth, heads * depth, heads * value_depth};
    Index width = parts[i];
    for (std::size_t part = i + 1; i + 1 == count && part < 3; ++part) width += parts[part];
    return width;
  }

  Place place(Inputs<T> x, Part which, Index batch, Index head) const noexcept {
    const auto part = static_cast<std::size_t>(which);
    const std::size_t input = (std::min)(part, x.size() - 1);
    const Shape& shape = x[input].shape();
    const Index before = static_cast<Index>(part - input) * heads * depth;  // of the parts that lie before it
    const Index column = before + head * (which == Part::value ? value_depth : depth);
    return {input, batch * shape[1] * shape[2] + column, shape[2]};
  }

  kernels::Attention<T> arguments(Inputs<T> x, const Sizes& s, Index batch, Index head, const T* bias, T* y,
                                  T* saved) const noexcept {
    const auto part = [&](Part which) {
      const Place at = place(x, which, batch, head);
      return kernels::Rows<const T>{x[at.input].data() + at.offset, at.stride};
    };
    const Index number = batch * heads + head, stride = heads * value_depth;
    T* const kept = saved + number * saved_of_head(s);
    kernels::Attention<T> attention{.queries = s.queries,
                                    .keys = options.lengths.empty() ? s.keys : length(batch),
                                    .depth = depth,
                                    .value_depth = value_depth,
                                    .scale = static_cast<T>(1 / std::sqrt(static_cast<double>(depth))),
                                    .causal = options.is_causal,
                                    .q = part(Part::query),
                                    .k = part(Part::key),
                                    .v = part(Part::value),
                                    .out = {y + batch * s.queries * stride + head * value_depth, stride},
                                    .dropout = dropout,
                                    .rng = rng,
                                    .position = position + static_cast<std::uint64_t>(number * s.keys * s.queries)};
    if (!options.key_mask.empty()) attention.key_mask = options.key_mask.data() + batch * s.keys;
    if (bias) attention.bias = {bias, s.queries};
    if (keeps_weights(s)) {
      attention.weights = {kept, s.queries};
    } else {
      attention.log_sum_exp = kept;
    }
    return attention;
  }

  /// Has a head read copies of k and v with zeros for the keys that no query sees, if there is what zero times it is not
  /// zero.
  static void hide_unseen(kernels::Attention<T>& attention, Arena& scratch) {
    if (!attention.key_mask && !attention.bias) return;
    const Index keys = attention.keys, depth = attention.depth, value_depth = attention.value_depth;
    const auto harms = [&](Index key) {
      return kernels::is_unseen(attention, key) &&
             !(kernels::all_finite(depth, attention.k[key]) && kernels::all_finite(value_depth, attention.v[key]));
    };
    Index key = 0;
    while (key < keys && !harms(key)) ++key;
    if (key == keys) return;
    const kernels::Rows<T> k{allocate(scratch, keys * depth), depth};
    const kernels::Rows<T> v{allocate(scratch, keys * value_depth), value_depth};
    for (key = 0; key < keys; ++key) {
      const bool unseen = kernels::is_unseen(attention, key);
      copy_or_clear(unseen, depth, attention.k[key], k[key]);
      copy_or_clear(unseen, value_depth, attention.v[key], v[key]);
    }
    attention.k = k;
    attention.v = v;
  }
  static void copy_or_clear(bool clears, Index n, const T* from, T* to) {
    if (clears) {
      std::fill_n(to, n, T{});
    } else {
      std::copy_n(from, n, to);
    }
  }

  /// Calls f(batch, head, bias), bias being the head's mask transposed, (keys, queries), or null.
  template <class F>
  void for_each_head(const Sizes& s, Arena& scratch, F f) const {
    const View<const T>& mask = options.attn_mask;
    T* const bias = mask.empty() ? nullptr : allocate(scratch, s.keys * s.queries);
    Index transposed = -1;
    for (Index batch = 0; batch < s.batch; ++batch) {
      for (Index head = 0; head < heads; ++head) {
        const Index number = mask.rank() < 3 ? 0 : mask.shape()[0] == s.batch ? batch : batch * heads + head;
        if (bias && number != transposed) {
          kernels::transpose(s.queries, s.keys, mask.data() + number * s.queries * s.keys, s.keys, bias, s.queries);
          transposed = number;
        }
        f(batch, head, bias);
      }
    }
  }

  /// Adds a head's p to options.weights, which begins at 0.
  void report(const kernels::Attention<T>& attention, const Sizes& s, Index batch, Index head) const noexcept {
    const bool averages = options.weights.rank() == 3;
    const Index number = averages ? batch : batch * heads + head, size = s.queries * s.keys;
    T* const to = options.weights.data() + number * size;
    kernels::transpose(attention.keys, s.queries, attention.weights.data, s.queries, to, s.keys, true);
    if (averages && head == heads - 1) kernels::scale(size, 1 / static_cast<T>(heads), to, to);
  }

  Index length(Index batch) const noexcept { return static_cast<Index>(options.lengths(batch)); }

  void check_input(Inputs<T> x, std::size_t i) const {
    static constexpr const char* names[3][3] = {{"query, key and value side by side of "},
                                                {"a query of ", "a key and a value side by side of "},
                                                {"a query of ", "a key of ", "a value of "}};
    const Shape& shape = x[i].shape();
    const Index columns = width(x.size(), i);
    const char* const what = names[x.size() - 1][i];
    if (shape.rank() != 3 || shape[2] != columns) {
      throw ShapeError(layer, {what, "(batch, time, ", columns, ")"}, {shape});
    }
    if (shape[0] != x[0].shape()[0] || (i == 2 && shape[1] != x[1].shape()[1])) {
      const Shape expected{x[0].shape()[0], i == 2 ? x[1].shape()[1] : shape[1], columns};
      throw ShapeError(layer, {what, expected}, {shape});
    }
  }

  void check_lengths(const Sizes& s) const {
    if (options.lengths.empty()) return;
    if (options.lengths.shape() != Shape{s.batch}) {
      throw ShapeError(layer, {"lengths of ", Shape{s.batch}}, {options.lengths.shape()});
    }
    for (Index batch = 0; batch < s.batch; ++batch) {
      if (length(batch) >= 0 && length(batch) <= s.keys) continue;
      throw ValueError(layer, {"lengths in [0, ", s.keys, "]"}, {length(batch), " at position ", batch});
    }
  }

  void check_mask(const Sizes& s) const {
    const Shape& mask = options.attn_mask.shape();
    const Shape all{s.queries, s.keys};
    if (options.attn_mask.empty() || mask == all) return;
    if (mask.rank() == 3 && mask[1] == s.queries && mask[2] == s.keys &&
        (mask[0] == s.batch || mask[0] == s.batch * heads)) {
      return;
    }
    throw ShapeError(
        layer,
        {"a mask of ", all, ", ", Shape{s.batch, s.queries, s.keys}, " or ", Shape{s.batch * heads, s.queries, s.keys}},
        {mask});
  }
};

/// Records the op for one, two or three inputs. Weights are dropped at the rate where `rng` is not null.
template <class T>
Var<T> attention(std::initializer_list<Var<T>> inputs, Attention<T> op, double rate, Rng* rng) {
  if (!rng || rate == 0) return record(op, inputs);
  op.dropout = static_cast<T>(rate);
  op.rng = *rng;
  op.position = rng->position();
  const Var<T> y = record(op, inputs);
  rng->seek(op.position + op.draws(inputs.begin()->shape(), (inputs.end() - 1)->shape(), op.heads));
  return y;
}

}  // namespace ops

/// q (batch, queries, heads · depth), k (batch, keys, heads · depth) and v (batch, keys, heads · value_depth) →
/// (batch, queries, heads · value_depth). With a generator, weights are dropped at a rate.
/// @throws ShapeError, ValueError
template <class T>
Var<T> attention(Var<T> q, Var<T> k, Var<T> v, Index heads,
                 const std::type_identity_t<AttentionOptions<T>>& options = {}, double dropout = 0,
                 Rng* rng = nullptr) {
  const Index depth = q.shape().last() / std::max<Index>(heads, 1), width = v.shape().last();
  if (heads < 1 || q.shape().last() % heads != 0 || width % heads != 0) {
    throw ValueError(ops::Attention<T>::name, {"heads that divide the widths of ", q.shape(), " and ", v.shape()},
                     {heads, " heads"});
  }
  return ops::attention<T>(
      {q, k, v}, {.heads = heads, .depth = depth, .value_depth = width / heads, .options = options}, dropout, rng);
}

/// The same of q, k and v of equal width side by side, (batch, time, 3 · width) → (batch, time, width).
/// @throws ShapeError, ValueError
template <class T>
Var<T> attention(Var<T> qkv, Index heads, const std::type_identity_t<AttentionOptions<T>>& options = {},
                 double dropout = 0, Rng* rng = nullptr) {
  const Index depth = qkv.shape().last() / std::max<Index>(3 * heads, 1);
  if (heads < 1 || qkv.shape().last() % (3 * heads) != 0) {
    throw ValueError(ops::Attention<T>::name, {"heads that divide a third of the width of ", qkv.shape()},
                     {heads, " heads"});
  }
  return ops::attention<T>({qkv}, {.heads = heads, .depth = depth, .value_depth = depth, .options = options}, dropout,
                           rng);
}

TENURE_COMPILED_OPERATION(ops::Attention)

}}  // namespace tenure::TENURE_ABI
