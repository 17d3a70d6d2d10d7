#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <tenure/core/rng.hpp>
#include <vector>

using namespace tenure;

namespace {

using Counter = std::array<std::uint32_t, 4>;

struct Moments {
  double mean = 0, variance = 0, skewness = 0, kurtosis = 0;
};

template <class F>
Moments moments(int count, F&& draw) {
  std::vector<double> values(static_cast<std::size_t>(count));
  std::generate(values.begin(), values.end(), draw);
  Moments result;
  for (const double value : values) result.mean += value / count;
  for (const double value : values) result.variance += std::pow(value - result.mean, 2) / count;
  for (const double value : values) {
    const double standard = (value - result.mean) / std::sqrt(result.variance);
    result.skewness += std::pow(standard, 3) / count;
    result.kurtosis += std::pow(standard, 4) / count;
  }
  return result;
}

double correlation(Rng a, Rng b) {
  double sum = 0;
  constexpr int count = 100'000;
  for (int i = 0; i < count; ++i) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5);
  return 12 * sum / count;
}

}  // namespace

static_assert(std::uniform_random_bit_generator<Rng>);

TEST_CASE("Philox 4x32-10 gives the known answers of Random123 1.14 (tests/kat_vectors)") {
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a number depends on seed, stream and position alone") {
  Rng rng(42, 7);
  std::vector<std::uint32_t> drawn(10);
  std::generate(drawn.begin(), drawn.end(), std::ref(rng));
  const Rng fresh(42, 7);
  for (std::uint64_t position = 0; position < drawn.size(); ++position) {
    CHECK(fresh.bits(position) == drawn[position]);
    CHECK(fresh.block(position / 4)[position % 4] == drawn[position]);
  }
  CHECK(rng.position() == 10);
  rng.seek(3);
  CHECK(rng() == drawn[3]);
}

TEST_CASE("the whole of seed, stream and position counts") {
  const Rng rng(1, 2);
  CHECK(rng.bits(0) != Rng(2, 2).bits(0));
  CHECK(rng.bits(0) != Rng(1 + (std::uint64_t{1} << 32), 2).bits(0));
  CHECK(rng.bits(0) != Rng(1, 3).bits(0));
  CHECK(rng.bits(0) != Rng(1, 2 + (std::uint64_t{1} << 32)).bits(0));
  CHECK(rng.bits(0) != rng.bits(std::uint64_t{1} << 34));
}

TEST_CASE("generators are equal when their state is") {
  Rng a(5);
  const Rng b(5);
  CHECK(a == b);
  a();
  CHECK(a != b);
  a.seek(0);
  CHECK(a == b);
  CHECK(a.seed() == 5);
  CHECK(a.stream() == 0);
}

TEST_CASE("uniform numbers lie in [0, 1) with the uniform distribution's moments") {
  Rng rng(1);
  double smallest = 1, largest = 0;
  const Moments found = moments(200'000, [&] {
    const double value = rng.uniform();
    smallest = std::min(smallest, value);
    largest = std::max(largest, value);
    return value;
  });
  CHECK(smallest >= 0);
  CHECK(largest < 1);
  CHECK(std::abs(found.mean - 0.5) < 0.003);
  CHECK(std::abs(found.variance - 1.0 / 12) < 0.001);
  CHECK(std::abs(found.skewness) < 0.02);
  CHECK(std::abs(found.kurtosis - 1.8) < 0.02);
  const Moments shifted = moments(100'000, [&] { return rng.uniform(-3, 5); });
  CHECK(std::abs(shifted.mean - 1) < 0.04);
}

TEST_CASE("normal numbers have the normal distribution's moments") {
  Rng rng(2);
  const Moments found = moments(200'000, [&] { return rng.normal(); });
  CHECK(std::abs(found.mean) < 0.01);
  CHECK(std::abs(found.variance - 1) < 0.015);
  CHECK(std::abs(found.skewness) < 0.03);
  CHECK(std::abs(found.kurtosis - 3) < 0.06);
  const Moments scaled = moments(100'000, [&] { return rng.normal(10, 2); });
  CHECK(std::abs(scaled.mean - 10) < 0.03);
  CHECK(std::abs(scaled.variance - 4) < 0.1);
}

TEST_CASE("below(n) gives every number below n equally often") {
  Rng rng(3);
  constexpr int sides = 6, count = 60'000;
  std::array<int, sides> seen{};
  for (int i = 0; i < count; ++i) ++seen.at(rng.below(sides));
  double chi_squared = 0;
  for (const int times : seen) chi_squared += std::pow(times - count / sides, 2) / (count / sides);
  CHECK(chi_squared < 20.5);  // 0.1 % of fair dice with five degrees of freedom exceed it
  CHECK(rng.below(1) == 0);
}

TEST_CASE("below(n) is unbiased where n does not divide 2^64") {
  // Taking the remainder of all 64 bits would put two numbers of three into the lower half.
  Rng rng(4);
  constexpr std::uint64_t n = std::uint64_t{3} << 62;
  constexpr int count = 20'000;
  int lower = 0;
  for (int i = 0; i < count; ++i) lower += rng.below(n) < n / 2;
  CHECK(std::abs(lower - count / 2) < 300);
}

TEST_CASE("split() gives streams that differ from their parent and each other") {
  Rng rng(9);
  const Rng first = rng.split();
  const Rng second = rng.split();
  CHECK(first.seed() == rng.seed());
  CHECK(first.stream() != second.stream());
  CHECK(first.position() == 0);
  CHECK(std::abs(correlation(first, second)) < 0.013);
  CHECK(std::abs(correlation(rng, first)) < 0.013);
  CHECK(std::abs(correlation(Rng(9), Rng(10))) < 0.013);
}

TEST_CASE("split() is as reproducible as any draw") {
  Rng a(9), b(9);
  CHECK(a.split() == b.split());
  CHECK(a == b);
}
