/// A first network: forecast a customer's spend of the next month from that of the last twelve.
///
/// The shop is simulated: each customer has a level of spending of its own, a season, a trend and noise. The network is
/// set beside two rules that need no training, because a forecast that does not beat them is worth nothing.
#include <cstdio>
#include <numbers>
#include <tenure/tenure.hpp>

using namespace tenure;

namespace {

constexpr Index months = 12;

struct Customers {
  Tensor<float> spend;  // (customers, months)
  Tensor<float> next;   // (customers, 1)
};

Customers simulate(Index customers, Rng& rng) {
  Customers shop{Tensor<float>({customers, months}), Tensor<float>({customers, 1})};
  for (Index c = 0; c < customers; ++c) {
    const double level = std::exp(rng.normal(0, 0.5));
    const double season = rng.uniform(0, 0.6);
    const double phase = rng.uniform(0, 2 * std::numbers::pi);
    const double trend = rng.normal(0, 0.03);
    for (Index m = 0; m <= months; ++m) {
      const double month = static_cast<double>(m);
      const double mean = level * (1 + season * std::sin(2 * std::numbers::pi * month / 12 + phase) + trend * month);
      const auto amount = static_cast<float>(std::max(0.0, mean + rng.normal(0, 0.1)));
      (m < months ? shop.spend(c, m) : shop.next(c, 0)) = amount;
    }
  }
  return shop;
}

struct Forecaster {
  Linear<float> hidden;
  Linear<float> head;

  explicit Forecaster(Rng& rng)
      : hidden({.in_features = months, .out_features = 32}, rng), head({.in_features = 32, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("hidden", self.hidden);
    f("head", self.head);
  }
  Var<float> operator()(Var<float> x) const { return head(relu(hidden(x))); }
};

double rmse(const Tensor<float>& truth, auto&& forecast) {
  double sum = 0;
  for (Index c = 0; c < truth.size(); ++c) {
    const double error = static_cast<double>(forecast(c)) - static_cast<double>(truth(c, 0));
    sum += error * error;
  }
  return std::sqrt(sum / static_cast<double>(truth.size()));
}

}  // namespace

int main() {
  Rng rng(42);
  const Customers train = simulate(3000, rng);
  const Customers test = simulate(1000, rng);

  Forecaster model(rng);
  Parameters<float> parameters(model);
  Adam<float> adam(parameters, {.learning_rate = 3e-3});
  Tape<float> tape;
  std::printf("%td parameters\n", parameters.count());

  constexpr Index batch = 50;
  for (int epoch = 1; epoch <= 30; ++epoch) {
    double loss = 0;
    for (Index begin = 0; begin < train.next.size(); begin += batch) {
      tape.reset();
      const auto x = tape.input(train.spend.slice(begin, begin + batch));
      const auto y = tape.input(train.next.slice(begin, begin + batch));
      const auto error = mse(model(x), y);
      error.backward();
      adam.step();
      loss += static_cast<double>(error.item());
    }
    if (epoch % 5 == 0)
      std::printf("epoch %2d  mse %.5f\n", epoch, loss * batch / static_cast<double>(train.next.size()));
  }

  tape.reset();
  NoGrad inference(tape);
  const auto forecast = model(tape.input(test.spend)).value();
  std::printf("\nrmse on %td customers not seen in training\n", test.next.size());
  std::printf("  network               %.4f\n", rmse(test.next, [&](Index c) { return forecast(c, 0); }));
  std::printf("  same month last year  %.4f\n", rmse(test.next, [&](Index c) { return test.spend(c, 0); }));
  std::printf("  last month            %.4f\n", rmse(test.next, [&](Index c) { return test.spend(c, months - 1); }));
}
