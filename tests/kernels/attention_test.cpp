#include "../../include/tenure/kernels/attention.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "arrays.hpp"

using namespace tenure;
using namespace tenure::kernels;
using namespace tenure::test;

namespace {

struct Options {
  bool causal = false, masked = false, biased = false, keeps_weights = false, drops = false;
};

/// One head out of two: rows are twice as long as the head is deep.
template <class T>
struct Head {
  Index queries, keys, depth, value_depth;
  Options options;
  Rng rng{5};
  std::vector<T> q = random_values<T>(queries * 2 * depth, rng), k = random_values<T>(keys * 2 * depth, rng),
                 v = random_values<T>(keys * 2 * value_depth, rng), bias = random_values<T>(keys * queries, rng),
                 dout = random_values<T>(queries * 2 * value_depth, rng), mask = random_mask<T>(keys, rng);
  std::vector<T> out = dout, weights = bias, log_sum_exp = std::vector<T>(static_cast<std::size_t>(queries));
  std::vector<T> dq = q, dk = k, dv = v;  // gradients are added to what is there

  Attention<T> attention() {
    return {.queries = queries,
            .keys = keys,
            .depth = depth,
            .value_depth = value_depth,
            .scale = T(0.7),
            .causal = options.causal,
            .key_mask = options.masked ? mask.data() : nullptr,
            .bias = options.biased ? Rows<const T>{bias.data(), queries} : Rows<const T>{},
            .q = {q.data(), 2 * depth},
            .k = {k.data(), 2 * depth},
            .v = {v.data(), 2 * value_depth},
            .out = {out.data(), 2 * value_depth},
            .log_sum_exp = log_sum_exp.data(),
            .weights = options.keeps_weights ? Rows<T>{weights.data(), queries} : Rows<T>{},
            .dropout = options.drops ? T(0.3) : T(0),
            .rng = Rng(6),
            .position = 7};
  }
  AttentionGradient<T> gradient() {
    return {.dout = {dout.data(), 2 * value_depth},
            .dq = {dq.data(), 2 * depth},
            .dk = {dk.data(), 2 * depth},
            .dv = {dv.data(), 2 * value_depth}};
  }
  void forward() {
    std::vector<T> scratch(static_cast<std::size_t>(attention_forward_scratch(queries, keys, options.drops)));
    attention_forward(attention(), scratch.data());
  }
  void backward() {
    std::vector<T> scratch(static_cast<std::size_t>(attention_backward_scratch(queries, keys, options.drops)));
    attention_backward(attention(), gradient(), scratch.data());
  }
};

template <class T>
double difference(Index queries, Index keys, Index depth, Index value_depth, Options options) {
  Head<T> actual{queries, keys, depth, value_depth, options};
  Head<T> expected = actual;
  actual.forward();
  actual.backward();
  reference::attention_forward<T>(expected.attention(), nullptr);
  reference::attention_backward<T>(expected.attention(), expected.gradient(), nullptr);
  return std::max({largest_difference(actual.out, expected.out),
                   largest_difference(actual.log_sum_exp, expected.log_sum_exp),
                   largest_difference(actual.weights, expected.weights), largest_difference(actual.dq, expected.dq),
                   largest_difference(actual.dk, expected.dk), largest_difference(actual.dv, expected.dv)});
}

/// Whether gradients that are overwritten are, to the last bit, those added to zeros.
template <class T>
bool overwrites(Index queries, Index keys) {
  Head<T> added{queries, keys, 5, 3, {}};
  added.forward();
  Head<T> fresh = added;
  for (auto* d : {&added.dq, &added.dk, &added.dv}) std::fill(d->begin(), d->end(), T{});
  const auto run = [&](Head<T>& head, bool add) {
    std::vector<T> scratch(static_cast<std::size_t>(attention_backward_scratch(queries, keys, false)));
    AttentionGradient<T> gradient = head.gradient();
    gradient.add = add;
    attention_backward(head.attention(), gradient, scratch.data());
  };
  run(added, true);
  run(fresh, false);
  const auto equal = [](const std::vector<T>& x, const std::vector<T>& y, Index width) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const bool own = static_cast<Index>(i) % (2 * width) < width;  // what lies between the rows is not touched
      if (own && x[i] != y[i]) return false;
    }
    return true;
  };
  return equal(added.dq, fresh.dq, 5) && equal(added.dk, fresh.dk, 5) && equal(added.dv, fresh.dv, 3);
}

}  // namespace

TEST_CASE("attention overwrites gradients where it is told to, in every block of queries and keys") {
  CHECK(overwrites<float>(6, 6));
  CHECK(overwrites<double>(97, 30));
  CHECK(overwrites<float>(97, 530));
}

TEST_CASE_TEMPLATE("attention agrees with its scalar definition for any size and mask", T, float, double) {
  double largest = 0;
  for (Index size = 1; size <= 20; ++size) {
    const Options options{size % 2 == 0, size % 3 == 0, size % 5 < 2, size % 7 < 3, size % 4 == 1};
    largest = std::max(largest, difference<T>(size, size, 21 - size, size, options));
    largest = std::max(largest, difference<T>(size, 21 - size, 5, 3, options));
  }
  for (int bits = 0; bits < 32; ++bits) {
    const Options options{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0};
    largest = std::max(largest, difference<T>(6, 6, 34, 34, options));
    largest = std::max(largest, difference<T>(33, 17, 8, 7, options));
    largest = std::max(largest, difference<T>(97, 101, 16, 5, options));
  }
  for (const bool causal : {false, true}) {
    largest = std::max(largest, difference<T>(530, 550, 3, 2, {.causal = causal}));
  }
  CHECK(largest < (std::is_same_v<T, float> ? 5e-5 : 1e-13));
}

TEST_CASE("attention's gradients are the central differences of its value") {
  for (int bits = 0; bits < 16; ++bits) {
    CAPTURE(bits);
    Head<double> head{5, 4, 3, 2, {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, false, (bits & 8) != 0}};
    head.mask = {0, 1, 1, 0};  // with the causal mask the first query sees nothing
    head.dq.assign(head.q.size(), 0);
    head.dk.assign(head.k.size(), 0);
    head.dv.assign(head.v.size(), 0);
    const auto loss = [&] {
      head.out.assign(head.out.size(), 0);
      reference::attention_forward<double>(head.attention(), nullptr);
      return dot(head.out, head.dout);
    };
    loss();
    reference::attention_backward<double>(head.attention(), head.gradient(), nullptr);
    CHECK(largest_difference(head.dq, central_differences(head.q, loss)) < 1e-8);
    CHECK(largest_difference(head.dk, central_differences(head.k, loss)) < 1e-8);
    CHECK(largest_difference(head.dv, central_differences(head.v, loss)) < 1e-8);
  }
}

TEST_CASE_TEMPLATE("a query that sees no key gives zeros and has no gradient", T, float, double) {
  for (const bool keeps_weights : {false, true}) {
    Head<T> head{7, 9, 4, 4, {.masked = true, .keeps_weights = keeps_weights}};
    head.mask.assign(9, T{});
    head.dq.assign(head.q.size(), T{});
    head.dk.assign(head.k.size(), T{});
    head.dv.assign(head.v.size(), T{});
    head.out.assign(head.out.size(), T{});
    head.forward();
    head.backward();
    const auto is_zero = [](const std::vector<T>& values) { return values == std::vector<T>(values.size()); };
    CHECK(is_zero(head.out));
    CHECK(is_zero(head.dq));
    CHECK(is_zero(head.dk));
    CHECK(is_zero(head.dv));
  }
}

TEST_CASE_TEMPLATE("a key hidden by a bias of minus infinity has a weight of exactly zero", T, float, double) {
  Head<T> head{5, 6, 4, 4, {.biased = true, .keeps_weights = true}};
  for (std::size_t query = 0; query < 5; ++query) head.bias[2 * 5 + query] = -std::numeric_limits<T>::infinity();
  head.forward();
  for (std::size_t query = 0; query < 5; ++query) {
    CHECK(head.weights[2 * 5 + query] == 0);
    double sum = 0;
    for (std::size_t key = 0; key < 6; ++key) sum += static_cast<double>(head.weights[key * 5 + query]);
    CHECK(sum == doctest::Approx(1));
  }
}

TEST_CASE("scores far beyond the range of exp give finite weights") {
  Head<float> actual{9, 11, 4, 4, {.keeps_weights = true}};
  for (float& value : actual.q) value *= 1e3F;
  Head<float> expected = actual;
  actual.forward();
  reference::attention_forward<float>(expected.attention(), nullptr);
  CHECK(largest_difference(actual.out, expected.out) < 1e-3);
  CHECK(largest_difference(actual.log_sum_exp, expected.log_sum_exp) < 1e-5);
}

TEST_CASE("what is not a number in a query stays so in its output alone") {
  Head<float> head{5, 6, 4, 4, {.causal = true}};
  head.q[2 * 8] = std::numeric_limits<float>::quiet_NaN();
  head.forward();
  for (std::size_t query = 0; query < 5; ++query) CHECK(is_nan(head.out[query * 8]) == (query == 2));
}
