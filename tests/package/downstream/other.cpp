#include <tenure/tenure.hpp>

float other(tenure::Tensor<float>& tensor) {
  using namespace tenure;
  Tensor<float> product({2, 2});
  kernels::gemm(2, 2, 2, tensor.data(), 2, tensor.data(), 2, product.data(), 2);
  return product(1, 0);
}
