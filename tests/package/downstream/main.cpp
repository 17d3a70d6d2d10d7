// Two translation units that include everything: a function that lacks its `inline` shows at link time.
#include <tenure/tenure.hpp>

float other(tenure::Tensor<float>& tensor);

int main() {
  auto tensor = tenure::Tensor<float>::from({{1, 2}, {3, 4}});
  tenure::as_eigen(tensor) *= 2.0f;
  return other(tensor) == 60 ? 0 : 1;
}
