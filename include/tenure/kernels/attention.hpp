/// Scaled dot-product attention of one batch element and head (Vaswani et al., 2017):
///
///   s = scale · q · kᵀ + bias, masked;  p = softmax(s) over the keys;  out = (p ∘ m) · v
///
/// m drops weights in training: 0 at the dropout's rate, else 1 / (1 − rate). It is drawn anew in the backward pass.
///
/// Memory beside the arguments grows with the number of keys, not with queries times keys: the queries are taken in
/// blocks, and the backward pass computes p again from q, k and log Σ exp s (Rabe and Staats, 2021; Dao et al., 2022).
/// Scores are held transposed, (keys, queries): the softmax then runs along the vectors' lanes without a horizontal
/// sum, and only products whose right-hand side is one small block of queries need packing.
#pragma once

#include <algorithm>
#include <cmath>

#include "dropout.hpp"
#include "gemm.hpp"
#include "math.hpp"
#include "rows.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// Arguments of attention_forward(). attention_backward() reads them all, out and log_sum_exp or weights included. A
/// query that sees no key at all gives zeros and has no gradient.
template <class T>
struct Attention {
  Index queries = 0;
  Index keys = 0;
  Index depth = 0;        ///< of queries and keys
  Index value_depth = 0;  ///< of values and out
  T scale = 1;
  bool causal = false;          ///< query i sees keys 0 to i only
  const T* key_mask = nullptr;  ///< (keys), 0 where no query sees the key. Null for none.
  Rows<const T> bias = {};      ///< (keys, queries); −1e30 and less, such as −∞, hides the key. Null for none.
  Rows<const T> q = {};         ///< (queries, depth)
  Rows<const T> k = {};         ///< (keys, depth)
  Rows<const T> v = {};         ///< (keys, value_depth)
  Rows<T> out = {};             ///< (queries, value_depth), overwritten
  T* log_sum_exp = nullptr;     ///< (queries), overwritten. Null where the backward pass won't need it.
  Rows<T> weights = {};         ///< (keys, queries), p, overwritten. Null: the backward pass reads log_sum_exp instead.
  T dropout = 0;                ///< the rate at which weights are dropped, in [0, 1]
  Rng rng{};                    ///< of the dropout
  std::uint64_t position = 0;   ///< in its stream: m of a query and key is drawn at position + key · queries + query
};

/// Further arguments of attention_backward().
template <class T>
struct AttentionGradient {
  Rows<const T> dout = {};  ///< (queries, value_depth)
  Rows<T> dq = {};          ///< (queries, depth), added to, as are dk and dv
  Rows<T> dk = {};          ///< (keys, depth)
  Rows<T> dv = {};          ///< (keys, value_depth)
  bool add = true;          ///< false, where no key is hidden, to overwrite them
};

namespace detail {

/// Queries taken at a time: the columns of a gemm's register tile.
inline constexpr Index attention_queries = 48;
/// Keys taken at a time by the backward pass, which reads and writes their k, v, dk and dv for every block of queries.
inline constexpr Index attention_keys = 512;

/// Elements of whole vectors of any architecture that hold n.
constexpr Index attention_padded(Index n) noexcept { return (n + 15) / 16 * 16; }

/// The distance between rows of scores: padded, because a masked load that reaches into the next row waits for the
/// stores there.
constexpr Index attention_stride(Index queries) noexcept {
  return attention_padded((std::min)(queries, attention_queries));
}

/// The score of a hidden key, and what all visible ones exceed: finite for -ffast-math's sake.
template <class T>
inline constexpr T hidden_score = T(-1e30);
template <class T>
inline constexpr T lowest_score = T(-1e29);

/// 0, 1, 2, ...: a vector's lanes.
template <class T>
alignas(64) inline constexpr T lane_numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

}  // namespace detail

/// Elements of scratch memory for attention_forward(); it is fastest 64-byte aligned.
constexpr Index attention_forward_scratch(Index queries, Index keys, bool dropout = false) noexcept {
  return (dropout ? 2 : 1) * detail::attention_stride(queries) * keys;
}

/// Elements of scratch memory for attention_backward(); it is fastest 64-byte aligned.
constexpr Index attention_backward_scratch(Index queries, Index keys, bool dropout = false) noexcept {
  return detail::attention_padded(queries) +
         (dropout ? 3 : 2) * detail::attention_stride(queries) * (std::min)(keys, detail::attention_keys);
}

namespace reference {

/// s of one query and key.
template <class T>
T attention_score(const Attention<T>& attention, Index query, Index key) noexcept {
  if (attention.causal && key > query) return detail::hidden_score<T>;
  if (attention.key_mask && is_zero(attention.key_mask[key])) return detail::hidden_score<T>;
  if (attention.bias && attention.bias[key][query] <= detail::hidden_score<T>) return detail::hidden_score<T>;
  T product{};
  for (Index l = 0; l < attention.depth; ++l) product += attention.q[query][l] * attention.k[key][l];
  return product * attention.scale + (attention.bias ? attention.bias[key][query] : T{});
}

/// m of one query and key.
template <class T>
T attention_factor(const Attention<T>& attention, Index query, Index key) noexcept {
  if (attention.dropout == 0) return 1;
  T factor;
  reference::dropout_factors(1, attention.rng,
                             attention.position + static_cast<std::uint64_t>(key * attention.queries + query),
                             attention.dropout, &factor);
  return factor;
}

template <class T>
void attention_forward(const Attention<T>& attention, T*) noexcept {
  for (Index i = 0; i < attention.queries; ++i) {
    T largest = detail::lowest_score<T>;
    for (Index j = 0; j < attention.keys; ++j) largest = (std::max)(largest, attention_score(attention, i, j));
    T sum{};
    const auto unnormalized = [&](Index j) {
      const T score = attention_score(attention, i, j);
      return score > detail::lowest_score<T> ? std::exp(score - largest) : T{};
    };
    for (Index j = 0; j < attention.keys; ++j) sum += unnormalized(j);
    for (Index l = 0; l < attention.value_depth; ++l) attention.out[i][l] = 0;
    for (Index j = 0; j < attention.keys; ++j) {
      const T p = sum > 0 ? unnormalized(j) / sum : T{};
      if (attention.weights) attention.weights[j][i] = p;
      const T kept = p * attention_factor(attention, i, j);
      for (Index l = 0; l < attention.value_depth; ++l) attention.out[i][l] += kept * attention.v[j][l];
    }
    if (attention.log_sum_exp) {
      attention.log_sum_exp[i] = sum > 0 ? largest + std::log(sum) : -detail::hidden_score<T>;
    }
  }
}

template <class T>
void attention_backward(const Attention<T>& attention, const AttentionGradient<T>& gradient, T*) noexcept {
  for (Index i = 0; i < attention.queries; ++i) {
    const auto weight = [&](Index j) {
      const T score = attention_score(attention, i, j);
      if (attention.weights) return attention.weights[j][i];
      return score > detail::lowest_score<T> ? std::exp(score - attention.log_sum_exp[i]) : T{};
    };
    const auto dweight = [&](Index j) {
      T sum{};
      for (Index l = 0; l < attention.value_depth; ++l) sum += gradient.dout[i][l] * attention.v[j][l];
      return sum * attention_factor(attention, i, j);
    };
    T delta{};
    for (Index j = 0; j < attention.keys; ++j) delta += weight(j) * dweight(j);
    for (Index j = 0; j < attention.keys; ++j) {
      const T p = weight(j);
      const T ds = p * (dweight(j) - delta) * attention.scale;
      const T kept = p * attention_factor(attention, i, j);
      for (Index l = 0; l < attention.value_depth; ++l) gradient.dv[j][l] += kept * gradient.dout[i][l];
      for (Index l = 0; l < attention.depth; ++l) {
        gradient.dq[i][l] += ds * attention.k[j][l];
        gradient.dk[j][l] += ds * attention.q[i][l];
      }
    }
  }
}

}  // namespace reference

/// Whether key_mask or the bias hides a key from every query.
template <class T>
bool is_unseen(const Attention<T>& attention, Index key) noexcept {
  if (attention.key_mask && is_zero(attention.key_mask[key])) return true;
  if (!attention.bias) return false;
  const T* const bias = attention.bias[key];
  return std::all_of(bias, bias + attention.queries, [](T b) { return b <= detail::hidden_score<T>; });
}

namespace detail {

/// s of one key and a vector of queries, the first of them `query`, from the products q · k.
template <class A, class T, class Part>
TENURE_INLINE simd::Batch<T, A> masked_score(const Attention<T>& attention, Index query, Index key,
                                             simd::Batch<T, A> product, Part part) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector hidden(hidden_score<T>);
  if (attention.key_mask && is_zero(attention.key_mask[key])) return hidden;
  Vector score = product * Vector(attention.scale);
  if (attention.bias) {
    const Vector bias = part.load(attention.bias[key] + query);
    score = simd::select(simd::BatchBool<T, A>(bias <= hidden), hidden, Vector(score + bias));
  }
  if (attention.causal && key > query) {
    const Vector lane = simd::load<A>(lane_numbers<T>);
    score = simd::select(simd::BatchBool<T, A>(lane < Vector(static_cast<T>(key - query))), hidden, score);
  }
  return score;
}

/// From the products q · k of all keys with `count` queries from `first` on to p, in place.
template <class A, class T>
void attention_softmax(const Attention<T>& attention, Index first, Index count, Index keys, Rows<T> scores) noexcept {
  using Vector = simd::Batch<T, A>;
  simd::sweep<T, A>(count, [&](Index i, auto part) {
    Vector largest(lowest_score<T>);
    for (Index key = 0; key < keys; ++key) {
      T* const at = scores[key] + i;
      const Vector score = masked_score<A>(attention, first + i, key, part.load(at), part);
      simd::store(at, score);
      largest = simd::select(simd::BatchBool<T, A>(score > largest), score, largest);
    }
    Vector sum(T{});
    for (Index key = 0; key < keys; ++key) {
      T* const at = scores[key] + i;
      const Vector p = simd::exp(Vector(simd::load<A>(at) - largest));
      simd::store(at, p);
      sum = sum + p;
    }
    const simd::BatchBool<T, A> any = largest > Vector(lowest_score<T>);
    const Vector factor = simd::select(any, simd::divide(Vector(T{1}), sum), Vector(T{}));
    for (Index key = 0; key < keys; ++key) {
      T* const at = scores[key] + i;
      const Vector p = simd::load<A>(at) * factor;
      simd::store(at, p);
      if (attention.weights) part.store(attention.weights[key] + first + i, p);
    }
    if (attention.log_sum_exp) {
      const Vector log_sum_exp = largest + simd::log(sum);
      part.store(attention.log_sum_exp + first + i, simd::select(any, log_sum_exp, Vector(-hidden_score<T>)));
    }
  });
}

/// From the products q · k of the keys [first_key, last_key) to p, in place, by what attention_softmax() left.
template <class A, class T>
void attention_weights(const Attention<T>& attention, Index first, Index count, Index first_key, Index last_key,
                       Rows<T> scores) noexcept {
  using Vector = simd::Batch<T, A>;
  simd::sweep<T, A>(count, [&](Index i, auto part) {
    const Vector log_sum_exp = part.load(attention.log_sum_exp + first + i);
    for (Index key = first_key; key < last_key; ++key) {
      T* const at = scores[key - first_key] + i;
      const Vector score = masked_score<A>(attention, first + i, key, part.load(at), part);
      simd::store(at, simd::exp(Vector(score - log_sum_exp)));
    }
  });
}

/// From p and dp to the gradient into q · k, in place over dp: scale · p ∘ (dp − delta), delta = Σ out ∘ dout.
template <class A, class T>
void attention_softmax_backward(T scale, const T* delta, Index count, Index keys, Rows<const T> p,
                                Rows<T> dp) noexcept {
  using Vector = simd::Batch<T, A>;
  simd::sweep<T, A>(count, [&](Index i, auto part) {
    const Vector delta_i = part.load(delta + i);
    for (Index key = 0; key < keys; ++key) {
      T* const at = dp[key] + i;
      simd::store(at, Vector(part.load(p[key] + i) * (part.load(at) - delta_i) * Vector(scale)));
    }
  });
}

/// m of the keys [first_key, last_key) and `count` queries from `first` on, in `memory` of (keys, stride of scores).
template <class A, class T>
Rows<T> attention_factors(const Attention<T>& attention, Index first, Index count, Index first_key, Index last_key,
                          T* memory) noexcept {
  const auto position = [&](Index key) {
    return attention.position + static_cast<std::uint64_t>(key * attention.queries + first);
  };
  if (count == attention.queries) {
    dropout_factors<A>((last_key - first_key) * count, attention.rng, position(first_key), attention.dropout, memory);
    return {memory, count};
  }
  const Rows<T> factors{memory, attention_stride(count)};
  for (Index key = first_key; key < last_key; ++key) {
    dropout_factors<A>(count, attention.rng, position(key), attention.dropout, factors[key - first_key]);
  }
  return factors;
}

/// y = x ∘ z. y may be x or z.
template <class A, class T>
void multiply_rows(Index rows, Index columns, Rows<const T> x, Rows<const T> z, Rows<T> y) noexcept {
  for (Index i = 0; i < rows; ++i) {
    simd::transform<A>(
        columns, y[i], [](auto u, auto v) { return u * v; }, x[i], z[i]);
  }
}

/// Σ x ∘ y.
template <class A, class T>
TENURE_INLINE T dot(Index n, const T* x, const T* y) noexcept {
  simd::Batch<T, A> sum(T{});
  simd::sweep<T, A>(n, [&](Index i, auto part) { sum = simd::fma(part.load(x + i), part.load(y + i), sum); });
  return simd::reduce_add(sum);
}

/// The gradients from one block of queries and one of keys.
template <class A, class T>
void attention_backward_block(const Attention<T>& attention, const AttentionGradient<T>& gradient, const T* delta,
                              Index first, Index count, Index first_key, Index last_key, T* scratch) noexcept {
  const Index keys = last_key - first_key, depth = attention.depth, value_depth = attention.value_depth;
  const Index stride = attention_stride(count);
  const auto [dout, dq, dk, dv, add] = gradient;
  const T* const q = attention.q[first];
  const T* const k = attention.k[first_key];
  const Rows<T> dp{scratch, stride};           // (keys, count)
  Rows<T> p{scratch + keys * stride, stride};  // (keys, count)
  if (attention.weights) {
    p = {attention.weights[first_key] + first, attention.weights.stride};
  } else {
    gemm<A>(keys, count, depth, k, attention.k.stride, q, attention.q.stride, p.data, stride, {.transpose_b = true});
    attention_weights<A>(attention, first, count, first_key, last_key, p);
  }
  gemm<A>(keys, count, value_depth, attention.v[first_key], attention.v.stride, dout[first], dout.stride, dp.data,
          stride, {.transpose_b = true});
  Rows<T> kept = p;  // p ∘ m
  if (attention.dropout > 0) {
    kept = attention_factors<A>(attention, first, count, first_key, last_key, scratch + 2 * keys * stride);
    multiply_rows<A, T>(keys, count, dp, kept, dp);
    multiply_rows<A, T>(keys, count, p, kept, kept);
  }
  attention_softmax_backward<A, T>(attention.scale, delta + first, count, keys, p, dp);
  gemm<A>(keys, value_depth, count, kept.data, kept.stride, dout[first], dout.stride, dv[first_key], dv.stride,
          {.accumulate = add || first > 0});
  gemm<A>(keys, depth, count, dp.data, stride, q, attention.q.stride, dk[first_key], dk.stride,
          {.accumulate = add || first > 0});
  gemm<A>(count, depth, keys, dp.data, stride, k, attention.k.stride, dq[first], dq.stride,
          {.transpose_a = true, .accumulate = add || first_key > 0});
}

}  // namespace detail

/// out, and for the backward pass log_sum_exp or weights. `scratch`: attention_forward_scratch() elements.
template <class A = simd::DefaultArch, class T>
void attention_forward(const Attention<T>& attention, T* scratch) noexcept {
  const Rows<const T> q = attention.q, k = attention.k, v = attention.v;
  const Rows<T> p{scratch, detail::attention_stride(attention.queries)};  // (keys, count)
  for (Index first = 0; first < attention.queries; first += detail::attention_queries) {
    const Index count = (std::min)(detail::attention_queries, attention.queries - first);
    const Index keys = attention.causal ? (std::min)(attention.keys, first + count) : attention.keys;
    gemm<A>(keys, count, attention.depth, k.data, k.stride, q[first], q.stride, p.data, p.stride,
            {.transpose_b = true});
    detail::attention_softmax<A>(attention, first, count, keys, p);
    if (attention.dropout > 0) {
      T* const memory = scratch + attention.keys * p.stride;
      const Rows<T> factors = detail::attention_factors<A>(attention, first, count, 0, keys, memory);
      detail::multiply_rows<A, T>(keys, count, p, factors, p);
    }
    gemm<A>(count, attention.value_depth, keys, p.data, p.stride, v.data, v.stride, attention.out[first],
            attention.out.stride, {.transpose_a = true});
    if (attention.weights) {
      for (Index key = keys; key < attention.keys; ++key) clear_row<A>(count, attention.weights[key] + first);
    }
  }
}

/// dq, dk and dv, added to or overwritten. `scratch`: attention_backward_scratch() elements.
template <class A = simd::DefaultArch, class T>
void attention_backward(const Attention<T>& attention, const AttentionGradient<T>& gradient, T* scratch) noexcept {
  const Index queries = attention.queries;
  T* const delta = scratch;  // (queries)
  for (Index i = 0; i < queries; ++i) {
    delta[i] = detail::dot<A, T>(attention.value_depth, attention.out[i], gradient.dout[i]);
  }
  for (Index first_key = 0; first_key < attention.keys; first_key += detail::attention_keys) {
    const Index end = (std::min)(attention.keys, first_key + detail::attention_keys);
    const Index start = attention.causal ? first_key / detail::attention_queries * detail::attention_queries : 0;
    for (Index first = start; first < queries; first += detail::attention_queries) {
      const Index count = (std::min)(detail::attention_queries, queries - first);
      const Index last_key = attention.causal ? (std::min)(end, first + count) : end;
      detail::attention_backward_block<A>(attention, gradient, delta, first, count, first_key, last_key,
                                          scratch + detail::attention_padded(queries));
    }
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
