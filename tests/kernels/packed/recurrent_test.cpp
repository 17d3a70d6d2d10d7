#include "../../../include/tenure/kernels/packed/recurrent.hpp"

#include <doctest/doctest.h>

#include "../../../include/tenure/kernels/gru.hpp"
#include "../../../include/tenure/kernels/lstm.hpp"
#include "../arrays.hpp"

using namespace tenure;
using namespace tenure::kernels;
using namespace tenure::test;

namespace {

/// A step of a row both ways: z and U as layers have them, and packed.
template <class T>
struct Row {
  Index gates, units, padded = padded_units<simd::DefaultArch, T>(units), block = gates * simd::lanes<T>;
  Rng rng{11};
  std::vector<T> z = random<T>(gates * units, rng, -3, 3), u = random<T>(units * gates * units, rng),
                 bias = random<T>(units, rng), h = random<T>(units, rng), c = random<T>(units, rng);
  std::vector<T> packed_z = zeros(gates * padded), packed_u = zeros(units * gates * padded), padded_bias = pad(bias),
                 padded_h = pad(h), padded_c = pad(c), next = zeros(padded);

  Row(Index of_gates, Index of_units) : gates(of_gates), units(of_units) {
    pack_gates(gates, units, 1, z.data(), packed_z.data(), gates * padded, block);
    pack_gates(gates, units, units, u.data(), packed_u.data(), block, units * block);
  }
  std::vector<T> zeros(Index n) const { return std::vector<T>(static_cast<std::size_t>(n)); }
  std::vector<T> pad(std::vector<T> values) const {
    values.resize(static_cast<std::size_t>(padded));
    return values;
  }
  RecurrentRowStep<T> step(bool starts) {
    return {units,
            padded,
            packed_z.data(),
            packed_u.data(),
            padded_bias.data(),
            starts ? nullptr : padded_h.data(),
            next.data(),
            padded_c.data()};
  }
  /// Adds h U to some gates of z, unless the step starts from zeros.
  void add_product(bool starts, Index first, Index count, T* to) {
    if (starts) return std::fill(h.begin(), h.end(), T{});
    reference::gemm<T>(1, count * units, units, h.data(), units, u.data() + first * units, gates * units, to,
                       count * units, {.accumulate = true});
  }
};

template <class T>
double lstm_difference(Index units, bool starts) {
  Row<T> row(4, units);
  lstm_row_step(row.step(starts));
  row.add_product(starts, 0, 4, row.z.data());
  std::vector<T> h = row.zeros(units);
  reference::lstm_step_forward(LstmStep<T>{.batch = 1,
                                           .units = units,
                                           .gates = {row.z.data(), 0},
                                           .c_previous = {row.c.data(), 0},
                                           .c = {row.c.data(), 0},
                                           .h = {h.data(), 0}});
  return std::max(distance(row.next, row.pad(h)), distance(row.padded_c, row.pad(row.c)));
}

template <class T>
double gru_difference(Index units, bool starts) {
  Row<T> row(3, units);
  gru_row_step(row.step(starts));
  row.add_product(starts, 0, 2, row.z.data());
  std::vector<T> recurrent = row.bias, h = row.zeros(units);
  row.add_product(starts, 2, 1, recurrent.data());
  reference::gru_step_forward(GruStep<T>{.batch = 1,
                                         .units = units,
                                         .gates = {row.z.data(), 0},
                                         .recurrent = {recurrent.data(), 0},
                                         .h_previous = {row.h.data(), 0},
                                         .h = {h.data(), 0}});
  return distance(row.next, row.pad(h));
}

}  // namespace

TEST_CASE("a step of a single row is that of a batch, whatever the number of units") {
  for (const Index units : {1, 3, 8, 16, 20, 33, 64}) {
    for (const bool starts : {false, true}) {
      INFO(units, " units, from zeros: ", starts);
      CHECK(lstm_difference<float>(units, starts) < 50);
      CHECK(lstm_difference<double>(units, starts) < 50);
      CHECK(gru_difference<float>(units, starts) < 50);
      CHECK(gru_difference<double>(units, starts) < 50);
    }
  }
}
