#include "tenure/ops/attention.hpp"

#include <limits>

#include "../gradient_check.hpp"
#include "../sanitized.hpp"
#include "tenure/ops/arithmetic.hpp"
#include "tenure/ops/concatenate.hpp"
#include "tenure/ops/matmul.hpp"
#include "tenure/ops/reduce.hpp"
#include "tenure/ops/slice.hpp"
#include "tenure/ops/softmax.hpp"

using namespace tenure;
using test::check_op;
using test::check_throws;
using test::random;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Head by head from matmul and softmax; mask (queries, keys) or (batch, queries, keys).
Var<double> composed(Var<double> q, Var<double> k, Var<double> v, Index heads, View<const double> mask = {}) {
  std::vector<Var<double>> results;
  const auto part = [&](Var<double> x, Index head) {
    const Index width = x.shape().last() / heads;
    return slice(x, 2, head * width, (head + 1) * width);
  };
  for (Index head = 0; head < heads; ++head) {
    const double depth = static_cast<double>(q.shape().last() / heads);
    Var<double> scores = scale(matmul(part(q, head), part(k, head), {.transpose_b = true}), 1 / std::sqrt(depth));
    if (!mask.empty()) scores = scores + q.tape().input(mask);
    results.push_back(matmul(softmax(scores), part(v, head)));
  }
  return concatenate(std::span<const Var<double>>(results), 2);
}

double difference(View<const double> a, View<const double> b) {
  REQUIRE(a.shape() == b.shape());
  double largest = 0;
  for (Index i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a.data()[i] - b.data()[i]));
  return largest;
}

/// The largest difference of values and gradients between two functions of the same inputs.
double difference(const test::Function& f, const test::Function& g, const std::vector<Tensor<double>>& inputs) {
  Rng rng(7);
  Tape<double> tape;
  std::vector<Var<double>> x, y;
  for (const auto& input : inputs) x.push_back(tape.variable(input)), y.push_back(tape.variable(input));
  const auto a = f(x), b = g(y);
  const auto cotangent = random(a.shape(), rng);
  a.backward(cotangent);
  b.backward(cotangent);
  double largest = difference(a.value(), b.value());
  for (std::size_t i = 0; i < x.size(); ++i) {
    largest = std::max(largest, difference(x[i].gradient(), y[i].gradient()));
  }
  return largest;
}

/// 0 where query i may see key j ≤ i, else −∞.
Tensor<double> causal_mask(Index queries, Index keys) {
  Tensor<double> mask({queries, keys});
  for (Index i = 0; i < queries; ++i) {
    for (Index j = i + 1; j < keys; ++j) mask(i, j) = -infinity;
  }
  return mask;
}

}  // namespace

TEST_CASE("attention: equals its composition from matmul and softmax, few keys or many") {
  Rng rng(1);
  for (const Index keys : {1, 4, 6, 17, 70}) {
    const auto q = random({2, 5, 6}, rng), k = random({2, keys, 6}, rng), v = random({2, keys, 9}, rng);
    const auto mask = random({5, keys}, rng);
    for (const bool masked : {false, true}) {
      const View<const double> view = masked ? mask.view() : View<const double>();
      CHECK(difference([&](auto& x) { return attention(x[0], x[1], x[2], 3, {.attn_mask = view}); },
                       [&](auto& x) { return composed(x[0], x[1], x[2], 3, view); }, {q, k, v}) < 1e-13);
    }
  }
}

TEST_CASE("attention: query, key and value side by side give the same as apart") {
  Rng rng(2);
  const auto qkv = random({2, 5, 36}, rng);
  CHECK(difference(
            [](auto& x) { return attention(x[0], 4); },
            [](auto& x) { return composed(slice(x[0], 2, 0, 12), slice(x[0], 2, 12, 24), slice(x[0], 2, 24, 36), 4); },
            {qkv}) < 1e-13);
}

TEST_CASE("attention: causal is an additive mask of minus infinity above the diagonal") {
  Rng rng(3);
  for (const Index time : {6, 70}) {
    const auto mask = causal_mask(time, time);
    const auto qkv = random({2, time, 12}, rng);
    CHECK(difference([](auto& x) { return attention(x[0], 2, {.is_causal = true}); },
                     [&](auto& x) { return attention(x[0], 2, {.attn_mask = mask}); }, {qkv}) < 1e-13);
  }
}

TEST_CASE("attention: masks per batch element and per head are those of PyTorch's attn_mask") {
  Rng rng(4);
  const auto q = random({3, 5, 4}, rng), k = random({3, 7, 4}, rng), v = random({3, 7, 4}, rng);
  const auto by_batch = random({3, 5, 7}, rng), by_head = random({6, 5, 7}, rng);
  CHECK(difference([&](auto& x) { return attention(x[0], x[1], x[2], 2, {.attn_mask = by_batch}); },
                   [&](auto& x) { return composed(x[0], x[1], x[2], 2, by_batch.view()); }, {q, k, v}) < 1e-13);
  const auto one_head = [&](std::vector<Var<double>>& x) {
    std::vector<Var<double>> heads;
    for (Index head = 0; head < 2; ++head) {
      const auto part = [&](Var<double> y) { return slice(y, 2, 2 * head, 2 * head + 2); };
      std::vector<Var<double>> batch;
      for (Index b = 0; b < 3; ++b) {
        const auto row = [&](Var<double> y) { return slice(part(y), 0, b, b + 1); };
        batch.push_back(composed(row(x[0]), row(x[1]), row(x[2]), 1, by_head.view()[b * 2 + head]));
      }
      heads.push_back(concatenate(std::span<const Var<double>>(batch), 0));
    }
    return concatenate(std::span<const Var<double>>(heads), 2);
  };
  CHECK(difference([&](auto& x) { return attention(x[0], x[1], x[2], 2, {.attn_mask = by_head}); },
                   [&](auto x) { return one_head(x); }, {q, k, v}) < 1e-13);
}

TEST_CASE("attention: a padded batch gives what each row gives alone, by lengths or by a key mask") {
  Rng rng(5);
  for (const Index keys : {6, 80}) {
    const Tensor<std::int64_t> lengths({3}, {keys, 1, keys - 3});
    Tensor<double> key_mask({3, keys});
    for (Index b = 0; b < 3; ++b) std::fill_n(&key_mask(b, 0), lengths(b), 1.0);
    const auto q = random({3, 4, 6}, rng), k = random({3, keys, 6}, rng), v = random({3, keys, 6}, rng);
    const auto alone = [&](auto& x) {
      std::vector<Var<double>> rows;
      for (Index b = 0; b < 3; ++b) {
        const auto row = [&](Var<double> y) { return slice(y, 0, b, b + 1); };
        rows.push_back(attention(row(x[0]), slice(row(x[1]), 1, 0, lengths(b)), slice(row(x[2]), 1, 0, lengths(b)), 2));
      }
      return concatenate(std::span<const Var<double>>(rows), 0);
    };
    CHECK(difference([&](auto& x) { return attention(x[0], x[1], x[2], 2, {.lengths = lengths}); }, alone, {q, k, v}) <
          1e-13);
    CHECK(difference([&](auto& x) { return attention(x[0], x[1], x[2], 2, {.key_mask = key_mask}); }, alone,
                     {q, k, v}) < 1e-13);
  }
}

TEST_CASE("attention: gradients, with every mask and dropout at once") {
  Rng rng(6);
  Tensor<double> key_mask({2, 6}, 1);
  key_mask(0, 0) = key_mask(1, 3) = 0;  // the first query of the first row then sees nothing
  const Tensor<std::int64_t> lengths({2}, {6, 5});
  const auto mask = random({4, 5, 6}, rng);
  const AttentionOptions<double> options{
      .is_causal = true, .lengths = lengths, .key_mask = key_mask, .attn_mask = mask};
  check_op(
      [&](auto& x) {
        Rng drops(9);
        return attention(x[0], x[1], x[2], 2, options, 0.3, &drops);
      },
      {random({2, 5, 4}, rng), random({2, 6, 4}, rng), random({2, 6, 8}, rng)});
  check_op([&](auto& x) { return attention(x[0], 2); }, {random({1, 70, 6}, rng)});
  const auto k = random({2, 6, 4}, rng);
  check_op([&](auto& x) { return attention(x[0], x[0].tape().input(k), x[0].tape().input(k), 2); },
           {random({2, 5, 4}, rng)});
}

TEST_CASE("attention: weights on request, of each head or their mean, few keys or many") {
  Rng rng(8);
  for (const Index keys : {6, 70}) {
    const auto q = random({2, 5, 4}, rng), k = random({2, keys, 4}, rng);
    const Tensor<std::int64_t> lengths({2}, {keys, 3});
    Tensor<double> weights({2, 2, 5, keys}, 7), mean({2, 5, keys}, 7);
    Tape<double> tape;
    const auto x = tape.input(q), y = tape.input(k);
    attention(x, y, y, 2, {.lengths = lengths, .weights = weights});
    attention(x, y, y, 2, {.lengths = lengths, .weights = mean});
    for (Index b = 0; b < 2; ++b) {
      for (Index i = 0; i < 5; ++i) {
        double sum = 0;
        for (Index j = 0; j < keys; ++j) {
          sum += mean(b, i, j);
          CHECK(mean(b, i, j) == doctest::Approx((weights(b, 0, i, j) + weights(b, 1, i, j)) / 2));
          if (j >= lengths(b)) CHECK(mean(b, i, j) == 0);
        }
        CHECK(sum == doctest::Approx(1));
      }
    }
    const auto p = softmax(scale(matmul(slice(x, 2, 2, 4), slice(y, 2, 2, 4), {.transpose_b = true}), std::sqrt(0.5)));
    CHECK(weights(0, 1, 4, 5) == doctest::Approx(p.value()(0, 4, 5)));
  }
}

TEST_CASE("attention: the same seed drops the same weights, and takes its share of the stream") {
  Rng rng(10);
  Tape<float> tape;
  Tensor<float> values({2, 6, 24});
  for (float& value : values) value = static_cast<float>(rng.normal());
  const auto x = tape.input(values);
  Rng first(3), second(3);
  const auto a = attention(x, 2, {}, 0.4, &first), b = attention(x, 2, {}, 0.4, &second), c = attention(x, 2);
  CHECK(std::equal(a.value().begin(), a.value().end(), b.value().begin()));
  CHECK(!std::equal(a.value().begin(), a.value().end(), c.value().begin()));
  CHECK(first.position() == 2 * 2 * 6 * 6);
  const auto d = attention(x, 2, {}, 0.4, &first);
  CHECK(!std::equal(a.value().begin(), a.value().end(), d.value().begin()));
}

#ifndef TENURE_TEST_SANITIZED
TEST_CASE("attention: the tape's memory is linear in time") {
  std::size_t memory[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const Index time = Index{256} << i;
    Tape<float> tape;
    const auto qkv = tape.variable(Tensor<float>({1, time, 3 * 16}, 0.1F));
    const auto loss = mean(attention(qkv, 2, {.is_causal = true}));
    loss.backward();
    memory[i] = tape.memory();
  }
  CHECK(static_cast<double>(memory[1]) < 2.05 * static_cast<double>(memory[0]));
  CHECK(static_cast<double>(memory[2]) < 2.05 * static_cast<double>(memory[1]));
}
#endif

TEST_CASE("attention: wrong shapes, lengths and heads are named") {
  Tape<double> tape;
  const auto x = [&](const Shape& shape) { return tape.input(Tensor<double>(shape, 1)); };
  const auto q = x({2, 5, 4}), k = x({2, 7, 4});
  const Tensor<double> wrong({5, 6}), wrong_keys({2, 6});
  Tensor<double> room({2, 5, 6});
  const Tensor<std::int64_t> three({3}, {1, 1, 1}), negative({2}, {7, -1}), above({2}, {8, 1});
  const auto throws = [&]<class E>(E*, AttentionOptions<double> options, const std::vector<std::string>& parts) {
    check_throws<E>([&] { attention(q, k, k, 2, options); }, parts);
  };
  ShapeError* shape = nullptr;
  ValueError* value = nullptr;
  throws(shape, {.lengths = three}, {"attention: expected lengths of (2), got (3)"});
  throws(value, {.lengths = negative}, {"attention: expected lengths in [0, 7], got -1 at position 1"});
  throws(value, {.lengths = above}, {"lengths in [0, 7], got 8 at position 0"});
  throws(shape, {.key_mask = wrong_keys}, {"a key mask of (2, 7), got (2, 6)"});
  throws(shape, {.attn_mask = wrong}, {"a mask of (5, 7), (2, 5, 7) or (4, 5, 7), got (5, 6)"});
  throws(shape, {.weights = room}, {"(2, 2, 5, 7) or, averaged over the heads, (2, 5, 7), got (2, 5, 6)"});
  check_throws<ShapeError>([&] { attention(q, x({3, 7, 4}), k, 2); }, {"a key of (2, 7, 4), got (3, 7, 4)"});
  check_throws<ShapeError>([&] { attention(q, k, x({2, 6, 4}), 2); }, {"a value of (2, 7, 4), got (2, 6, 4)"});
  check_throws<ShapeError>([&] { attention(x({5, 4}), k, k, 2); }, {"a query of (batch, time, 4), got (5, 4)"});
  check_throws<ValueError>([&] { attention(q, k, k, 3); }, {"heads that divide", "got 3 heads"});
  check_throws<ValueError>([&] { attention(q, 3); }, {"heads that divide a third", "got 3 heads"});
  check_throws<ValueError>([&] { attention(q, k, k, 0); }, {"got 0 heads"});
  Rng rng(1);
  check_throws<ValueError>([&] { attention(q, k, k, 2, {}, 1.5, &rng); }, {"a dropout rate in [0, 1], got 1.5"});
  CHECK(rng.position() == 0);
}
