#include "tenure/clv/features/rfm_segments.hpp"

#include "../../message.hpp"

using namespace tenure;

TEST_CASE("scores are fifths of the customers, equal ones for equal values, and segments follow from them") {
  CHECK(clv::detail::fifths(std::vector<double>{10, 20, 30, 40, 50}) == std::vector{1, 2, 3, 4, 5});
  CHECK(clv::detail::fifths(std::vector<double>{0, 0, 0, 0, 1}) == std::vector{1, 1, 1, 1, 5});
  CHECK(std::string(clv::detail::rfm_segment(5, 4)) == "Champions");
  CHECK(std::string(clv::detail::rfm_segment(5, 3)) == "Loyal");
  CHECK(std::string(clv::detail::rfm_segment(4, 1)) == "Promising");
  CHECK(std::string(clv::detail::rfm_segment(3, 2)) == "Need attention");
  CHECK(std::string(clv::detail::rfm_segment(1, 5)) == "At risk");
  CHECK(std::string(clv::detail::rfm_segment(2, 1)) == "Hibernating");
  const std::vector<double> days = {3, 40, 7, 200, 90}, frequency = {9, 0, 4, 2, 0}, spend = {500, 20, 80, 300, 10};
  const clv::RfmSegments segments = clv::rfm_segments(days, frequency, spend);
  CHECK(segments.recency == std::vector{5, 3, 4, 1, 2});
  CHECK(segments.frequency == std::vector{5, 1, 4, 3, 1});
  CHECK(segments.monetary == std::vector{5, 2, 3, 4, 1});
  CHECK(segments.name.size() == days.size());
  for (std::size_t i = 0; i < segments.name.size(); ++i) {
    CHECK(segments.name[i] == clv::detail::rfm_segment(segments.recency[i], segments.frequency[i]));
  }
  test::check_throws<ValueError>([&] { clv::rfm_segments({}, {}, {}); }, {"segments: expected at least one customer"});
  test::check_throws<ShapeError>([&] { clv::rfm_segments(days, frequency, {}); }, {"5 values in each column"});
}
