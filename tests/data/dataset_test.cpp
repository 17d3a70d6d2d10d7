#include "tenure/data/dataset.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "../message.hpp"

using namespace tenure;

namespace {

/// Row r: x = {r, -r}, index 10 r, y = r / 2.
auto make_data(Index rows) {
  Tensor<float> x({rows, 2});
  Tensor<std::int64_t> index({rows});
  Tensor<float> y({rows, 1});
  for (Index r = 0; r < rows; ++r) {
    x(r, 0) = static_cast<float>(r);
    x(r, 1) = -x(r, 0);
    index(r) = 10 * r;
    y(r, 0) = x(r, 0) / 2;
  }
  return TensorDataset(x, index, y);
}

/// The rows of a batch, which must belong together.
std::vector<Index> rows_of(const auto& batch) {
  const auto& [x, index] = batch.inputs;
  std::vector<Index> rows;
  for (Index i = 0; i < batch.rows; ++i) {
    rows.push_back(index(i) / 10);
    CHECK(x(i, 0) == static_cast<float>(rows.back()));
    CHECK(x(i, 1) == -x(i, 0));
    CHECK(batch.target(i, 0) == x(i, 0) / 2);
  }
  return rows;
}

template <class Data>
std::vector<Index> all_rows(Batches<Data>& batches) {
  std::vector<Index> rows;
  for (Index i = 0; i < batches.count(); ++i) {
    const auto some = rows_of(batches[i]);
    rows.insert(rows.end(), some.begin(), some.end());
  }
  return rows;
}

}  // namespace

TEST_CASE("batches in order are views of the data, the last being smaller") {
  const auto data = make_data(10);
  Batches batches(data, 1, 10, 4);
  CHECK(batches.count() == 3);
  CHECK(all_rows(batches) == std::vector<Index>{1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(std::get<0>(batches[1].inputs).data() == std::get<0>(data.inputs()).data() + 5 * 2);
  CHECK(batches[2].target.shape() == Shape{1, 1});
}

TEST_CASE("shuffled batches hold every row of the range once, in an order that depends on the generator alone") {
  const auto data = make_data(23);
  Batches batches(data, 3, 23, 6);
  batches.shuffle(Rng(1));
  const std::vector<Index> first = all_rows(batches);
  CHECK(std::set<Index>(first.begin(), first.end()).size() == 20);
  CHECK(*std::min_element(first.begin(), first.end()) == 3);
  CHECK(!std::is_sorted(first.begin(), first.end()));
  batches.shuffle(Rng(2));
  CHECK(all_rows(batches) != first);
  batches.shuffle(Rng(1));
  CHECK(all_rows(batches) == first);
  CHECK(std::get<0>(batches[0].inputs).data() == std::get<0>(batches[1].inputs).data());
}

TEST_CASE("balanced batches have their share of each stratum, and every row once") {
  const auto data = make_data(24);
  std::vector<Index> strata(24);
  for (std::size_t i = 0; i < 24; ++i) strata[i] = i < 12 ? 0 : i < 18 ? 1 : 2;
  Batches batches(data, 0, 24, 4);
  for (const std::uint64_t seed : {1U, 2U}) {
    batches.shuffle(Rng(seed));
    batches.balance(strata);
    const std::vector<Index> rows = all_rows(batches);
    CHECK(std::set<Index>(rows.begin(), rows.end()).size() == 24);
    for (std::size_t batch = 0; batch < 6; ++batch) {
      Index count[3] = {};
      for (std::size_t i = 0; i < 4; ++i) ++count[strata[static_cast<std::size_t>(rows[4 * batch + i])]];
      CHECK((count[0] == 2 && count[1] == 1 && count[2] == 1));
    }
  }
}

TEST_CASE("every order of three rows is about equally likely") {
  const auto data = make_data(3);
  Batches batches(data, 0, 3, 3);
  int count[27] = {};
  for (std::uint64_t seed = 0; seed < 6000; ++seed) {
    batches.shuffle(Rng(seed));
    const auto index = std::get<1>(batches[0].inputs);
    ++count[(index(0) * 9 + index(1) * 3 + index(2)) / 10];
  }
  for (const int code : {5, 7, 11, 15, 19, 21}) CHECK(std::abs(count[code] - 1000) < 150);
}

TEST_CASE("selected rows make a data set of their own") {
  const auto data = make_data(5);
  const std::vector<Index> numbers = {4, 0, 4};
  const auto selected = data.select(numbers);
  CHECK(selected.rows() == 3);
  CHECK(rows_of(selected.slice(0, 3)) == numbers);
  test::check_throws<IndexError>([&] { data.select(std::vector<Index>{5}); }, {"select", "[0, 5)", "got 5"});
}

TEST_CASE("a data set may lack a target, and is checked for equal numbers of rows") {
  const TensorDataset<float, float> inputs(Tensor<float>({4, 2}), {});
  CHECK(inputs.slice(1, 3).target.empty());
  CHECK(inputs.like(2).rows() == 2);
  test::check_throws<ShapeError>(
      [] {
        TensorDataset(Tensor<float>({4, 2}), Tensor<float>({3}));
      },
      {"data set", "4 rows", "(3)"});
  test::check_throws<ShapeError>([] { TensorDataset(Tensor<float>(), Tensor<float>({3})); }, {"data set", "empty"});
  test::check_throws<ValueError>([&] { Batches(inputs, 0, 5, 2); }, {"batches", "4 rows", "[0, 5)"});
  test::check_throws<ValueError>([&] { Batches(inputs, 0, 4, 0); }, {"batch size", "got 0"});
}
