#include "tenure/clv/ann/data.hpp"

#include "../../message.hpp"
#include "shop.hpp"

using namespace tenure;

TEST_CASE("features and spend at a cut-off are those of customer_features and of the hold-out") {
  const clv::Transactions shop = test::ann_shop();
  const auto cutoff = parse_date("2023-07-01", "test");
  const clv::AnnData data = clv::ann_data(shop, cutoff, 91);
  const auto [history, holdout] = clv::calibration_holdout(shop, cutoff, cutoff + std::chrono::days{91});
  CHECK(data.customers == history.customers());
  CHECK(data.spend == holdout.spend);
  const clv::CustomerFeatures features = clv::customer_features(history, 5);
  CHECK(data.feature(5, "spend_90") == features.spend[2]);
  CHECK(data.feature(5, "distinct_products") == features.distinct_products);
  CHECK(data.summaries.T[5] == features.tenure / 7);
  CHECK(data.summaries.frequency[5] == features.frequency);
}

TEST_CASE("customers of one purchase stay") {
  const clv::AnnData data = test::ann_shop_data();
  CHECK(std::ranges::count(data.summaries.frequency, 0.0) > 0);
}

TEST_CASE("a cut-off outside the data and a horizon beyond their end are refused, and what is possible told") {
  const clv::Transactions shop = test::ann_shop();
  const auto at = [](const char* text) { return parse_date(text, "test"); };
  test::check_throws<ValueError>([&] { clv::ann_data(shop, at("2019-01-01"), 91); },
                                 {"cut-off: expected a date from 202", "within the data, got 2019-01-01"});
  test::check_throws<ValueError>([&] { clv::ann_customers(shop, at("2030-01-01")); }, {"cut-off", "got 2030-01-01"});
  test::check_throws<ValueError>([&] { clv::ann_data(shop, at("2023-12-01"), 91); },
                                 {"horizon: expected from 1 to 3", "the data end on 2023-12", "got 91"});
}

TEST_CASE("the default cut-off is a horizon before the end of the last whole month") {
  clv::Transactions sales;
  sales.customer.names = {"a"}, sales.customer.codes = {0};
  sales.amount = {1};
  for (const auto& [last, cutoff] :
       {std::pair("2011-12-09", "2011-09-01"), {"2011-11-30", "2011-09-01"}, {"2011-11-28", "2011-09-01"}}) {
    sales.time = {time_of(parse_date(last, "test"))};
    CHECK(clv::default_cutoff(sales, 91) == parse_date(cutoff, "test"));
  }
}
