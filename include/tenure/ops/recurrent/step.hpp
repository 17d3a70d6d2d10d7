/// What a recurrent layer hands to its cell: a time step forward, the same step backward, and a block of steps for the
/// gradient of the recurrent weight.
#pragma once

#include "../../kernels/rows.hpp"

namespace tenure { inline namespace TENURE_ABI { namespace ops {

/// A time step as a cell sees it; all matrices are contiguous.
template <class T>
struct RecurrentStep {
  Index batch;
  Index units;
  const T* weight;              ///< (units, gates · units), of the recurrent product
  const T* bias;                ///< of the recurrent product, for the gates whose biases are not shared; null for none
  bool starts;                  ///< h_previous is known to be zero
  T* gates;                     ///< (batch, gates · units), in: x W + b, out: what the backward pass reads
  T* extra;                     ///< (batch, extra · units), for the backward pass; null where it may be left out
  const T* h_previous;          ///< (batch, units)
  T* h;                         ///< (batch, units)
  const T* c_previous;          ///< (batch, units), where the cell has a second state
  T* c;                         ///< (batch, units)
  kernels::Rows<const T> mask;  ///< (batch, 1)
};

/// The same for the backward pass.
template <class T>
struct RecurrentStepGradient {
  Index batch;
  Index units;
  const T* weight;  ///< (gates · units, units), the recurrent weight transposed
  bool starts;
  bool continues;  ///< whether the gradient into h_previous is wanted
  const T* gates;
  const T* extra;
  const T* h_previous;
  const T* h;
  const T* c_previous;
  kernels::Rows<const T> dy;    ///< (batch, units), null for none
  T* dh;                        ///< (batch, units), in: gradient into h, out: into h_previous
  T* dc;                        ///< (batch, units), likewise
  T* dz;                        ///< (batch, gates · units), out: gradient into x W + b
  T* dextra;                    ///< (batch, dextra · units), out: the cell's own
  kernels::Rows<const T> mask;  ///< (batch, 1)
};

/// What a cell's weight gradient is made from, over a block of steps.
template <class T>
struct RecurrentWeightGradient {
  Index rows;  ///< steps · batch
  Index units;
  const T* h_previous;  ///< (rows, units)
  const T* extra;       ///< (rows, extra · units)
  const T* dz;          ///< (rows, gates · units)
  const T* dextra;      ///< (rows, dextra · units)
  T* dweight;           ///< (units, gates · units), added to
};

}}}  // namespace tenure::TENURE_ABI::ops
