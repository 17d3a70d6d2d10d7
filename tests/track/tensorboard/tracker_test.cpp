#include "tenure/track/tensorboard/tracker.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "../../message.hpp"
#include "../../train/models.hpp"
#include "event_file.hpp"
#include "tenure/optim/adam.hpp"

using namespace tenure;

namespace {

using Events = std::vector<tensorboard::Event>;

/// The events of the directory's only file.
Events events_in(const test::TemporaryDirectory& directory) {
  REQUIRE(directory.files() == 1);
  return test::read_events(std::filesystem::directory_iterator(directory.path())->path().string());
}

/// The numbers of one tag, by step from `first_step` on.
std::vector<float> scalars(const Events& events, const std::string& tag, Index first_step = 0) {
  std::vector<float> values;
  for (const tensorboard::Event& event : events) {
    for (const tensorboard::Summary::Value& value : event.summary().value()) {
      if (value.tag() != tag || value.has_histogram()) continue;
      CHECK(event.step() == first_step + static_cast<Index>(values.size()));
      values.push_back(value.simple_value());
    }
  }
  return values;
}

}  // namespace

TEST_CASE("fit writes the history of every epoch and a histogram of each parameter") {
  const test::TemporaryDirectory directory;
  test::Trained<test::Mlp, Adam<float>> t({});
  TensorBoard board(directory.path().string());
  board.log_hyperparameters(std::vector<Setting>{{"units", "16"}});
  board.watch(t.parameters);
  const History history =
      fit(t.model, t.optimizer, mse, test::make_xor(),
          {.epochs = 3, .gradient_norm = true, .callbacks = {&board}, .progress = Progress::silent});
  board.finish(RunStatus::finished);
  const Events events = events_in(directory);
  for (const char* name : {"loss", "gradient_norm", "learning_rate"}) {
    const std::vector<float> expected(history[name].begin(), history[name].end());
    CHECK(expected.size() == 3);
    CHECK(scalars(events, name) == expected);
  }
  std::vector<std::string> histograms;
  for (const tensorboard::Event& event : events) {
    for (const tensorboard::Summary::Value& value : event.summary().value()) {
      if (!value.has_histogram() || event.step() != 2) continue;
      histograms.push_back(value.tag());
      if (value.tag() != "hidden.weight") continue;
      const auto weights = t.model.hidden.weight.value();
      CHECK(value.histogram().count() == 32);
      CHECK(value.histogram().max() == *std::max_element(weights.begin(), weights.end()));
    }
  }
  CHECK(histograms == std::vector<std::string>{"hidden.weight", "hidden.bias", "head.weight", "head.bias"});
  CHECK(events[2].summary().value(0).tag() == "_hparams_/session_start_info");
  CHECK(events.back().summary().value(0).tag() == "_hparams_/session_end_info");
}

TEST_CASE("the file of a training that went on starts its session with the first epoch that follows") {
  const test::TemporaryDirectory directory;
  test::Trained<test::Mlp, Adam<float>> t({});
  TensorBoard board(directory.path().string());
  fit(t.model, t.optimizer, mse, test::make_xor(),
      {.epochs = 5, .initial_epoch = 3, .callbacks = {&board}, .progress = Progress::silent});
  const Events events = events_in(directory);
  CHECK(events[1].has_session_log());
  CHECK(events[1].step() == 3);
  CHECK(scalars(events, "loss", 3).size() == 2);
}

TEST_CASE("a run that was interrupted has no end yet, and one that never began leaves earlier ones as they are") {
  const test::TemporaryDirectory directory;
  TensorBoard board(directory.path().string());
  board.finish(RunStatus::failed);
  CHECK(directory.files() == 0);
  board.log(std::vector<Scalar>{{"loss", 1}}, 0);
  board.finish(RunStatus::interrupted);
  CHECK(events_in(directory).back().summary().value(0).tag() == "loss");
  board.finish(RunStatus::failed);
  CHECK(events_in(directory).back().summary().value(0).tag() == "_hparams_/session_end_info");
}

TEST_CASE("a directory that can't be made is known before the training") {
  const test::TemporaryDirectory directory;
  test::write_text(directory / "file", "");
  test::check_throws<FileError>([&] { TensorBoard(directory / "file/run"); }, {directory / "file/run", "make"});
}
