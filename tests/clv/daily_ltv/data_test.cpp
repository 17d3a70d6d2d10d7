#include <doctest/doctest.h>

#include <tenure/clv/daily_ltv/data.hpp>

#include "../../message.hpp"
#include "tables.hpp"

using namespace tenure;
using namespace tenure::clv;
using namespace tenure::test;

TEST_CASE("sequences: six growth rates of at least 0.001 and the next, from every run of eight days") {
  const DailyLtvTable table =
      ltv_table({{1, 2, 3, 3, 2, 4, 4.0001, 5, 10, 11}, std::vector<double>(10, missing_value)});
  const DailyLtvSequences sequences = daily_ltv_sequences(table);
  REQUIRE(sequences.count() == 2);
  CHECK(sequences.rows == std::vector<std::size_t>{0, 0});
  CHECK(sequences.days == std::vector<std::size_t>{0, 1});
  const float expected[] = {1, 0.5F, 0.001F, 0.001F, 1, 0.001F};
  for (Index t = 0; t < 6; ++t) CHECK(sequences.growth(0, t, 0) == doctest::Approx(expected[t]).epsilon(1e-6));
  CHECK(sequences.next(0, 0) == doctest::Approx(5 / 4.0001 - 1).epsilon(1e-6));
  CHECK(sequences.next(1, 0) == 1);
}

TEST_CASE("sequences: a run that ends with the last column is left out, as published; 353 of 361 days remain") {
  CHECK(daily_ltv_sequences(ltv_table({growing(0.01, 361, 361)})).count() == 353);
  CHECK(daily_ltv_sequences(ltv_table({growing(0.01, 361, 360)})).count() == 353);
  CHECK(daily_ltv_sequences(ltv_table({growing(0.01, 361, 8)})).count() == 1);
}

TEST_CASE("sequences: days that are unknown or not positive break a run") {
  for (const double broken : {missing_value, 0.0, -1.0}) {
    std::vector<double> values = growing(0.01, 40, 30);
    values[10] = broken;
    const DailyLtvSequences sequences = daily_ltv_sequences(ltv_table({values}));
    CHECK(sequences.count() == 3 + 12);
    CHECK(sequences.days[3] == 11);
  }
  check_throws<ValueError>([] { daily_ltv_sequences(ltv_table({growing(0.01, 40, 7)})); },
                           {"eight known, positive days"});
  CHECK(!has_daily_ltv_sequences(ltv_table({growing(0.01, 40, 7)})));
  CHECK(has_daily_ltv_sequences(ltv_table({growing(0.01, 40, 8)})));
}

TEST_CASE("the split: four fifths at random, and a newer file leaves sequences where they were") {
  const auto parts = [](const DailyLtvTable& table, std::uint64_t seed) {
    const DailyLtvSequences sequences = daily_ltv_sequences(table);
    const Split split = split_daily_ltv_sequences(table, sequences, seed);
    std::map<std::pair<std::size_t, std::size_t>, bool> validates;
    for (const Index i : split.train) {
      const auto place = static_cast<std::size_t>(i);
      validates[{sequences.rows[place], sequences.days[place]}] = false;
    }
    for (const Index i : split.validation) {
      const auto place = static_cast<std::size_t>(i);
      validates[{sequences.rows[place], sequences.days[place]}] = true;
    }
    return validates;
  };
  const auto older = parts(ltv_table({growing(0.01, 361, 361), growing(0.02, 361, 200)}), 1);
  const auto newer = parts(ltv_table({growing(0.01, 361, 361), growing(0.02, 361, 300), growing(0.02, 361, 100)}), 1);
  CHECK(older.size() == 353 + 193);
  std::size_t validating = 0;
  for (const auto& [sequence, validates] : older) {
    CHECK(newer.at(sequence) == validates);
    validating += validates;
  }
  CHECK(static_cast<double>(validating) / static_cast<double>(older.size()) == doctest::Approx(0.2).epsilon(0.3));
  CHECK(parts(ltv_table({growing(0.01, 361, 361), growing(0.02, 361, 200)}), 2) != older);
}

TEST_CASE("a data set of some sequences holds their numbers") {
  const DailyLtvSequences sequences = daily_ltv_sequences(ltv_table({growing(0.5, 20, 10), growing(0.25, 20, 10)}));
  const Index last = sequences.count() - 1;
  const DailyLtvDataset data = sequences.dataset(std::vector<Index>{last});
  CHECK(data.rows() == 1);
  CHECK(data.target()(0, 0) == doctest::Approx(0.25));
  CHECK(std::get<0>(data.inputs())(0, 5, 0) == doctest::Approx(0.25));
}
