#include "tenure/optim/schedules.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "../message.hpp"

using namespace tenure;

namespace {

void check_rates(const auto& schedule, const std::vector<double>& expected) {
  for (std::size_t t = 0; t < expected.size(); ++t) {
    CAPTURE(t);
    CHECK(schedule(static_cast<Index>(t)) == doctest::Approx(expected[t]).epsilon(1e-12));
  }
}

void check_plateau(const ReduceOnPlateauConfig& config, const std::vector<double>& losses,
                   const std::vector<double>& expected) {
  ReduceOnPlateau plateau(config);
  double rate = 1;
  for (std::size_t t = 0; t < losses.size(); ++t) {
    CAPTURE(t);
    rate = plateau(losses[t], rate);
    CHECK(rate == expected[t]);
  }
}

const std::vector<double> plateau_losses = {5, 4, 3.9995, 3.9994, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3};

}  // namespace

// PyTorch 1.13: StepLR(o, 3, 0.5), CosineAnnealingLR(o, 8, 0.01) and
// SequentialLR(o, [LinearLR(o, 0.1, 1, 4), CosineAnnealingLR(o, 6, 0)], [4]) from a rate of 0.1.
TEST_CASE("step, cosine and warm-up schedules equal PyTorch's") {
  check_rates(StepSchedule{.initial = 0.1, .period = 3, .factor = 0.5},
              {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125});
  check_rates(CosineSchedule{.initial = 0.1, .steps = 8, .minimum = 0.01},
              {0.1, 0.0965745789630079, 0.08681980515339463, 0.07222075445642905, 0.055, 0.03777924554357096,
               0.023180194846605363, 0.013425421036992097, 0.01});
  check_rates(WarmUp(4, CosineSchedule{.initial = 0.1, .steps = 6}, 0.1),
              {0.01, 0.0325, 0.055, 0.0775, 0.1, 0.09330127018922195, 0.075, 0.05, 0.025, 0.006698729810778065});
}

TEST_CASE("a cosine schedule stays at its minimum, as Keras's, and a warm-up starts from zero by default") {
  const CosineSchedule cosine{.initial = 0.1, .steps = 8, .minimum = 0.01};
  CHECK(cosine(8) == doctest::Approx(0.01));
  CHECK(cosine(100) == doctest::Approx(0.01));
  CHECK(WarmUp(10, cosine)(0) == 0);
  CHECK(WarmUp(10, cosine)(5) == doctest::Approx(0.05));
  CHECK(WarmUp(10, WarmUp(1, cosine, 1))(11) == doctest::Approx(0.1));
  test::check_throws<ValueError>([&] { WarmUp(0, cosine); }, {"warm up", "got 0"});
}

// PyTorch 1.13: ReduceLROnPlateau(o, factor=0.5, patience=2, threshold=1e-3), and
// (o, factor=0.5, patience=1, threshold=1e-3, cooldown=2, min_lr=0.2).
TEST_CASE("reduce on plateau with PyTorch's settings, patience and cooldown one more, gives PyTorch's rates") {
  check_plateau(
      {.factor = 0.5, .patience = 3, .min_delta = 1e-3, .relative = true, .cooldown = 1}, plateau_losses,
      {1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.125, 0.0625, 0.0625, 0.0625, 0.03125});
  check_plateau({.factor = 0.5, .patience = 2, .min_delta = 1e-3, .relative = true, .cooldown = 3, .minimum = 0.2},
                plateau_losses,
                {1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2});
}

// By hand from keras/src/callbacks/reduce_lr_on_plateau.py.
TEST_CASE("reduce on plateau gives Keras's rates") {
  check_plateau({.factor = 0.5, .patience = 2, .min_delta = 1e-3}, plateau_losses,
                {1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625, 0.0625, 0.0625, 0.03125, 0.03125,
                 0.015625, 0.015625, 0.0078125});
  check_plateau({.factor = 0.5, .patience = 2, .cooldown = 2}, {2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1},
                {1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25, 0.125});
}

TEST_CASE("reduce on plateau: a NaN is no improvement; state is all that the next epoch depends on") {
  ReduceOnPlateau plateau({.factor = 0.5, .patience = 3, .cooldown = 2});
  CHECK(plateau(1, 1) == 1);
  CHECK(plateau(std::numeric_limits<double>::quiet_NaN(), 1) == 1);
  CHECK(plateau(1, 1) == 1);
  ReduceOnPlateau other(plateau.config);
  std::vector<double> saved;
  ReduceOnPlateau::state(plateau, [&](const char*, auto member) { saved.push_back(static_cast<double>(member)); });
  auto next = saved.begin();
  ReduceOnPlateau::state(other,
                         [&]<class Member>(const char*, Member& member) { member = static_cast<Member>(*next++); });
  CHECK(other(1, 1) == 0.5);
  test::check_throws<ValueError>([] { ReduceOnPlateau({.factor = 1}); }, {"factor", "got 1"});
  test::check_throws<ValueError>([] { ReduceOnPlateau({.patience = -1}); }, {"patience", "got -1"});
}
