#include "tenure/data/windows.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>

#include "../message.hpp"

using namespace tenure;

namespace {

/// Row r: {r, −r}.
Tensor<float> numbered(Index rows) {
  Tensor<float> table({rows, 2});
  for (Index r = 0; r < rows; ++r) {
    table(r, 0) = static_cast<float>(r);
    table(r, 1) = -table(r, 0);
  }
  return table;
}

}  // namespace

TEST_CASE("a window is a series' consecutive rows, its target the rows that follow after the gap") {
  const Windows windows(8, {.length = 3, .horizon = 2, .gap = 1});
  Tensor<float> table = numbered(8);
  const Tensor<float> x = windows.inputs(table), y = windows.targets(table);
  CHECK(windows.count() == 3);
  CHECK(x.shape() == Shape{3, 3, 2});
  CHECK(y.shape() == Shape{3, 2, 2});
  CHECK(x(1, 0, 0) == 1);
  CHECK(x(1, 2, 1) == -3);
  CHECK(y(1, 0, 0) == 5);
  CHECK(y(2, 1, 0) == 7);
  const Tensor<float> column({8}, {0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(windows.targets(column).shape() == Shape{3, 2});
  CHECK(windows.targets(column)(2, 1) == 7);
}

TEST_CASE("windows cover: all starts that fit, by strides, in every series and across none") {
  for (const std::vector<Index>& lengths :
       {std::vector<Index>{12}, {7, 0, 3, 12, 5}, {9, 5, 5, 9}, {4, 30, 1}, {11, 10, 9, 8}}) {
    for (const Index length : {1, 2, 4}) {
      for (const Index horizon : {0, 1, 3}) {
        for (const Index stride : {1, 2, 5}) {
          for (const Index gap : {0, 2}) {
            const WindowConfig config{.length = length, .horizon = horizon, .stride = stride, .gap = gap};
            const Windows windows(lengths, config);
            const Index extent = length + (horizon ? gap + horizon : 0);
            Index i = 0, begin = 0, skipped = 0;
            for (Index series = 0; series < static_cast<Index>(lengths.size()); ++series) {
              const Index rows = lengths[static_cast<std::size_t>(series)];
              for (Index step = 0; step + extent <= rows; step += stride) {
                REQUIRE(i < windows.count());
                CHECK(windows[i++] == Windows::Place{series, begin + step, step});
              }
              skipped += rows < extent;
              begin += rows;
            }
            CHECK(windows.count() == i);
            CHECK(windows.skipped() == skipped);
          }
        }
      }
    }
  }
}

TEST_CASE("windows know their series") {
  const std::vector<Index> lengths{3, 1, 4};
  const Windows windows(lengths, {.length = 2});
  CHECK(windows.series() == std::vector<Index>{0, 2, 2});
}

TEST_CASE("cut in time, no target of a training window reaches the cut, and every later target begins at it or later") {
  using std::chrono::days;
  const std::vector<Index> lengths{10, 6};
  std::vector<std::chrono::sys_days> dates;  // the second series begins later
  for (int i = 0; i < 10; ++i) dates.push_back(std::chrono::sys_days{days{i}});
  for (int i = 0; i < 6; ++i) dates.push_back(std::chrono::sys_days{days{4 + i}});
  const Windows windows(lengths, {.length = 2, .horizon = 2});
  const std::chrono::sys_days cut{days{7}};
  const auto train = windows.before(std::span<const std::chrono::sys_days>(dates), cut);
  const auto test = windows.from(std::span<const std::chrono::sys_days>(dates), cut);
  CHECK(train == std::vector<Index>{0, 1, 2, 3});  // rows 0 to 3, …, 3 to 6; of the second series none
  CHECK(test == std::vector<Index>{5, 6, 8, 9});   // targets from rows 7 and 8, and from days 7 and 8
  test::check_throws<ShapeError>([&] { windows.before(std::span<const std::chrono::sys_days>(dates).first(9), cut); },
                                 {"16 rows", "got 9"});
}

TEST_CASE("too short a history, and settings outside their domain, are errors") {
  const std::vector<Index> lengths{3, 11, 5}, negative{20, -1};
  test::check_throws<ValueError>([&] { Windows(lengths, {.length = 6, .horizon = 6}); },
                                 {"windows: expected a series of at least 12 rows, got 3 series of at most 11"});
  test::check_throws<ValueError>([&] { Windows(9, {.length = 0}); }, {"a length of at least 1, got 0"});
  test::check_throws<ValueError>([&] { Windows(9, {.length = 1, .horizon = -1}); }, {"a horizon of at least 0"});
  test::check_throws<ValueError>([&] { Windows(9, {.length = 1, .stride = 0}); }, {"a stride of at least 1"});
  test::check_throws<ValueError>([&] { Windows(9, {.length = 1, .gap = -1}); }, {"a gap of at least 0"});
  test::check_throws<ValueError>([&] { Windows(negative, {.length = 1}); }, {"-1 of series 1"});
  const Windows windows(9, {.length = 2});
  test::check_throws<ShapeError>([&] { windows.inputs(numbered(8)); }, {"the 9 rows of all series, got 8"});
  test::check_throws<ShapeError>([&] { windows.inputs(Tensor<float>({9, 1, 1})); }, {"(9, 1, 1)"});
}
