/// Eigen's view of our memory. The one place that includes Eigen, and never more of it than Eigen/Core.
#pragma once

#if !__has_include(<Eigen/Core>)
#error "tenure needs Eigen 3.4: link tenure::tenure, or add -I/usr/include/eigen3 or where it is"
#include <tenure_needs_eigen>
#endif
#include <Eigen/Core>

#include "tensor.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A matrix of Eigen's as tensors lie in memory.
template <class T>
using EigenMatrix = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// An Eigen map of the same memory with `last()` columns: a matrix as it is, (batch, time, features) as
/// (batch·time, features), a vector as one row.
template <class T>
auto as_eigen(View<T> view) {
  using Matrix = std::conditional_t<std::is_const_v<T>, const EigenMatrix<T>, EigenMatrix<T>>;
  return Eigen::Map<Matrix>(view.data(), view.empty() ? 0 : view.shape().rows(),
                            view.empty() ? 0 : view.shape().last());
}
template <class T>
auto as_eigen(Tensor<T>& tensor) {
  return as_eigen(tensor.view());
}
template <class T>
auto as_eigen(const Tensor<T>& tensor) {
  return as_eigen(tensor.view());
}

}}  // namespace tenure::TENURE_ABI
