#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <sstream>
#include <tenure/core/print.hpp>

using namespace tenure;

TEST_CASE("tensors print as nested brackets") {
  CHECK(to_string(Tensor<float>()) == "[]");
  CHECK(to_string(Tensor<float>(Shape{}, 3.0f)) == "3");
  CHECK(to_string(Tensor<float>::from({1, -0.5, 1e10})) == "[1, -0.5, 1e+10]");
  CHECK(to_string(Tensor<double>::from({{1, 2}, {3, 4}})) == "[[1, 2],\n [3, 4]]");
  CHECK(to_string(Tensor<std::int64_t>::from({{{1}, {2}}, {{3}, {4}}})) == "[[[1],\n  [2]],\n [[3],\n  [4]]]");
}

TEST_CASE("numbers print with six significant digits, integers in full") {
  CHECK(to_string(Tensor<double>::from({3.14159265358979})) == "[3.14159]");
  CHECK(to_string(Tensor<float>::from({1.0f / 3})) == "[0.333333]");
  CHECK(to_string(Tensor<std::int64_t>::from({1234567890123})) == "[1234567890123]");
}

TEST_CASE("long axes print their edges") {
  Tensor<std::int64_t> tensor({10});
  std::iota(tensor.begin(), tensor.end(), 0);
  CHECK(to_string(tensor) == "[0, 1, 2, ..., 7, 8, 9]");
  CHECK(to_string(tensor, 1) == "[0, ..., 9]");
  CHECK(to_string(tensor, 5) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
  CHECK(to_string(tensor.reshape({5, 2}), 1) == "[[0, 1],\n ...,\n [8, 9]]");
}

TEST_CASE("tensors and views go to streams") {
  const auto tensor = Tensor<float>::from({1, 2});
  std::ostringstream stream;
  stream << tensor << ' ' << tensor.view() << ' ' << tensor.slice(0, 1);
  CHECK(stream.str() == "[1, 2] [1, 2] [1]");
}
