#include "tenure/clv/ann/forecaster.hpp"

#include "../../gradient_check.hpp"
#include "../../temporary_directory.hpp"
#include "shop.hpp"
#include "tenure/clv/ann/directory.hpp"

using namespace tenure;

TEST_CASE("a network's loss has the gradients that differences give, for each loss") {
  Rng rng(5);
  const Tensor<double> target({6, 1}, {0, 3, 0, 70, 0.5, 2});
  for (const auto loss : {clv::AnnLoss::mse, clv::AnnLoss::huber, clv::AnnLoss::ziln}) {
    clv::AnnConfig config{.inputs = 3, .hidden = {4}, .members = 2, .loss = loss};
    const clv::Ann<double> model(config, rng);
    const auto f = [&](auto& v) { return ann_loss(config, model(v[0], v[1]), v[0].tape().input(target)); };
    test::check_op(f, {test::random({6, 3}, rng), test::random({6, config.outputs()}, rng)});
  }
}

TEST_CASE("the forecast is the network's share and that of the corrected prior") {
  const clv::AnnData data = test::ann_shop_data();
  const std::vector<Index> rows = test::all_rows(data);
  for (const auto loss : {clv::AnnLoss::mse, clv::AnnLoss::ziln}) {
    Rng rng(1);
    clv::AnnForecaster forecaster(test::small_ann(loss), data, rows, {}, rng);
    const auto spend = [&](double share) {
      forecaster.settings.share = share;
      return forecaster.predict(data, rows).spend;
    };
    const std::vector<double> half = spend(0.5), network = spend(1), prior = spend(0);
    double of_prior = 0, spent = 0;
    for (std::size_t i = 0; i < half.size(); ++i) {
      CHECK(half[i] == doctest::Approx((network[i] + prior[i]) / 2));
      CHECK_UNARY(network[i] >= 0 && network[i] <= forecaster.largest);
      of_prior += prior[i], spent += data.spend[i];
    }
    CHECK(of_prior == doctest::Approx(spent));
  }
}

TEST_CASE("what a forecaster is fitted to is the training part alone") {
  clv::AnnData data = test::ann_shop_data();
  const std::vector<Index> rows = tenure::detail::numbers(0, data.size() / 2);
  Rng rng(1), again(1);
  const clv::AnnForecaster forecaster(test::small_ann(), data, rows, {}, rng);
  for (std::size_t i = rows.size(); i < data.spend.size(); ++i) {
    data.spend[i] = 1e6, data.summaries.monetary_value[i] *= 100;
    std::ranges::fill(data.features[static_cast<Index>(i)], 1e5);
  }
  const clv::AnnForecaster other(test::small_ann(), data, rows, {}, again);
  CHECK(state_text(forecaster) == state_text(other));
}

TEST_CASE("a saved forecaster forecasts the same, and its parts must belong together") {
  const clv::AnnData data = test::ann_shop_data();
  const std::vector<Index> rows = test::all_rows(data);
  Rng rng(1);
  clv::AnnForecaster forecaster(test::small_ann(), data, rows, {}, rng);
  forecaster.shifts = {0.1, 0.2, 0.3};
  const test::TemporaryDirectory directory;
  const std::string path = directory.path().string();
  clv::save(forecaster, path);
  const clv::AnnForecaster loaded = clv::load_ann(path);
  CHECK(loaded.predict(data, rows).spend == forecaster.predict(data, rows).spend);
  CHECK(loaded.shifts == forecaster.shifts);
  forecaster.correction = 2;
  clv::save_directory(path + "", forecaster.model, clv::config_json(forecaster));
  CHECK(clv::load_ann(path).correction == 2);
}

TEST_CASE("quantiles are at least 0 and in the order of their shares, whatever their shifts") {
  clv::AnnForecast forecast;
  forecast.spend = {9, 0};
  forecast.quantiles = {{5, 0}, {8, 0}};
  const auto shifted = clv::shifted_quantiles(forecast, std::vector{-1.0, -0.7});
  CHECK(shifted[0] == std::vector<double>{0, 0});
  CHECK(shifted[1] == std::vector<double>{1, 0});
  CHECK(clv::shifted_quantiles(forecast, std::vector{0.1, -1.0})[1] == std::vector{6.0, 0.1});
}
