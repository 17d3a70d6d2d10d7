/// Steps that don't count: finding them in padded sequences, and keeping what they hold from everything else.
///
///   masking:       m[b, t] = 0 where x[b, t, :] is the padding value throughout, else 1
///   zero_padding:  y[b, t, :] = x[b, t, :] where step t of row b counts, else 0
///
/// x, y (batch, time, features), m (batch, time).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "../autograd/tape.hpp"
#include "../kernels/finite.hpp"
#include "../kernels/rows.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Which steps of padded sequences count: the first ones of each row, or those of a mask; all for neither. Not both.
template <class T>
struct Padding {
  View<const std::int64_t> lengths = {};  ///< (batch), each from 0 to time
  View<const T> mask = {};                ///< (batch, time), 0 for a step that does not count

  bool any() const noexcept { return !lengths.empty() || !mask.empty(); }
  /// Whether step t of row b counts.
  bool counts(Index b, Index t) const noexcept { return lengths.empty() ? !is_zero(mask(b, t)) : t < lengths(b); }

  /// Whether they are those of x (batch, time, features).
  bool fits(const Shape& x) const noexcept {
    return x.rank() == 3 && (lengths.empty() || lengths.shape() == Shape{x[0]}) &&
           (mask.empty() || mask.shape() == Shape{x[0], x[1]});
  }
};

namespace ops {

template <class T>
struct Masking {
  static constexpr std::string_view name = "masking";
  static constexpr Reads backward_reads{};

  T mask_value;

  Shape shape(Inputs<T> x) const {
    const Shape& shape = x[0].shape();
    if (shape.rank() != 3) throw ShapeError(name, "x of (batch, time, features)", {shape});
    return {shape[0], shape[1]};
  }
  void forward(const Forward<T>& f) const {
    const Index features = f.x[0].shape()[2];
    const T* x = f.x[0].data();
    for (T& counts : f.y) {
      counts = !std::all_of(x, x + features, [this](T value) { return is_padding(value); });
      x += features;
    }
  }
  void backward(const Backward<T>&) const {}  // constant wherever it has a derivative

 private:
  /// By bits, for -ffast-math's sake.
  bool is_padding(T value) const noexcept {
    const auto bits = tenure::detail::magnitude_bits(value), wanted = tenure::detail::magnitude_bits(mask_value);
    if (wanted == 0) return bits == 0;
    return is_nan(mask_value) ? is_nan(value)
                              : std::bit_cast<decltype(bits)>(value) == std::bit_cast<decltype(bits)>(mask_value);
  }
};

template <class T>
struct ZeroPadding {
  static constexpr std::string_view name = "zero_padding";
  static constexpr Reads backward_reads{};

  Padding<T> padding;

  Shape shape(Inputs<T> x) const {
    const Shape& shape = x[0].shape();
    if (shape.rank() != 3) throw ShapeError(name, "x of (batch, time, features)", {shape});
    if (!padding.fits(shape)) {
      throw ShapeError(name, {"lengths of ", Shape{shape[0]}, " or a mask of ", Shape{shape[0], shape[1]}},
                       {padding.lengths.empty() ? padding.mask.shape() : padding.lengths.shape()});
    }
    return shape;
  }
  void borrowed(auto&& f) {
    f("lengths", padding.lengths);
    f("a mask", padding.mask);
  }
  void forward(const Forward<T>& f) const {
    for_each_step(f.y.shape(), [&](Index offset, Index features, bool counts) {
      if (counts) {
        kernels::copy_row<simd::DefaultArch>(features, f.x[0].data() + offset, f.y.data() + offset);
      } else {
        kernels::clear_row<simd::DefaultArch>(features, f.y.data() + offset);
      }
    });
  }
  void backward(const Backward<T>& b) const {
    for_each_step(b.dy.shape(), [&](Index offset, Index features, bool counts) {
      if (counts) kernels::add_row<simd::DefaultArch>(features, b.dy.data() + offset, b.dx[0].data() + offset);
    });
  }

 private:
  template <class F>
  void for_each_step(const Shape& x, F f) const {
    for (Index b = 0; b < x[0]; ++b) {
      for (Index t = 0; t < x[1]; ++t) f((b * x[1] + t) * x[2], x[2], padding.counts(b, t));
    }
  }
};

}  // namespace ops

/// x (batch, time, features) → (batch, time), 1 for the steps in which some feature differs from `mask_value`, 0 for the
/// others: Keras's Masking. NaN is a padding value too. Has no gradient; its value() is what recurrent layers, attention and pooling take as a mask,
/// in a Predictor too. @throws ShapeError
template <class T>
Var<T> masking(Var<T> x, std::type_identity_t<T> mask_value = 0) {
  return record(ops::Masking<T>{mask_value}, {x.tape().detach(x)});
}

/// x (batch, time, features) with zeros at the steps that don't count, whatever it holds there: not even NaN and
/// infinity get through, forward or backward. @throws ShapeError
template <class T>
Var<T> zero_padding(Var<T> x, const std::type_identity_t<Padding<T>>& padding) {
  return record(ops::ZeroPadding<T>{padding}, {x});
}

namespace detail {

/// x, or zero_padding(x) if its padding holds what zero times it is not zero, and weights will have gradients: those of
/// the steps that don't count are zeros, times x. A layer does so where its users expect padding to be of no account.
template <class T>
Var<T> without_harmful_padding(Var<T> x, const Padding<T>& padding) {
  if (!padding.any() || !x.tape().recording() || !padding.fits(x.shape())) return x;
  const Index batch = x.shape()[0], time = x.shape()[1], features = x.shape()[2];
  for (Index row = 0; row < batch * time; ++row) {
    if (padding.counts(row / time, row % time)) continue;
    if (!kernels::all_finite(features, x.value().data() + row * features)) return zero_padding(x, padding);
  }
  return x;
}

}  // namespace detail

TENURE_COMPILED_OPERATION(ops::Masking)
TENURE_COMPILED_OPERATION(ops::ZeroPadding)

}}  // namespace tenure::TENURE_ABI
