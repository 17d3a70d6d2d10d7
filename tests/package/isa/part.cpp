// One half of a program, compiled twice for different instruction sets: PART is the name of this half's function.
#include <tenure/tenure.hpp>

extern "C" float PART(int n) {
  using namespace tenure;
  const auto side = static_cast<Index>(n);
  Rng rng(1);
  Tensor<float> x({side, side}), y({side, side});
  for (float& value : x) value = static_cast<float>(rng.normal());
  kernels::gemm(side, side, side, x.data(), side, x.data(), side, y.data(), side);
  simd::transform(
      y.size(), y.data(), [](auto v) { return simd::tanh(v); }, y.data());
#ifdef WITH_EIGEN
  as_eigen(x).noalias() = as_eigen(y) * as_eigen(y);
  y.fill(as_eigen(x).sum());
#endif
  Arena arena;
  float* sum = arena.allocate<float>(1);
  *sum = 0;
  for (const float value : y[0]) *sum += value;
  return *sum + static_cast<float>(to_string(y).size());
}
