#include "tenure/data/prefetched_batches.hpp"

#include <doctest/doctest.h>

#include "../count_allocations.hpp"
#include "../message.hpp"

using namespace tenure;

namespace {

auto make_data(Index rows) {
  Tensor<float> x({rows, 3});
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i);
  Tensor<std::int64_t> y({rows});
  for (Index i = 0; i < rows; ++i) y(i) = i;
  return TensorDataset(x, y);
}

bool equal(const auto& a, const auto& b) {
  return a.rows == b.rows && std::ranges::equal(a.target, b.target) &&
         std::ranges::equal(std::get<0>(a.inputs), std::get<0>(b.inputs));
}

}  // namespace

TEST_CASE("batches gathered ahead have the order and the bits of those that are not, epoch after epoch") {
  const auto data = make_data(103);
  for (const Index size : {1, 10, 60, 200}) {
    Batches plain(data, 3, 103, size);
    PrefetchedBatches ahead(data, 3, 103, size);
    CHECK(ahead.count() == plain.count());
    CHECK(ahead.rows() == 100);
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      plain.shuffle(Rng(7, epoch));
      ahead.shuffle(Rng(7, epoch));
      for (Index i = 0; i < plain.count(); ++i) CHECK(equal(plain[i], ahead[i]));
    }
  }
}

TEST_CASE("a batch stays as it is while the next is gathered") {
  const auto data = make_data(1000);
  Batches plain(data, 0, 1000, 100);
  PrefetchedBatches ahead(data, 0, 1000, 100);
  plain.shuffle(Rng(1));
  ahead.shuffle(Rng(1));
  for (Index i = 0; i < ahead.count(); ++i) {
    const auto expected = plain[i], batch = ahead[i];
    for (int look = 0; look < 50; ++look) REQUIRE(equal(expected, batch));
  }
}

TEST_CASE("batches may be asked for in any order, twice, and not to the end") {
  const auto data = make_data(50);
  Batches plain(data, 0, 50, 7);
  PrefetchedBatches ahead(data, 0, 50, 7);
  plain.shuffle(Rng(2));
  ahead.shuffle(Rng(2));
  for (const Index i : {0, 0, 1, 5, 6, 2, 4, 3, 3, 7}) CHECK(equal(plain[i], ahead[i]));
  plain.shuffle(Rng(3));
  ahead.shuffle(Rng(3));
  CHECK(equal(plain[1], ahead[1]));
}

TEST_CASE("batches in order are views of the data: nothing is gathered") {
  const auto data = make_data(10);
  PrefetchedBatches ahead(data, 0, 10, 4);
  CHECK(std::get<0>(ahead[1].inputs).data() == std::get<0>(data.inputs()).data() + 4 * 3);
  test::check_throws<ValueError>([&] { PrefetchedBatches(data, 0, 10, 0); }, {"a batch size of at least 1"});
}

TEST_CASE("once the first epoch has begun, nothing is allocated, per batch or per epoch") {
  const auto data = make_data(200);
  PrefetchedBatches ahead(data, 0, 200, 16);
  ahead.shuffle(Rng(1));
  for (Index i = 0; i < ahead.count(); ++i) ahead[i];
  const std::size_t before = allocations::count;
  ahead.shuffle(Rng(2));
  for (Index i = 0; i < ahead.count(); ++i) ahead[i];
  CHECK(allocations::count == before);
}
