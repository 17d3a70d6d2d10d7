#include <doctest/doctest.h>

#include <tenure/clv/daily_ltv/simulate.hpp>

#include "../../sanitized.hpp"

using namespace tenure;
using namespace tenure::clv;

TEST_CASE("simulated campaigns: rows by week and campaign, known up to the last day, never falling") {
  Rng rng(1);
  const Campaigns campaigns = simulate_campaigns({.weeks = 4, .users = 300}, rng);
  REQUIRE(campaigns.table.rows.size() == 16);
  CHECK(campaigns.table.name(0).starts_with("2024-01-01~2024-01-07 Puzzle Android DE "));
  CHECK(format_date(campaigns.last) == "2024-01-28");
  CHECK(campaigns.table.rows[0].known(21));
  CHECK(!campaigns.table.rows[0].known(22));
  CHECK(campaigns.table.rows[15].known(0));
  CHECK(!campaigns.table.rows[15].known(1));
  CHECK(falls(campaigns.table) == 0);
  CHECK(campaigns.table.rows[3].metadata[3] == std::to_string(campaigns.users[3]));
}

TEST_CASE("simulated campaigns: the same seed gives the same rows, and further weeks behind them") {
  Rng rng(7), again(7), other(8);
  const CampaignConfig config{.weeks = 1, .users = 200};
  const double value = simulate_campaigns(config, rng).table.rows[0].ltv[0];
  CHECK(simulate_campaigns(config, again).table.rows[0].ltv[0] == value);
  CHECK(simulate_campaigns(config, other).table.rows[0].ltv[0] != value);
  again = Rng(7);
  const Campaigns longer = simulate_campaigns({.weeks = 2, .users = 200}, again);
  CHECK(longer.table.rows[0].ltv[0] == value);
  CHECK(longer.table.rows[0].known(7));
}

#ifndef TENURE_TEST_SANITIZED  // which draws 200,000 users for half a minute

TEST_CASE("simulated campaigns: the truth is the mean of the rows") {
  Rng rng(3);
  const Campaigns campaigns = simulate_campaigns({.weeks = 12, .users = 4000, .quality = 0}, rng);
  for (const std::size_t day : {0U, 6U, 40U}) {
    double sum = 0, expected = 0;
    for (std::size_t row = 0; row < campaigns.table.rows.size(); ++row) {
      if (!campaigns.table.rows[row].known(day)) continue;
      sum += campaigns.table.rows[row].ltv[day] * static_cast<double>(campaigns.users[row]);
      expected += campaigns.expected[row][day] * static_cast<double>(campaigns.users[row]);
    }
    CHECK(sum / expected == doctest::Approx(1).epsilon(0.05));
  }
}

#endif

TEST_CASE("campaigns of the published size have at least its 123,028 sequences") {
  CampaignConfig config = CampaignConfig::published();
  config.users = 1;  // whose values are of no concern here
  Rng rng(1);
  const Campaigns campaigns = simulate_campaigns(config, rng);
  std::size_t runs = 0;
  for (const DailyLtvRow& row : campaigns.table.rows) {
    std::size_t known = 0;
    while (row.known(known)) ++known;
    runs += std::min<std::size_t>(std::max<std::size_t>(known, 7) - 7, 353);
  }
  CHECK(runs >= 123'028);
  CHECK(runs < 130'000);
}
