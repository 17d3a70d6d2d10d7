#include "tenure/train/progress.hpp"

#include <doctest/doctest.h>

using namespace tenure;

namespace {

/// What two epochs of three batches print, the second being ended by a callback.
std::string printed(Progress progress) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    History history;
    double learning_rate = 0.1;
    Training training{history, learning_rate, {}, 10, 3};
    ProgressPrinter printer(progress, file);
    printer.on_train_begin(training);
    for (training.epoch = 0; training.epoch < 2; ++training.epoch) {
      printer.on_epoch_begin(training);
      for (training.batch = 0; training.batch < 3; ++training.batch) {
        const auto begin = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(60)) continue;
        training.loss = 0.25;
        printer.on_batch_end(training);
      }
      history.record("loss", 0.5);
      history.record("val_loss", 0.125);
      printer.on_epoch_end(training);
    }
    training.stop("enough");
    printer.on_train_end(training);
  }
  std::string text(static_cast<std::size_t>(std::ftell(file)), ' ');
  std::rewind(file);
  REQUIRE(std::fread(text.data(), 1, text.size(), file) == text.size());
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("progress is a plain line per epoch where there is no terminal") {
  const std::string text = printed(Progress::automatic);
  CHECK(text.find("epoch  1/10  ") == 0);
  CHECK(text.find(" s  loss 0.5  val_loss 0.125\nepoch  2/10") != std::string::npos);
  CHECK(text.find("\nstopped: enough\n") != std::string::npos);
  CHECK(text.find('\r') == std::string::npos);
}

TEST_CASE("progress is a bar that the epoch's line replaces, on a terminal, and nothing on request") {
  const std::string text = printed(Progress::bar);
  CHECK(text.find("\r\x1b[Kepoch  1/10  [======") == 0);
  CHECK(text.find("/3  ") < text.find(" batches/s  "));
  CHECK(text.find(" left  loss 0.25\r\x1b[Kepoch  1/10  ") != std::string::npos);
  CHECK(text.find(" s  loss 0.5  val_loss 0.125\n\r\x1b[Kepoch  2/10  [") != std::string::npos);
  CHECK(printed(Progress::silent).empty());
}
