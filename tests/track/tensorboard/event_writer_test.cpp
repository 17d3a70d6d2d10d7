// How TensorBoard's own kind of reader takes these files is checked in tests/tensorboard.
#include "tenure/track/tensorboard/event_writer.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "event_file.hpp"

using namespace tenure;
using test::TemporaryDirectory, test::read_events;

TEST_CASE("an event file begins with its version and the start of a session") {
  const TemporaryDirectory directory;
  const TensorBoardWriter writer(directory / "a/b", 7);
  const auto events = read_events(writer.path());
  REQUIRE(events.size() == 2);
  CHECK(events[0].file_version() == "brain.Event:2");
  CHECK(events[1].session_log().status() == tensorboard::SessionLog::START);
  CHECK(events[1].step() == 7);
  CHECK(events[1].wall_time() > 1.6e9);
  CHECK(std::filesystem::path(writer.path()).filename().string().starts_with("events.out.tfevents.1"));
}

TEST_CASE("numbers are there as soon as they are written, and files of one directory have names of their own") {
  const TemporaryDirectory directory;
  TensorBoardWriter writer(directory.path().string()), other(directory.path().string());
  CHECK(writer.path() != other.path());
  writer.scalar("loss", 0.25, 3);
  writer.scalar("loss", std::numeric_limits<double>::quiet_NaN(), 4);
  const auto events = read_events(writer.path());
  REQUIRE(events.size() == 4);
  CHECK(events[2].step() == 3);
  CHECK(events[2].summary().value(0).tag() == "loss");
  CHECK(events[2].summary().value(0).simple_value() == 0.25F);
  CHECK(!(events[3].summary().value(0).simple_value() < 1));
}

TEST_CASE("a histogram holds every finite value once, the greatest in its last bin") {
  const TemporaryDirectory directory;
  TensorBoardWriter writer(directory.path().string());
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> values{0, 1, 1, 2, 30, infinity, -infinity, std::numeric_limits<float>::quiet_NaN()};
  writer.histogram("weight", std::span<const float>(values), 1);
  writer.histogram("equal", std::span<const float>(values).subspan(1, 2), 1);
  writer.histogram("none", std::span<const float>(values).subspan(5), 1);
  const auto events = read_events(writer.path());
  REQUIRE(events.size() == 4);
  const tensorboard::Histogram& histogram = events[2].summary().value(0).histogram();
  CHECK(histogram.min() == 0);
  CHECK(histogram.max() == 30);
  CHECK(histogram.count() == 5);
  CHECK(histogram.sum() == 34);
  CHECK(histogram.sum_of_squares() == 906);
  REQUIRE(histogram.bucket_size() == 30);
  REQUIRE(histogram.bucket_limit_size() == 30);
  CHECK(histogram.bucket_limit(0) == 1);
  CHECK(histogram.bucket_limit(29) == 30);
  CHECK(histogram.bucket(0) == 1);
  CHECK(histogram.bucket(1) == 2);
  CHECK(histogram.bucket(2) == 1);
  CHECK(histogram.bucket(29) == 1);
  CHECK(events[3].summary().value(0).histogram().bucket(0) == 2);
}

TEST_CASE("hyper-parameters are numbers, truth values and texts, and the end says how it went") {
  const TemporaryDirectory directory;
  TensorBoardWriter writer(directory.path().string(), 5);
  const std::vector<std::pair<std::string, std::string>> settings{
      {"units", "64"}, {"rate", "1e-3"}, {"shuffle", "true"}, {"country", "one_hot"}, {"date", "2011-09-01"}};
  writer.hyperparameters(settings);
  writer.finish(true, 9);
  const auto events = read_events(writer.path());
  REQUIRE(events.size() == 4);
  const tensorboard::Summary::Value& start = events[2].summary().value(0);
  CHECK(start.tag() == "_hparams_/session_start_info");
  CHECK(start.metadata().plugin().name() == "hparams");
  CHECK(events[2].step() == 5);
  tensorboard::HyperParameters content;
  REQUIRE(content.ParseFromString(start.metadata().plugin().content()));
  const auto& values = content.start().values();
  CHECK(values.at("units").number() == 64);
  CHECK(values.at("rate").number() == 1e-3);
  CHECK(values.at("shuffle").boolean());
  CHECK(values.at("country").text() == "one_hot");
  CHECK(values.at("date").text() == "2011-09-01");
  const tensorboard::Summary::Value& end = events[3].summary().value(0);
  CHECK(end.tag() == "_hparams_/session_end_info");
  REQUIRE(content.ParseFromString(end.metadata().plugin().content()));
  CHECK(content.end().status() == tensorboard::HyperParameters::SUCCESS);
}

TEST_CASE("names and texts that are no UTF-8, for which a reader would give up the file, are written as what is") {
  const TemporaryDirectory directory;
  TensorBoardWriter writer(directory.path().string());
  writer.scalar("loss \xFF", 1, 0);
  writer.hyperparameters(std::vector<std::pair<std::string, std::string>>{{"file\xC3", "a\xFF\xFEz"}});
  const auto events = read_events(writer.path());
  REQUIRE(events.size() == 4);
  CHECK(events[2].summary().value(0).tag() == "loss \uFFFD");
  tensorboard::HyperParameters content;
  REQUIRE(content.ParseFromString(events[3].summary().value(0).metadata().plugin().content()));
  CHECK(content.start().values().at("file\uFFFD").text() == "a\uFFFD\uFFFDz");
}

TEST_CASE("a directory that can't be made is named") {
  const TemporaryDirectory directory;
  test::write_text(directory / "file", "");
  test::check_throws<FileError>([&] { TensorBoardWriter(directory / "file/run"); }, {directory / "file/run", "make"});
}
