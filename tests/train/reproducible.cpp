/// Trains a small network and prints a digest of all bits that came of it; CTest runs it twice (run_twice.cmake).
#include <bit>
#include <cstdio>

#include "models.hpp"
#include "tenure/optim/adam.hpp"

using namespace tenure;

namespace {

/// FNV-1a, 64 bits.
class Digest {
 public:
  void add(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) value_ = (value_ ^ std::to_integer<std::uint64_t>(byte)) * 0x100000001b3;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325;
};

}  // namespace

int main() {
  test::Trained<test::Mlp, Adam<float>> t({.learning_rate = 0.01, .weight_decay = 0.01});
  t.model.rate = 0.2;
  t.model.hidden.weight.set_regularizer({.l1 = 1e-4, .l2 = 1e-4});
  const auto data = test::make_regression(200);
  const History history =
      fit(t.model, t.optimizer, mse, data,
          {.epochs = 5, .seed = 3, .validation_split = 0.2, .clipping = {.norm = 1}, .progress = Progress::silent});
  Digest digest;
  digest.add(std::as_bytes(t.parameters.values().span()));
  for (const char* name : {"loss", "data_loss", "val_loss"}) digest.add(std::as_bytes(std::span(history[name])));
  const Tensor<float> prediction = predict(t.model, data);
  digest.add(std::as_bytes(prediction.view().span()));
  std::printf("%.9g %016llx\n", history.last("loss"), static_cast<unsigned long long>(digest.value()));
}
