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
