#include "tenure/kernels/finite.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace tenure;

TEST_CASE_TEMPLATE("numbers that are not finite are found at every position, under -ffast-math too", T, float, double) {
  using Integer = simd::IntegerOf<T>;
  const Integer infinity = kernels::detail::exponent_bits<T>;
  const T not_finite[] = {std::bit_cast<T>(infinity),
                          std::bit_cast<T>(static_cast<Integer>(infinity | std::numeric_limits<Integer>::min())),
                          std::bit_cast<T>(static_cast<Integer>(infinity + 1)),
                          std::bit_cast<T>(static_cast<Integer>(-1))};
  int missed = 0;
  for (const Index n : {1, 3, 16, 37, 70}) {
    std::vector<T> x(static_cast<std::size_t>(n) + 1, std::numeric_limits<T>::max());
    x.back() = not_finite[0];  // beyond the end
    CHECK(kernels::all_finite(n, x.data()));
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      for (const T value : not_finite) {
        x[i] = value;
        missed += kernels::all_finite(n, x.data()) + kernels::reference::all_finite(n, x.data());
      }
      x[i] = -std::numeric_limits<T>::denorm_min();
    }
  }
  CHECK(missed == 0);
  CHECK(kernels::is_nan(not_finite[2]));
  CHECK(kernels::is_nan(not_finite[3]));
  CHECK(!kernels::is_nan(not_finite[0]));
  CHECK(!kernels::is_nan(not_finite[1]));
  CHECK(!kernels::is_nan(T{0}));
}
