#include "tenure/optim/schedules.hpp"

#include <doctest/doctest.h>

#include <limits>
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

}  // namespace

// PyTorch 1.13: StepLR(o, 3, 0.5), CosineAnnealingLR(o, 8, 0.01) and
// SequentialLR(o, [LinearLR(o, 0.1, 1, 4), CosineAnnealingLR(o, 6, 0)], [4]) from a rate of 0.1.
TEST_CASE("step, cosine and warm-up schedules equal PyTorch's") {
  check_rates(StepLr{.initial_learning_rate = 0.1, .step_size = 3, .gamma = 0.5},
              {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125});
  check_rates(CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 8, .minimum = 0.01},
              {0.1, 0.0965745789630079, 0.08681980515339463, 0.07222075445642905, 0.055, 0.03777924554357096,
               0.023180194846605363, 0.013425421036992097, 0.01});
  check_rates(WarmUp(4, CosineDecay{.initial_learning_rate = 0.1, .decay_steps = 6}, 0.1),
              {0.01, 0.0325, 0.055, 0.0775, 0.1, 0.09330127018922195, 0.075, 0.05, 0.025, 0.006698729810778065});
}

TEST_CASE("a cosine schedule stays at its minimum, as Keras's, and a warm-up starts from zero by default") {
  const CosineDecay cosine{.initial_learning_rate = 0.1, .decay_steps = 8, .minimum = 0.01};
  CHECK(cosine(8) == doctest::Approx(0.01));
  CHECK(cosine(100) == doctest::Approx(0.01));
  CHECK(WarmUp(10, cosine)(0) == 0);
  CHECK(WarmUp(10, cosine)(5) == doctest::Approx(0.05));
  CHECK(WarmUp(10, WarmUp(1, cosine, 1))(11) == doctest::Approx(0.1));
  test::check_throws<ValueError>([&] { WarmUp(0, cosine); }, {"warm up", "got 0"});
}

TEST_CASE("settings and steps outside their domain are named") {
  constexpr Index most = std::numeric_limits<Index>::max();
  test::check_throws<ValueError>([] { StepLr{.initial_learning_rate = 1, .step_size = 0}(3); }, {"StepLr", "got 0"});
  test::check_throws<ValueError>([] { StepLr{.initial_learning_rate = -1, .step_size = 1}(0); }, {"rate", "got -1"});
  test::check_throws<ValueError>([] { StepLr{.initial_learning_rate = 1, .step_size = 1, .gamma = -2}(0); }, {"gamma"});
  test::check_throws<ValueError>([] { StepLr{.initial_learning_rate = 1, .step_size = 1}(-1); }, {"step", "got -1"});
  test::check_throws<ValueError>([] { CosineDecay{.initial_learning_rate = 1, .decay_steps = 0}(0); },
                                 {"CosineDecay", "got 0"});
  test::check_throws<ValueError>([] { CosineDecay{.initial_learning_rate = 1, .decay_steps = 1, .minimum = -1}(0); },
                                 {"minimum", "got -1"});
  const CosineDecay cosine{.initial_learning_rate = 0.1, .decay_steps = most};
  CHECK(cosine(most) == doctest::Approx(0));
  CHECK(StepLr{.initial_learning_rate = 1, .step_size = most}(5) == 1);
  CHECK(WarmUp(most, cosine)(most - 1) == doctest::Approx(0.1));
  test::check_throws<ValueError>([&] { WarmUp(3, cosine, 2); }, {"start in [0, 1]", "got 2"});
  test::check_throws<ValueError>([&] { WarmUp(3, cosine)(-1); }, {"warm up", "got -1"});
}
