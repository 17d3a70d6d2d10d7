#include <doctest/doctest.h>

#include <cstdint>
#include <tenure/core/tensor.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "../message.hpp"

using namespace tenure;

namespace {

template <class T>
std::vector<T> values_of(const Tensor<T>& tensor) {
  return {tensor.begin(), tensor.end()};
}

}  // namespace

TEST_CASE("a default tensor is empty") {
  const Tensor<float> tensor;
  CHECK(tensor.empty());
  CHECK(tensor.size() == 0);
  CHECK_FALSE(tensor.owning());
  CHECK(Tensor<float>(tensor).empty());
  CHECK(Tensor<float>(View<const float>()).empty());
}

TEST_CASE_TEMPLATE("a tensor of a shape is aligned and zero", T, float, double, std::int64_t) {
  const Tensor<T> tensor({3, 5, 7});
  CHECK(tensor.shape() == Shape{3, 5, 7});
  CHECK(tensor.size() == 105);
  CHECK(tensor.owning());
  CHECK(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64 == 0);
  CHECK(values_of(tensor) == std::vector<T>(105, T{0}));
}

TEST_CASE("a tensor is made of a value, a vector, a list or a view") {
  const std::vector<float> values{1, 2, 3, 4, 5, 6};
  CHECK(values_of(Tensor<float>({2, 3}, 4.5f)) == std::vector<float>(6, 4.5f));
  CHECK(values_of(Tensor<float>({2, 3}, values)) == values);
  CHECK(values_of(Tensor<float>({2, 3}, {1, 2, 3, 4, 5, 6})) == values);
  CHECK(values_of(Tensor<float>(View<const float>(values.data(), {3, 2}))) == values);
  CHECK(values_of(Tensor<float>::from(values)) == values);
  CHECK(Tensor<float>::from(values).shape() == Shape{6});
  CHECK(Tensor<float>({}, {8}).at() == 8);
}

TEST_CASE("nested lists give the shape") {
  const auto vector = Tensor<float>::from({1, 2.5, -3});
  CHECK(vector.shape() == Shape{3});
  CHECK(vector(1) == 2.5f);
  const auto matrix = Tensor<double>::from({{1, 2, 3}, {4, 5, 6}});
  CHECK(matrix.shape() == Shape{2, 3});
  CHECK(matrix(1, 0) == 4);
  const auto cube = Tensor<std::int64_t>::from({{{1, 2}}, {{3, 4}}, {{5, 6}}});
  CHECK(cube.shape() == Shape{3, 1, 2});
  CHECK(cube(2, 0, 1) == 6);
}

TEST_CASE("lists of one element keep their axes") {
  CHECK(Tensor<float>::from({5}).shape() == Shape{1});
  CHECK(Tensor<float>::from({{1, 2}}).shape() == Shape{1, 2});
  CHECK(Tensor<float>::from({{1}, {2}}).shape() == Shape{2, 1});
  CHECK(Tensor<float>::from({{{1, 2}}}).shape() == Shape{1, 1, 2});
  CHECK(Tensor<float>::from({{{1}}, {{2}}}).shape() == Shape{2, 1, 1});
}

TEST_CASE("values that do not fit the shape are refused") {
  const std::vector<float> values{1, 2, 3};
  CHECK(message_of<ShapeError>([&] {
          Tensor<float>({2, 2}, values);
        }) == "tensor: expected 4 values for (2, 2), got 3");
  CHECK(message_of<ShapeError>([] {
          Tensor<float>::from({{1, 2}, {3}});
        }) == "tensor: expected rows of (2), got (1) in row 1");
  CHECK_THROWS_AS(Tensor<float>::from(std::vector<float>{}), ShapeError);
  CHECK_THROWS_AS((Tensor<float>{Shape{2, 0}}), ShapeError);
}

TEST_CASE("a wrapped tensor is the caller's memory") {
  std::vector<float> memory{1, 2, 3, 4, 5, 6};
  {
    Tensor<float> tensor = Tensor<float>::wrap({2, 3}, memory.data());
    CHECK_FALSE(tensor.owning());
    CHECK(tensor.data() == memory.data());
    tensor(1, 2) = 60;
    tensor.at(0, 0) = 10;
    const Tensor<float> moved = std::move(tensor);
    CHECK(moved.data() == memory.data());
    CHECK_FALSE(moved.owning());
  }
  CHECK(memory == std::vector<float>{10, 2, 3, 4, 5, 60});
}

TEST_CASE("a copy owns its elements") {
  std::vector<float> memory{1, 2, 3};
  const Tensor<float> wrapped = Tensor<float>::wrap({3}, memory.data());
  const Tensor<float> copied = wrapped;
  Tensor<float> assigned({7});
  assigned = copied;
  memory[0] = -1;
  CHECK(copied.owning());
  CHECK(copied(0) == 1);
  CHECK(assigned.owning());
  CHECK(assigned.data() != copied.data());
  CHECK(values_of(assigned) == std::vector<float>{1, 2, 3});
}

TEST_CASE("a moved-from tensor is empty and usable") {
  Tensor<float> tensor({4}, 2.0f);
  const float* memory = tensor.data();
  Tensor<float> moved = std::move(tensor);
  CHECK(moved.data() == memory);
  CHECK(tensor.empty());
  CHECK(tensor.shape() == Shape{});
  tensor = Tensor<float>({2}, 1.0f);
  CHECK(tensor.size() == 2);
  moved = std::move(tensor);
  CHECK(values_of(moved) == std::vector<float>{1, 1});
  CHECK(tensor.empty());
}

TEST_CASE("assigning a tensor to itself changes nothing") {
  Tensor<float> tensor({3}, {1, 2, 3});
  Tensor<float>& same = tensor;
  tensor = same;
  CHECK(values_of(tensor) == std::vector<float>{1, 2, 3});
  tensor = std::move(same);
  CHECK(values_of(tensor) == std::vector<float>{1, 2, 3});
}

TEST_CASE("assigning a part of a tensor to it is safe") {
  auto tensor = Tensor<float>::from({{1, 2}, {3, 4}});
  tensor = Tensor<float>(tensor[1]);
  CHECK(values_of(tensor) == std::vector<float>{3, 4});
}

TEST_CASE("tensors swap without copying") {
  Tensor<float> a({2}, 1.0f), b({3}, 2.0f);
  const float* memory = a.data();
  a.swap(b);
  CHECK(b.data() == memory);
  CHECK(a.shape() == Shape{3});
  CHECK(b.shape() == Shape{2});
}

TEST_CASE("rows, slices and reshaped views share the tensor's memory") {
  auto tensor = Tensor<float>::from({{1, 2}, {3, 4}, {5, 6}});
  tensor[1](0) = 30;
  tensor.slice(2, 3)(0, 1) = 60;
  tensor.reshape({6})(0) = 10;
  CHECK(values_of(tensor) == std::vector<float>{10, 2, 30, 4, 5, 60});
  const Tensor<float>& constant = tensor;
  static_assert(std::is_same_v<decltype(constant[0]), View<const float>>);
  static_assert(std::is_same_v<decltype(constant.at(0, 0)), const float&>);
  CHECK(constant.slice(1, 3).data() == tensor.data() + 2);
  CHECK(constant.reshape({-1}).shape() == Shape{6});
  CHECK(constant.view().data() == tensor.data());
}

TEST_CASE("a tensor is checked as its view is") {
  Tensor<float> tensor({2, 3});
  CHECK_THROWS_AS(tensor.at(2, 0), IndexError);
  CHECK_THROWS_AS(tensor.at(0), IndexError);
  CHECK_THROWS_AS(tensor[2], IndexError);
  CHECK_THROWS_AS(tensor.slice(0, 3), IndexError);
  CHECK_THROWS_AS(tensor.reshape({7}), ShapeError);
}

TEST_CASE("fill sets every element") {
  Tensor<double> tensor({2, 3});
  tensor.fill(1.5);
  CHECK(values_of(tensor) == std::vector<double>(6, 1.5));
  Tensor<double>().fill(1);
}

TEST_CASE("a tensor converts to views where one is taken") {
  Tensor<float> tensor({2}, {1, 2});
  const auto first = [](View<const float> view) { return view(0); };
  const auto set = [](View<float> view) { view(0) = 9; };
  CHECK(first(tensor) == 1);
  set(tensor);
  CHECK(tensor(0) == 9);
  CHECK(first(std::as_const(tensor)) == 9);
  static_assert(!std::is_convertible_v<const Tensor<float>&, View<float>>);
}
