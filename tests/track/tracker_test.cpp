#include "tenure/track/tracker.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "../message.hpp"
#include "../train/models.hpp"
#include "tenure/optim/adam.hpp"

using namespace tenure;

namespace {

struct TemporaryFile {
  std::string path = "tracker_test_XXXXXX";
  TemporaryFile() { ::close(::mkstemp(path.data())); }
  ~TemporaryFile() { std::remove(path.c_str()); }
  std::string text() const {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
};

struct Recorder final : Tracker {
  std::vector<Index> steps;
  std::vector<std::string> names;
  void log(std::span<const Scalar> values, Index step) override {
    steps.push_back(step);
    names.assign(1, std::string(values.front().name));
  }
};

}  // namespace

TEST_CASE("a CSV file gets a line per epoch whose numbers read back as the same bits") {
  const TemporaryFile file;
  {
    CsvTracker csv(file.path);
    const Scalar first[] = {{"loss", 0.1}, {"val_loss", 1.0 / 3}};
    csv.log(first, 0);
    const Scalar second[] = {{"loss", 1e-300}, {"val_loss", 2}};
    csv.log(second, 1);
    CHECK(file.text() == "epoch,loss,val_loss\n0,0.1,0.3333333333333333\n1,1e-300,2\n");
    const Scalar other[] = {{"mae", 1}};
    test::check_throws<ValueError>([&] { csv.log(other, 2); }, {file.path, "epoch,loss,val_loss", "epoch,mae"});
  }
  {
    CsvTracker more(file.path, true);
    const Scalar third[] = {{"loss", 3}, {"val_loss", 4}};
    more.log(third, 2);
  }
  CHECK(file.text() == "epoch,loss,val_loss\n0,0.1,0.3333333333333333\n1,1e-300,2\n2,3,4\n");
  CsvTracker replaced(file.path);
  CHECK(file.text().empty());
}

TEST_CASE("a file that can't be written is named") {
  test::check_throws<FileError>([] { CsvTracker("/nowhere/at/all.csv"); }, {"/nowhere/at/all.csv", "No such file"});
}

TEST_CASE("fit logs every epoch to its trackers") {
  test::Trained<test::Mlp, Adam<float>> t({});
  Recorder recorder;
  fit(t.model, t.optimizer, mse, test::make_xor(),
      {.epochs = 3, .callbacks = {&recorder}, .progress = Progress::silent});
  CHECK(recorder.steps == std::vector<Index>{0, 1, 2});
  CHECK(recorder.names.front() == "loss");
}
