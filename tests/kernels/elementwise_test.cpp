#include <doctest/doctest.h>

#include <random>
#include <string_view>
#include <tenure/kernels/elementwise.hpp>
#include <vector>

namespace {

using namespace tenure;

/// One input and a result, or two inputs and a result: all kernels but those with a factor look like one of these.
template <class T>
using Unary = void (*)(Index, const T*, T*) noexcept;
template <class T>
using Binary = void (*)(Index, const T*, const T*, T*) noexcept;

template <class T>
std::vector<T> random_vector(std::size_t n, T low, T high) {
  static std::mt19937 random(3);
  std::uniform_real_distribution<T> uniform(low, high);
  std::vector<T> values(n);
  for (T& value : values) value = uniform(random);
  return values;
}

/// Largest difference, relative to 1 + |expected|, of a kernel from its reference over all lengths from 1 to 70. The
/// arrays are one longer: what follows the last element must stay.
template <class T, class Kernel, class Reference>
double largest_error(Kernel kernel, Reference reference, T low) {
  double largest = 0;
  for (Index n = 1; n <= 70; ++n) {
    const auto size = static_cast<std::size_t>(n) + 1;
    const std::vector<T> a = random_vector<T>(size, low, 4);
    const std::vector<T> b = random_vector<T>(size, low, 4);
    const std::vector<T> start = random_vector<T>(size, -1, 1);
    std::vector<T> y = start;
    std::vector<T> expected = start;
    kernel(n, a.data(), b.data(), y.data());
    reference(n, a.data(), b.data(), expected.data());
    for (std::size_t i = 0; i < size; ++i) {
      const double difference = std::abs(static_cast<double>(y[i]) - static_cast<double>(expected[i]));
      largest = std::max(largest, difference / (1 + std::abs(static_cast<double>(expected[i]))));
    }
    if (y.back() != start.back()) return 1;
  }
  return largest;
}

template <class T>
constexpr double tolerance = sizeof(T) == 4 ? 2e-6 : 1e-14;

}  // namespace

// A row of a table of kernels.
#define TENURE_ROW(name, low) \
  { #name, &kernels::name < simd::DefaultArch, TestType>, &kernels::reference::name < TestType>, TestType(low) }

TEST_CASE_TEMPLATE("kernels of one array agree with their definition, in place too", TestType, float, double) {
  struct Row {
    std::string_view name;
    Unary<TestType> kernel, reference;
    TestType low;
  };
  const Row rows[] = {TENURE_ROW(exp, -4),     TENURE_ROW(square, -4),   TENURE_ROW(abs, -4),      TENURE_ROW(tanh, -4),
                      TENURE_ROW(sigmoid, -4), TENURE_ROW(softplus, -4), TENURE_ROW(relu, -4),     TENURE_ROW(gelu, -4),
                      TENURE_ROW(log, 0.01),   TENURE_ROW(sqrt, 0.01),   TENURE_ROW(gelu_tanh, -4)};
  for (const Row& row : rows) {
    INFO(row.name);
    const auto reference = [&](Index n, const TestType* x, const TestType*, TestType* y) { row.reference(n, x, y); };
    const auto apart = [&](Index n, const TestType* x, const TestType*, TestType* y) { row.kernel(n, x, y); };
    const auto in_place = [&](Index n, const TestType* x, const TestType*, TestType* y) {
      std::copy(x, x + n, y);
      row.kernel(n, y, y);
    };
    CHECK(largest_error(apart, reference, row.low) <= tolerance<TestType>);
    CHECK(largest_error(in_place, reference, row.low) <= tolerance<TestType>);
  }
}

TEST_CASE_TEMPLATE("kernels of two arrays agree with their definition", TestType, float, double) {
  struct Row {
    std::string_view name;
    Binary<TestType> kernel, reference;
    TestType low;
  };
  const Row rows[] = {TENURE_ROW(add, -4),
                      TENURE_ROW(subtract, -4),
                      TENURE_ROW(multiply, -4),
                      TENURE_ROW(multiply_add, -4),
                      TENURE_ROW(divide, 0.1),
                      TENURE_ROW(exp_backward, -4),
                      TENURE_ROW(log_backward, 0.1),
                      TENURE_ROW(square_backward, -4),
                      TENURE_ROW(sqrt_backward, 0.1),
                      TENURE_ROW(abs_backward, -4),
                      TENURE_ROW(tanh_backward, -4),
                      TENURE_ROW(sigmoid_backward, -4),
                      TENURE_ROW(softplus_backward, 0.1),
                      TENURE_ROW(gelu_backward, -4),
                      TENURE_ROW(gelu_tanh_backward, -4)};
  for (const Row& row : rows) {
    INFO(row.name);
    CHECK(largest_error(row.kernel, row.reference, row.low) <= tolerance<TestType>);
  }
}

TEST_CASE_TEMPLATE("kernels with other arguments agree with their definition", TestType, float, double) {
  using In = const TestType*;
  using Out = TestType*;
  const TestType factor = TestType(-0.3);
  const TestType slope = TestType(0.2);
#define TENURE_CHECK(call)                                                                                         \
  CHECK(largest_error(                                                                                             \
            [=]([[maybe_unused]] Index n, [[maybe_unused]] In a, [[maybe_unused]] In b, Out y) { kernels::call; }, \
            [=]([[maybe_unused]] Index n, [[maybe_unused]] In a, [[maybe_unused]] In b, Out y) {                   \
              kernels::reference::call;                                                                            \
            },                                                                                                     \
            TestType(0.1)) <= tolerance<TestType>)
  TENURE_CHECK(scale(n, factor, a, y));
  TENURE_CHECK(axpy(n, factor, a, y));
  TENURE_CHECK(fill(n, factor, y));
  TENURE_CHECK(relu_backward(n, a, b, y));
  TENURE_CHECK(relu_backward(n, a, b, y, false));
  TENURE_CHECK(leaky_relu(n, slope, a, y));
  TENURE_CHECK(leaky_relu_backward(n, slope, a, b, y));
#undef TENURE_CHECK
}

// The definitions of forward and backward are written apart: this ties them together.
TEST_CASE("backward kernels add the derivative of the forward kernels") {
  using Reads = enum { x_of_forward, y_of_forward };
  struct Row {
    std::string_view name;
    Unary<double> forward;
    Binary<double> backward;
    Reads reads;
    double low;
  };
#define TENURE_PAIR(name, reads, low)                                                          \
  {                                                                                            \
#name, &kernels::name < simd::DefaultArch, double>,                                        \
        [](Index count, const double* from, const double* dy,                                  \
           double* dx) noexcept { kernels::name##_backward(count, from, dy, dx); }, reads, low \
  }
  const Row rows[] = {TENURE_PAIR(exp, y_of_forward, -4),      TENURE_PAIR(log, x_of_forward, 0.1),
                      TENURE_PAIR(square, x_of_forward, -4),   TENURE_PAIR(sqrt, y_of_forward, 0.1),
                      TENURE_PAIR(abs, x_of_forward, -4),      TENURE_PAIR(tanh, y_of_forward, -4),
                      TENURE_PAIR(sigmoid, y_of_forward, -4),  TENURE_PAIR(softplus, y_of_forward, -4),
                      TENURE_PAIR(relu, y_of_forward, -4),     TENURE_PAIR(gelu, x_of_forward, -4),
                      TENURE_PAIR(gelu_tanh, x_of_forward, -4)};
#undef TENURE_PAIR
  constexpr Index n = 100;
  constexpr double step = 1e-5;
  for (const Row& row : rows) {
    INFO(row.name);
    std::vector<double> x = random_vector<double>(n, row.low, 4);
    const std::vector<double> dy = random_vector<double>(n, -1, 1);
    std::vector<double> below = x, above = x, y(n), dx(n, 0.5);
    for (double& value : below) value -= step;
    for (double& value : above) value += step;
    row.forward(n, x.data(), y.data());
    row.forward(n, below.data(), below.data());
    row.forward(n, above.data(), above.data());
    row.backward(n, row.reads == x_of_forward ? x.data() : y.data(), dy.data(), dx.data());
    double largest = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double slope = (above[i] - below[i]) / (2 * step);
      largest = std::max(largest, std::abs(dx[i] - 0.5 - dy[i] * slope));
    }
    CHECK(largest < 1e-7);
  }
}
