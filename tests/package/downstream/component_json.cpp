#include <tenure/io/safetensors.hpp>

int main() {
  tenure::SafetensorsWriter writer;
  writer.add("x", tenure::Tensor<float>({2}, 1));
  writer.write("x.safetensors");
  return tenure::SafetensorsReader("x.safetensors").read<double>("x")(1) == 1 ? 0 : 1;
}
