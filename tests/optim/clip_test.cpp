#include "tenure/optim/clip.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "../message.hpp"
#include "tenure/core/denormals.hpp"

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

struct OneFloat {
  Parameter<float> a{Shape{2}};
  static void fields(auto& self, auto&& f) { f("a", self.a); }
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

TEST_CASE_FIXTURE(Fixture, "a gradient that is not finite shows in the norm, or is an error, and does not spread") {
  for (const double bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    model.b.gradient()(0) = bad;
    CHECK(!is_finite(gradient_norm(parameters)));
    CHECK(!is_finite(clip_gradient_norm(parameters, 1)));
    clip_gradient_norm_each(parameters, 100);
    test::check_throws<StateError>([&] { clip_gradient_norm(parameters, 1, true); },
                                   {"clip_gradient_norm: expected finite gradients", " in b"});
    test::check_throws<StateError>([&] { check_gradients_finite(parameters); }, {"gradients: ", " in b"});
    CHECK_FALSE(gradients_finite(parameters));
    CHECK(model.a.gradient()(0) == 3);
    CHECK(model.b.gradient()(1) == 0);
  }
  model.b.gradient()(0) = 12;
  model.frozen.gradient()(0) = std::numeric_limits<double>::quiet_NaN();  // which no step uses
  CHECK(clip_gradient_norm(parameters, 20, true) == doctest::Approx(13));
}

TEST_CASE_FIXTURE(Fixture, "gradients whose squares have an infinite sum are clipped like others") {
  for (const double scale : {1e200, 1e307}) {
    model.a.gradient()(0) = 3 * scale;
    model.a.gradient()(1) = -4 * scale;
    model.b.gradient()(0) = 12 * scale;
    CHECK(gradient_norm(parameters) == doctest::Approx(13 * scale).epsilon(1e-12));
    CHECK(clip_gradient_norm(parameters, 13) == doctest::Approx(13 * scale).epsilon(1e-12));
    check(3, -4, 12);
    model.a.gradient()(0) = 3 * scale;
    model.a.gradient()(1) = -4 * scale;
    clip_gradient_norm_each(parameters, 10);
    check(6, -8, 10);
  }
}

TEST_CASE("floats near their largest are clipped to more than nothing") {
  OneFloat model;
  const Parameters<float> parameters(model);
  const FlushDenormals guard;
  model.a.gradient()(0) = 3e38F;
  clip_gradient_norm(parameters, 1e-2);
  CHECK(model.a.gradient()(0) == doctest::Approx(1e-2).epsilon(1e-5));
}

TEST_CASE_FIXTURE(Fixture, "limits below 0 are errors, and 0 is one") {
  for (const double limit : {-1.0, std::numeric_limits<double>::quiet_NaN()}) {
    test::check_throws<ValueError>([&] { clip_gradient_norm(parameters, limit); }, {"clip_gradient_norm", "limit"});
    test::check_throws<ValueError>([&] { clip_gradient_norm_each(parameters, limit); }, {"norm_each", "limit"});
    test::check_throws<ValueError>([&] { clip_gradient_value(parameters, limit); }, {"clip_gradient_value", "limit"});
    test::check_throws<ValueError>([&] { clip_gradients(*parameters.storage(), {.norm = limit}); }, {"limit"});
  }
  check(3, -4, 12);
  CHECK(clip_gradient_norm(parameters, std::numeric_limits<double>::infinity()) == doctest::Approx(13));
  check(3, -4, 12);
  clip_gradient_norm(parameters, 0);
  check(0, 0, 0);
}
