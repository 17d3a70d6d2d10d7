#include "tenure/metrics/regression.hpp"

#include "../close.hpp"
#include "../message.hpp"
#include "golden.hpp"

using namespace tenure;

TEST_CASE("regression metrics equal scikit-learn's") {
  for (const golden::Case& c : golden::cases) {
    INFO(c.name);
    const std::vector<double>&p = c.prediction, &y = c.target;
    const metrics::Mape mape = metrics::mape(p, y);
    test::check_close(std::vector{metrics::mse(p, y), metrics::rmse(p, y), metrics::mae(p, y), metrics::bias(p, y),
                                  metrics::r2(p, y), metrics::smape(p, y), mape.value},
                      std::vector{c.mse, c.rmse, c.mae, c.bias, c.r2, c.smape, c.mape});
    CHECK(mape.zeros == c.zeros);
  }
}

TEST_CASE("bias is above 0 for predictions that are too high") {
  CHECK(metrics::bias(std::vector{3.0, 3.0}, std::vector{1.0, 2.0}) == 1.5);
}

TEST_CASE("R² is 1 for the targets themselves, 0 for their mean, and as scikit-learn's where all are equal") {
  const std::vector<double> y{1, 2, 6}, mean{3, 3, 3};
  CHECK(metrics::r2(y, y) == 1);
  CHECK(metrics::r2(mean, y) == 0);
  CHECK(metrics::r2(mean, mean) == 1);
  CHECK(metrics::r2(y, mean) == 0);
  const std::vector<double> tenth(3, 0.1);  // whose computed mean is another number
  CHECK(metrics::r2(y, tenth) == 0);
}

TEST_CASE("sMAPE lies in [0, 2]: 0/0 counts 0, and a wrong sign 2") {
  CHECK(metrics::smape(std::vector{0.0, 5.0}, std::vector{0.0, 5.0}) == 0);
  CHECK(metrics::smape(std::vector{1.0, -5.0}, std::vector{0.0, 5.0}) == 2);
  CHECK(metrics::smape(std::vector{0.0, 3.0}, std::vector{0.0, 1.0}) == 0.5);
}

TEST_CASE("MAPE leaves targets of 0 out, says how many, and refuses to be of nothing") {
  const metrics::Mape mape = metrics::mape(std::vector{7.0, 3.0, 1.0}, std::vector{0.0, 2.0, -1.0});
  CHECK(mape.value == 1.25);
  CHECK(mape.zeros == 1);
  test::check_throws<ValueError>([] { metrics::mape(std::vector{1.0}, std::vector{0.0}); },
                                 {"mape: expected a target other than 0"});
}

TEST_CASE("a million equal errors of 0.1 have the mean 0.1 to the last digits") {
  const std::vector<double> p(1000000, 0.1), y(1000000, 0.0);
  CHECK(std::abs(metrics::mae(p, y) - 0.1) < 1e-15);
}
