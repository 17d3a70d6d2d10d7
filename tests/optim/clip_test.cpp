#include "tenure/optim/clip.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace tenure;

namespace {

struct Model {
  Parameter<double> a{Shape{2}};
  Parameter<double> b{Shape{2}};
  Parameter<double> frozen{Shape{1}};
  Model() { frozen.set_trainable(false); }
  static void fields(auto& self, auto&& f) {
    f("a", self.a);
    f("frozen", self.frozen);
    f("b", self.b);
  }
};

struct Fixture {
  Model model;
  Parameters<double> parameters{model};
  Fixture() {
    model.a.gradient()(0) = 3;
    model.a.gradient()(1) = -4;
    model.b.gradient()(0) = 12;
    model.frozen.gradient()(0) = 100;
  }
  void check(double a0, double a1, double b0) {
    CHECK(model.a.gradient()(0) == doctest::Approx(a0).epsilon(1e-12));
    CHECK(model.a.gradient()(1) == doctest::Approx(a1).epsilon(1e-12));
    CHECK(model.b.gradient()(0) == doctest::Approx(b0).epsilon(1e-12));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "clipping by the norm of all trainable gradients is PyTorch's, and gives the norm before") {
  CHECK(gradient_norm(parameters) == doctest::Approx(13));
  CHECK(clip_gradient_norm(parameters, 20) == doctest::Approx(13));
  check(3, -4, 12);
  CHECK(clip_gradient_norm(parameters, 2) == doctest::Approx(13));
  const double factor = 2 / (13 + 1e-6);
  check(3 * factor, -4 * factor, 12 * factor);
}

TEST_CASE_FIXTURE(Fixture, "clipping each parameter by its own norm is Keras's clipnorm") {
  clip_gradient_norm_each(parameters, 6);
  check(3, -4, 6);
  clip_gradient_norm_each(parameters, 1);
  check(0.6, -0.8, 1);
}

TEST_CASE_FIXTURE(Fixture, "clipping by value limits both signs") {
  clip_gradient_value(parameters, 3.5);
  check(3, -3.5, 3.5);
  CHECK(model.frozen.gradient()(0) == 100);
}

TEST_CASE_FIXTURE(Fixture, "several limits are applied one after the other, and none by default") {
  clip_gradients(*parameters.storage(), {});
  check(3, -4, 12);
  clip_gradients(*parameters.storage(), {.value = 4, .norm_each = 4, .norm = 1});
  CHECK(gradient_norm(parameters) == doctest::Approx(1).epsilon(1e-6));
  CHECK(model.b.gradient()(0) == doctest::Approx(4 / std::sqrt(32)).epsilon(1e-6));
}

TEST_CASE_FIXTURE(Fixture, "an infinite gradient shows in the norm that is returned") {
  model.b.gradient()(0) = std::numeric_limits<double>::infinity();
  CHECK(!is_finite(clip_gradient_norm(parameters, 1)));
  CHECK(model.a.gradient()(0) == 0);
}
