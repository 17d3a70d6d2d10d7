/// What metrics take: any array of numbers, seen as doubles in row-major order.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "../core/tensor.hpp"
#include "../data/statistics.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace metrics {

/// Refers to the elements of a Tensor, View, vector or array, for the duration of the call. A class rather than a
/// template argument, so that every metric is compiled once and for all of them.
class Values {
 public:
  template <class Array>
  requires requires(const Array& array) {
    array.data();
    array.size();
  }
  Values(const Array& array) noexcept : Values(array.data(), static_cast<std::size_t>(array.size())) {}

  std::size_t size() const noexcept { return size_; }
  double operator[](std::size_t i) const noexcept {
    switch (kind_) {
      case Kind::f32:
        return static_cast<double>(static_cast<const float*>(data_)[i]);
      case Kind::f64:
        return static_cast<const double*>(data_)[i];
      default:
        return static_cast<double>(static_cast<const std::int64_t*>(data_)[i]);
    }
  }

 private:
  enum class Kind { f32, f64, i64 };

  Values(const float* data, std::size_t size) noexcept : data_(data), size_(size), kind_(Kind::f32) {}
  Values(const double* data, std::size_t size) noexcept : data_(data), size_(size), kind_(Kind::f64) {}
  Values(const std::int64_t* data, std::size_t size) noexcept : data_(data), size_(size), kind_(Kind::i64) {}

  const void* data_;
  std::size_t size_;
  Kind kind_;
};

namespace detail {

[[gnu::cold]] inline void check_finite(std::string_view name, std::string_view what, const Values& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_finite(values[i])) {
      throw ValueError(name, {"finite ", what, "s"}, {values[i], " in row ", i});
    }
  }
}

/// @throws ShapeError "rmse: expected a prediction for each of 4 targets, got 3"; ValueError for a value that is not
/// finite, naming its row
[[gnu::cold]] inline void check(std::string_view name, const Values& prediction, const Values& target) {
  if (target.size() == 0) throw ShapeError(name, "at least one target", "none");
  if (prediction.size() != target.size()) {
    throw ShapeError(name, {"a prediction for each of ", target.size(), " targets"}, {prediction.size()});
  }
  check_finite(name, "prediction", prediction);
  check_finite(name, "target", target);
}

/// Σ term(i) over n rows.
template <class F>
double sum(std::size_t n, const F& term) {
  return tenure::detail::pairwise_sum(0, n, term);
}

template <class F>
double mean(std::size_t n, const F& term) {
  return sum(n, term) / static_cast<double>(n);
}

}  // namespace detail

}}}  // namespace tenure::TENURE_ABI::metrics
TENURE_CONTRACTION_AS_BEFORE
