/// Kahan's compensated sum, step for step as pandas' groupby sums, so that both give the same bits.
///
///   y = value − compensation;  t = sum + y;  compensation = (t − sum) − y;  sum = t
///
/// W. Kahan, "Further remarks on reducing truncation errors", CACM 8 (1965).
#pragma once

#include "../version.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// Has a double rounded before anything else is done with it, whatever -ffast-math or -ffp-contract allow: what 10.2 −
/// 10.2 leaves decides whether a day had sales. Costs no instruction.
inline double rounded(double x) noexcept {
#if defined(__x86_64__)
  __asm__("" : "+x"(x));
#elif defined(__aarch64__)
  __asm__("" : "+w"(x));
#else
  volatile double stored = x;
  x = stored;
#endif
  return x;
}

}  // namespace detail

class CompensatedSum {
 public:
  CompensatedSum& operator+=(double value) noexcept {
    const double y = detail::rounded(value - compensation_);
    const double sum = detail::rounded(sum_ + y);
    compensation_ = detail::rounded(detail::rounded(sum - sum_) - y);
    sum_ = sum;
    return *this;
  }
  operator double() const noexcept { return sum_; }

 private:
  double sum_ = 0;
  double compensation_ = 0;
};

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
