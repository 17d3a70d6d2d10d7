#include "tenure/kernels/dropout.hpp"

#include <doctest/doctest.h>

#include "arrays.hpp"

using namespace tenure;
using tenure::test::distance;
using tenure::test::random;

TEST_CASE_TEMPLATE("dropout draws the generator's bits, at any position, length and shard", T, float, double) {
  Rng data(1);
  const Rng rng(0x123456789ABCDEF, 0xFEDCBA987654321);
  for (const std::uint64_t position : {std::uint64_t{0}, std::uint64_t{3}, (std::uint64_t{1} << 34) - 100}) {
    for (const Index n : {1, 7, 255, 256, 777}) {
      CAPTURE(position);
      CAPTURE(n);
      const std::vector<T> x = random<T>(n, data);
      std::vector<T> y = x, expected(x.size());
      kernels::dropout(n, rng, position, T(0.4), y.data(), y.data());
      kernels::reference::dropout(n, rng, position, T(0.4), x.data(), expected.data());
      CHECK(y == expected);

      const Index cut = n / 3;
      std::vector<T> shards(x.size());
      kernels::dropout(cut, rng, position, T(0.4), x.data(), shards.data());
      kernels::dropout(n - cut, rng, position + static_cast<std::uint64_t>(cut), T(0.4), x.data() + cut,
                       shards.data() + cut);
      CHECK(y == shards);

      std::vector<T> dx = x, dx_expected = x;
      kernels::dropout_backward(n, rng, position, T(0.4), x.data(), dx.data());
      kernels::reference::dropout_backward(n, rng, position, T(0.4), x.data(), dx_expected.data());
      CHECK(distance(dx, dx_expected) < 4);  // one rounding or two
    }
  }
}

TEST_CASE("dropout keeps the expected share and mean, and all at rate zero") {
  const Index n = 100'000;
  const Rng rng(7);
  std::vector<float> factors(static_cast<std::size_t>(n));
  kernels::dropout_factors(n, rng, 0, 0.25f, factors.data());
  const auto kept = n - std::count(factors.begin(), factors.end(), 0.0f);
  CHECK(std::fabs(static_cast<double>(kept) / static_cast<double>(n) - 0.75) < 0.005);
  CHECK(*std::max_element(factors.begin(), factors.end()) == doctest::Approx(4.0 / 3));

  kernels::dropout_factors(n, rng, 0, 0.0f, factors.data());
  CHECK(std::count(factors.begin(), factors.end(), 1.0f) == n);
}

TEST_CASE_TEMPLATE("at a rate of 1 nothing is kept, whatever the number that is drawn", T, float, double) {
  std::vector<T> factors(1000, T{2});
  kernels::dropout_factors(1000, Rng(42), 5, T{1}, factors.data());
  CHECK(factors == std::vector<T>(1000));
  CHECK(kernels::detail::dropout_kept(T{1}) == 0);
}

TEST_CASE("the mask of a known seed is the same on every architecture") {
  std::vector<float> factors(32);
  kernels::dropout_factors(32, Rng(42), 5, 0.5f, factors.data());
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < 32; ++i) mask |= std::uint32_t{factors[i] != 0} << i;
  CHECK(mask == 672142330);
}
