/// Other shapes of the same elements: nothing is copied or recorded.
#pragma once

#include "../autograd/tape.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// The same elements in row-major order in another shape; one extent may be -1 and is deduced. @throws ShapeError
template <class T>
Var<T> reshape(Var<T> x, std::initializer_list<Index> extents) {
  return x.tape().alias(x, 0, x.shape().reshaped(extents));
}

/// All axes from `axis` on as one: (batch, time, features) → (batch, time · features). @throws IndexError
template <class T>
Var<T> flatten(Var<T> x, Index axis = 1) {
  const Shape& from = x.shape();
  axis = from.normalize(axis, "flatten");
  Shape to(from.begin(), axis);
  to.append(from.product(axis, from.rank()));
  return x.tape().alias(x, 0, to);
}

}}  // namespace tenure::TENURE_ABI
