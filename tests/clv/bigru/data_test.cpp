#include "tenure/clv/bigru/data.hpp"

#include "../../close.hpp"
#include "../../message.hpp"
#include "daily_shops.hpp"

using namespace tenure;
using namespace tenure::clv;
using test::check_throws, test::daily_shops;

namespace {

Split parts(Index days) { return split_in_order(days, {.validation = 0.15, .test = 0.15}); }

const BiGruDataOptions options = {.window = 20};

}  // namespace

TEST_CASE("windows are cut at the same dates for every series, and each target is in one part") {
  DailySeriesSet set = daily_shops(100);
  set.series[1].dates.erase(set.series[1].dates.begin(), set.series[1].dates.begin() + 60);  // begins later
  set.series[1].value.erase(set.series[1].value.begin(), set.series[1].value.begin() + 60);
  const BiGruData data(set, parts(100), options);
  CHECK(data.split.train.size() == 50);  // days 20 to 69 of the first
  CHECK(data.split.validation.size() == 15 + 5);
  CHECK(data.split.test.size() == 15 + 15);
  for (const Index w : data.split.test) CHECK(data.period.number(data.target_date(w)) >= 85);
  for (const Index w : data.split.validation) {
    const Index day = data.period.number(data.target_date(w));
    CHECK((day >= 70 && day < 85));
  }
  const Index last = data.split.test.back();
  CHECK(data.series_of(last).name == "shop2");
  CHECK(data.actual[static_cast<std::size_t>(last)] == set.series[1].value.back());
}

TEST_CASE("scalers and bounds know the training part alone") {
  const DailySeriesSet set = daily_shops(100);
  DailySeriesSet changed = set;
  for (std::size_t t = 70; t < 100; ++t) changed.series[0].value[t] *= -50;
  const BiGruData data(set, parts(100), options), other(changed, parts(100), options);
  CHECK(data.scalers.target.shift(0) == other.scalers.target.shift(0));
  CHECK(data.scalers.inputs.shift(3) == other.scalers.inputs.shift(3));
  CHECK(data.bounds[0].high == other.bounds[0].high);
  CHECK(data.scalers.non_negative);
  CHECK(other.scalers.non_negative);
  const BiGruDataset train = data.dataset(data.split.train), same = other.dataset(other.split.train);
  CHECK(std::ranges::equal(std::get<0>(train.inputs()), std::get<0>(same.inputs())));
  double sum = 0;
  for (const float y : train.target()) sum += static_cast<double>(y);
  CHECK(std::abs(sum / static_cast<double>(train.rows())) < 0.2);
}

TEST_CASE("a dataset has a window's rows and the next day's value, scaled, and values come back from it") {
  const DailySeriesSet set = daily_shops(100);
  const BiGruData data(set, parts(100), options);
  const BiGruDataset test = data.dataset(data.split.test);
  const Tensor<float>& x = std::get<0>(test.inputs());
  CHECK(x.shape() == Shape{30, 20, 15});
  const Scaler& scaler = data.scalers.inputs;
  const double newest = static_cast<double>(x(0, 19, 0)) * scaler.spread(0) + scaler.shift(0);
  CHECK(newest == doctest::Approx(set.series[0].value[84]));
  const std::vector<double> values = data.scalers.values(test.target());
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(values[i] == doctest::Approx(data.actual[static_cast<std::size_t>(data.split.test[i])]).epsilon(1e-5));
  }
  CHECK(data.scalers.allowed(-1) == 0);
}

TEST_CASE("anomalies are bounded for the model, and stay for what it is measured on") {
  DailySeriesSet set = daily_shops(100, 1);
  set.series[0].value[40] = 1000;
  set.series[0].value[95] = 2000;
  const BiGruData data(set, parts(100), {.window = 20, .threshold = 5});
  REQUIRE(data.anomalies.size() == 2);
  CHECK(data.anomalies[1].day == 95);
  CHECK(data.anomalies[1].value == 2000);
  CHECK(data.anomalies[1].bound == data.bounds[0].high);
  CHECK(data.bounded(0)[95] == data.bounds[0].high);
  CHECK(data.actual[95 - 20] == 2000);
  CHECK(BiGruData(set, parts(100), {.window = 20, .anomalies = BiGruAnomalyDetection::none}).anomalies.empty());
  CHECK(BiGruData(set, parts(100), {.window = 20, .anomalies = BiGruAnomalyDetection::iqr, .threshold = 20})
            .anomalies.size() == 2);
}

TEST_CASE("a window of a training part that is in two pieces reads none of what is between") {
  const DailySeriesSet set = daily_shops(100, 1);
  const Fold fold = k_fold(100, 5)[2];  // tests days 40 to 59
  const BiGruData data(set, {fold.train, {}, fold.test}, options);
  CHECK(data.split.train.size() == 20 + 20);
  CHECK(data.target_day(data.split.train[20]) == 80);
  CHECK(data.split.test.size() == 20);
}

TEST_CASE("series that are too short are skipped by name, and some must remain") {
  DailySeriesSet set = daily_shops(60);
  set.series[1].dates.resize(10);
  set.series[1].value.resize(10);
  const BiGruLongEnough used = long_enough(set, 31);
  CHECK(used.set.series.size() == 1);
  CHECK(used.skipped == std::vector<std::string>{"shop2.csv (10 days)"});
  check_throws<FileError>([&] { long_enough(set, 100); },
                          {"shop1.csv (60 days), shop2.csv (10 days)", "at least 100 days, got 60 at most in 2 files"});
}

TEST_CASE("a constant series and parts without windows are told") {
  DailySeriesSet set = daily_shops(60);
  std::ranges::fill(set.series[1].value, 5);
  check_throws<FileError>([&] { long_enough(set, 31); },
                          {"shop2.csv: expected values that differ, got 5 on all 60 days"});
  const DailySeriesSet shop = daily_shops(40);
  check_throws<ValueError>([&] { BiGruData(shop, parts(40), {.window = 30}); },
                           {"training part: expected a series of 30 days before a day from 2022-03-01 to 2022-03-28"});
  DailySeriesSet flat = daily_shops(60, 1);
  std::fill_n(flat.series[0].value.begin(), 42, 3);
  check_throws<ValueError>([&] { BiGruData(flat, parts(60), options); }, {"values that differ, got 3 on all 42 days"});
}
