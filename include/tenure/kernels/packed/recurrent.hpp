/// Steps of an LSTM and a GRU for a single row, from recurrent weights that were packed once; lstm.hpp and gru.hpp have
/// the equations.
///
/// What belongs to a vector of units, a block, lies together: its gates are computed in registers from the product on.
/// Blocks are filled up with zeros to whole vectors, which stay zeros from state to state.
#pragma once

#include "../math.hpp"
#include "gemv.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace kernels {

/// Units filled up to whole vectors.
template <class A = simd::DefaultArch, class T>
constexpr Index padded_units(Index units) noexcept {
  return detail::ceil_divide(units, simd::lanes<T, A>) * simd::lanes<T, A>;
}

/// Copies rows (k, gates · units) so that each block of units has its gates side by side: element (l, gate, unit) goes
/// to packed[l · row + block · (gates · block_row) …], a block's row of all gates being contiguous.
/// @param row from one row of a block to the next
/// @param block from one block to the next
template <class A = simd::DefaultArch, class T>
void pack_gates(Index gates, Index units, Index k, const T* from, T* packed, Index row, Index block) noexcept {
  constexpr Index lanes = simd::lanes<T, A>;
  for (Index l = 0; l < k; ++l) {
    for (Index j = 0; j < units; j += lanes) {
      for (Index gate = 0; gate < gates; ++gate) {
        std::copy_n(from + (l * gates + gate) * units + j, (std::min)(units - j, lanes),
                    packed + l * row + j / lanes * block + gate * lanes);
      }
    }
  }
}

/// A step for one row; `padded` is padded_units(units). All that is (padded) has zeros beyond the units.
template <class T>
struct RecurrentRowStep {
  Index units;
  Index padded;
  const T* z;       ///< (blocks, gates, lanes): x W + b
  const T* weight;  ///< (blocks, units, gates, lanes)
  const T* bias;    ///< (padded), of a GRU's recurrent product into n; null for none
  const T* h;       ///< (padded), the state before; null for zeros
  T* h_next;        ///< (padded), not h
  T* c;             ///< (padded), in and out: an LSTM's second state
};

/// i, f, g, o as in lstm_step_forward().
template <class A = simd::DefaultArch, class T>
void lstm_row_step(const RecurrentRowStep<T>& step) noexcept {
  using Vector = simd::Batch<T, A>;
  constexpr Index lanes = simd::lanes<T, A>;
  const T *z = step.z, *weight = step.weight;
  for (Index j = 0; j < step.padded; j += lanes, z += 4 * lanes, weight += step.units * 4 * lanes) {
    Vector gate[4];
    TENURE_UNROLL
    for (int v = 0; v < 4; ++v) gate[v] = simd::load<A>(z + v * lanes);
    if (step.h) detail::add_row_times_panel<A, 4>(step.units, step.h, weight, gate);
    const Vector i = simd::sigmoid(gate[0]), f = simd::sigmoid(gate[1]);
    const Vector g = simd::tanh(gate[2]), o = simd::sigmoid(gate[3]);
    const Vector c = simd::fma(f, simd::load<A>(step.c + j), Vector(i * g));
    simd::store(step.c + j, c);
    simd::store(step.h_next + j, Vector(o * simd::tanh(c)));
  }
}

/// r, z, n as in gru_step_forward(): the reset gate after the product.
template <class A = simd::DefaultArch, class T>
void gru_row_step(const RecurrentRowStep<T>& step) noexcept {
  using Vector = simd::Batch<T, A>;
  constexpr Index lanes = simd::lanes<T, A>;
  const Vector none(T{});
  const T *z = step.z, *weight = step.weight;
  for (Index j = 0; j < step.padded; j += lanes, z += 3 * lanes, weight += step.units * 3 * lanes) {
    Vector sum[3] = {simd::load<A>(z), simd::load<A>(z + lanes), step.bias ? simd::load<A>(step.bias + j) : none};
    if (step.h) detail::add_row_times_panel<A, 3>(step.units, step.h, weight, sum);
    const Vector r = simd::sigmoid(sum[0]), update = simd::sigmoid(sum[1]);
    const Vector n = simd::tanh(simd::fma(r, sum[2], simd::load<A>(z + 2 * lanes)));
    const Vector before = step.h ? simd::load<A>(step.h + j) : none;
    simd::store(step.h_next + j, simd::fma(update, Vector(before - n), n));
  }
}

}}}  // namespace tenure::TENURE_ABI::kernels
TENURE_CONTRACTION_AS_BEFORE
