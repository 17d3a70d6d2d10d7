/// Scaled dot-product attention of one batch element and head (Vaswani et al., 2017):
///
///   s = scale · q · kᵀ + bias, masked;  p = softmax(s) over the keys;  out = p · v
///
/// Memory beside the arguments grows with the number of keys, not with queries times keys: the queries are taken in
/// blocks, and the backward pass computes p again from q, k and log Σ exp s (Rabe and Staats, 2021; Dao et al., 2022).
/// Scores are held transposed, (keys, queries): the softmax then runs along the vectors' lanes without a horizontal
/// sum, and of the matrix products only those whose right-hand side is one small block need packing.
#pragma once

#include <algorithm>
#include <cmath>

#include "gemm.hpp"
#include "math.hpp"
#include "rows.hpp"

namespace tenure::inline TENURE_ABI::kernels {

/// Arguments of attention_forward(), and what attention_backward() reads of them. A query that sees no key at all gives
/// zeros and has no gradient.
template <class T>
struct Attention {
  Index queries = 0;
  Index keys = 0;
  Index depth = 0;        ///< of queries and keys
  Index value_depth = 0;  ///< of values and out
  T scale = 1;
  bool causal = false;          ///< query i sees keys 0 to i only
  const T* key_mask = nullptr;  ///< (keys), 0 where no query sees the key. Null for none.
  Rows<const T> bias;           ///< (keys, queries), a term below −1e29 hides the key. Null for none.
  Rows<const T> q;              ///< (queries, depth)
  Rows<const T> k;              ///< (keys, depth)
  Rows<const T> v;              ///< (keys, value_depth)
  Rows<T> out;                  ///< (queries, value_depth), overwritten
  T* log_sum_exp = nullptr;     ///< (queries), overwritten. Null where the backward pass won't need it.
  Rows<T> weights;              ///< (keys, queries), p. Null: not kept, the backward pass reads log_sum_exp instead.
};

/// Further arguments of attention_backward().
template <class T>
struct AttentionGradient {
  Rows<const T> dout;  ///< (queries, value_depth)
  Rows<T> dq;          ///< (queries, depth), added to, as are dk and dv
  Rows<T> dk;          ///< (keys, depth)
  Rows<T> dv;          ///< (keys, value_depth)
};

namespace detail {

/// Queries taken at a time: the columns of a gemm's register tile.
inline constexpr Index attention_block = 48;

/// The score of a hidden key, and what all visible ones exceed: finite for -ffast-math's sake.
template <class T>
inline constexpr T hidden_score = T(-1e30);
template <class T>
inline constexpr T lowest_score = T(-1e29);

/// 0, 1, 2, ...: a vector's lanes.
template <class T>
alignas(64) inline constexpr T lane_numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/// s of one query and key.
template <class T>
T attention_score(const Attention<T>& attention, Index query, Index key) noexcept {
  if (attention.causal && key > query) return hidden_score<T>;
  if (attention.key_mask && attention.key_mask[key] == 0) return hidden_score<T>;
  T product{};
  for (Index l = 0; l < attention.depth; ++l) product += attention.q[query][l] * attention.k[key][l];
  return product * attention.scale + (attention.bias ? attention.bias[key][query] : T{});
}

}  // namespace detail

/// Elements of scratch memory for attention_forward().
constexpr Index attention_forward_scratch(Index queries, Index keys) noexcept {
  return std::min(queries, detail::attention_block) * keys;
}

/// Elements of scratch memory for attention_backward().
constexpr Index attention_backward_scratch(Index queries, Index keys) noexcept {
  return 2 * attention_forward_scratch(queries, keys);
}

namespace reference {

template <class T>
void attention_forward(const Attention<T>& attention, T*) noexcept {
  for (Index i = 0; i < attention.queries; ++i) {
    T largest = detail::lowest_score<T>;
    for (Index j = 0; j < attention.keys; ++j) largest = std::max(largest, detail::attention_score(attention, i, j));
    T sum{};
    const auto unnormalised = [&](Index j) {
      const T score = detail::attention_score(attention, i, j);
      return score > detail::lowest_score<T> ? std::exp(score - largest) : T{};
    };
    for (Index j = 0; j < attention.keys; ++j) sum += unnormalised(j);
    for (Index l = 0; l < attention.value_depth; ++l) attention.out[i][l] = 0;
    for (Index j = 0; j < attention.keys; ++j) {
      const T p = sum > 0 ? unnormalised(j) / sum : T{};
      if (attention.weights) attention.weights[j][i] = p;
      for (Index l = 0; l < attention.value_depth; ++l) attention.out[i][l] += p * attention.v[j][l];
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
      const T score = detail::attention_score(attention, i, j);
      if (attention.weights) return attention.weights[j][i];
      return score > detail::lowest_score<T> ? std::exp(score - attention.log_sum_exp[i]) : T{};
    };
    const auto dweight = [&](Index j) {
      T sum{};
      for (Index l = 0; l < attention.value_depth; ++l) sum += gradient.dout[i][l] * attention.v[j][l];
      return sum;
    };
    T delta{};
    for (Index j = 0; j < attention.keys; ++j) delta += weight(j) * dweight(j);
    for (Index j = 0; j < attention.keys; ++j) {
      const T p = weight(j);
      const T ds = p * (dweight(j) - delta) * attention.scale;
      for (Index l = 0; l < attention.value_depth; ++l) gradient.dv[j][l] += p * gradient.dout[i][l];
      for (Index l = 0; l < attention.depth; ++l) {
        gradient.dq[i][l] += ds * attention.k[j][l];
        gradient.dk[j][l] += ds * attention.q[i][l];
      }
    }
  }
}

}  // namespace reference

namespace detail {

/// Keys that any of the queries before `end` sees.
template <class T>
Index visible_keys(const Attention<T>& attention, Index end) noexcept {
  return attention.causal ? std::min(attention.keys, end) : attention.keys;
}

/// s of one key and a vector of queries, the first of them `query`, from the products q · k.
template <class A, class T, class Part>
TENURE_INLINE simd::Batch<T, A> masked_score(const Attention<T>& attention, Index query, Index key,
                                             simd::Batch<T, A> product, Part part) noexcept {
  using Vector = simd::Batch<T, A>;
  const Vector hidden(hidden_score<T>);
  if (attention.key_mask && attention.key_mask[key] == 0) return hidden;
  Vector score = product * Vector(attention.scale);
  if (attention.bias) {
    score = score + part.load(attention.bias[key] + query);
    score = simd::select(simd::BatchBool<T, A>(score > hidden), score, hidden);
  }
  if (attention.causal && key > query) {
    const Vector lane = simd::load<A>(lane_numbers<T>);
    score = simd::select(simd::BatchBool<T, A>(lane < Vector(static_cast<T>(key - query))), hidden, score);
  }
  return score;
}

/// Products q · k of a block of queries, the first of them `first`, to p in place. (keys, count)
template <class A, class T>
void attention_softmax(const Attention<T>& attention, Index first, Index count, Index keys, Rows<T> scores) noexcept {
  using Vector = simd::Batch<T, A>;
  for_each_vector<T, A>(count, [&](Index i, auto part) {
    Vector largest(lowest_score<T>);
    for (Index key = 0; key < keys; ++key) {
      T* const at = scores[key] + i;
      const Vector score = masked_score<A>(attention, first + i, key, part.load(at), part);
      part.store(at, score);
      largest = simd::select(simd::BatchBool<T, A>(score > largest), score, largest);
    }
    Vector sum(T{});
    for (Index key = 0; key < keys; ++key) {
      T* const at = scores[key] + i;
      const Vector p = simd::exp(Vector(part.load(at) - largest));
      part.store(at, p);
      sum = sum + p;
    }
    const simd::BatchBool<T, A> any = largest > Vector(lowest_score<T>);
    const Vector factor = simd::select(any, Vector(Vector(T{1}) / sum), Vector(T{}));
    for (Index key = 0; key < keys; ++key) {
      T* const at = scores[key] + i;
      part.store(at, Vector(part.load(at) * factor));
    }
    if (attention.log_sum_exp) {
      const Vector log_sum_exp = largest + simd::log(sum);
      part.store(attention.log_sum_exp + first + i, simd::select(any, log_sum_exp, Vector(-hidden_score<T>)));
    }
  });
}

/// The same from the log_sum_exp that attention_softmax() left.
template <class A, class T>
void attention_weights(const Attention<T>& attention, Index first, Index count, Index keys, Rows<T> scores) noexcept {
  using Vector = simd::Batch<T, A>;
  for_each_vector<T, A>(count, [&](Index i, auto part) {
    const Vector log_sum_exp = part.load(attention.log_sum_exp + first + i);
    for (Index key = 0; key < keys; ++key) {
      T* const at = scores[key] + i;
      const Vector score = masked_score<A>(attention, first + i, key, part.load(at), part);
      part.store(at, simd::exp(Vector(score - log_sum_exp)));
    }
  });
}

/// From p and dp to the gradient into q · k, in place over dp. (keys, count)
template <class A, class T>
void attention_softmax_backward(T scale, Index count, Index keys, Rows<const T> p, Rows<T> dp) noexcept {
  using Vector = simd::Batch<T, A>;
  for_each_vector<T, A>(count, [&](Index i, auto part) {
    Vector delta(T{});
    for (Index key = 0; key < keys; ++key) delta = simd::fma(part.load(p[key] + i), part.load(dp[key] + i), delta);
    for (Index key = 0; key < keys; ++key) {
      T* const at = dp[key] + i;
      part.store(at, Vector(part.load(p[key] + i) * (part.load(at) - delta) * Vector(scale)));
    }
  });
}

}  // namespace detail

/// out, and for the backward pass log_sum_exp or weights. `scratch`: attention_forward_scratch() elements; not used,
/// and may be null, where weights are kept.
template <class A = simd::DefaultArch, class T>
void attention_forward(const Attention<T>& attention, T* scratch) noexcept {
  const Rows<const T> q = attention.q, k = attention.k, v = attention.v;
  for (Index first = 0; first < attention.queries; first += detail::attention_block) {
    const Index count = std::min(detail::attention_block, attention.queries - first);
    const Index keys = detail::visible_keys(attention, first + count);
    Rows<T> scores{scratch, count};  // (keys, count)
    if (attention.weights) scores = {attention.weights.data + first, attention.weights.stride};

    gemm<A>(keys, count, attention.depth, k.data, k.stride, q[first], q.stride, scores.data, scores.stride,
            {.transpose_b = true});
    detail::attention_softmax<A>(attention, first, count, keys, scores);
    gemm<A>(count, attention.value_depth, keys, scores.data, scores.stride, v.data, v.stride, attention.out[first],
            attention.out.stride, {.transpose_a = true});
    if (attention.weights) {
      for (Index key = keys; key < attention.keys; ++key) clear_row<A>(count, scores[key]);
    }
  }
}

/// dq, dk and dv, each added to. `scratch`: attention_backward_scratch() elements.
template <class A = simd::DefaultArch, class T>
void attention_backward(const Attention<T>& attention, const AttentionGradient<T>& gradient, T* scratch) noexcept {
  const Rows<const T> q = attention.q, k = attention.k, v = attention.v, dout = gradient.dout;
  for (Index first = 0; first < attention.queries; first += detail::attention_block) {
    const Index count = std::min(detail::attention_block, attention.queries - first);
    const Index keys = detail::visible_keys(attention, first + count);
    const Rows<T> dp{scratch, count};          // (keys, count)
    Rows<T> p{scratch + keys * count, count};  // (keys, count)
    if (attention.weights) {
      p = {attention.weights.data + first, attention.weights.stride};
    } else {
      gemm<A>(keys, count, attention.depth, k.data, k.stride, q[first], q.stride, p.data, p.stride,
              {.transpose_b = true});
      detail::attention_weights<A>(attention, first, count, keys, p);
    }
    gemm<A>(keys, count, attention.value_depth, v.data, v.stride, dout[first], dout.stride, dp.data, dp.stride,
            {.transpose_b = true});
    detail::attention_softmax_backward<A, T>(attention.scale, count, keys, p, dp);
    gemm<A>(keys, attention.value_depth, count, p.data, p.stride, dout[first], dout.stride, gradient.dv.data,
            gradient.dv.stride, {.accumulate = true});
    gemm<A>(keys, attention.depth, count, dp.data, dp.stride, q[first], q.stride, gradient.dk.data, gradient.dk.stride,
            {.accumulate = true});
    gemm<A>(count, attention.depth, keys, dp.data, dp.stride, k.data, k.stride, gradient.dq[first], gradient.dq.stride,
            {.transpose_a = true, .accumulate = true});
  }
}

}  // namespace tenure::inline TENURE_ABI::kernels
