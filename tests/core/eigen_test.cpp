#include <doctest/doctest.h>

#include <tenure/core/eigen.hpp>
#include <type_traits>

using namespace tenure;

TEST_CASE("a matrix maps to Eigen as it is, in the same memory") {
  auto tensor = Tensor<float>::from({{1, 2, 3}, {4, 5, 6}});
  auto map = as_eigen(tensor);
  CHECK(map.rows() == 2);
  CHECK(map.cols() == 3);
  CHECK(map.data() == tensor.data());
  CHECK(map(1, 0) == 4);
  map *= 2;
  CHECK(tensor(1, 2) == 12);
}

TEST_CASE("other ranks map to the rows of their last axis") {
  const Tensor<double> cube({2, 3, 4}, 1.0);
  CHECK(as_eigen(cube).rows() == 6);
  CHECK(as_eigen(cube).cols() == 4);
  CHECK(as_eigen(cube).sum() == 24);
  CHECK(as_eigen(cube[0]).rows() == 3);
  const auto row = as_eigen(Tensor<double>({5}).view());
  CHECK(row.rows() == 1);
  CHECK(row.cols() == 5);
  CHECK(as_eigen(Tensor<double>(Shape{}, 7.0).view())(0, 0) == 7);
  CHECK(as_eigen(Tensor<double>().view()).size() == 0);
}

TEST_CASE("a constant tensor maps to a constant matrix") {
  const Tensor<float> tensor({2, 2});
  static_assert(std::is_same_v<decltype(as_eigen(tensor)), Eigen::Map<const EigenMatrix<float>>>);
}
