// A function whose argument is ours, defined in one half of a program (CALLEE) and called from the other.
#include <tenure/core/tensor.hpp>

#ifdef CALLEE
float first(tenure::Tensor<float>& tensor) { return tensor(0); }
#else
float first(tenure::Tensor<float>& tensor);

int main() {
  tenure::Tensor<float> tensor({1});
  return first(tensor) == 0 ? 0 : 1;
}
#endif
