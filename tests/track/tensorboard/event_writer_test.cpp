// How TensorBoard's own kind of reader takes these files is checked in tests/tensorboard.
#include "tenure/track/tensorboard/event_writer.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"
#include "event_file.hpp"

using namespace tenure;
using test::TemporaryDirectory, test::read_events;

namespace {

/// What TensorBoard's own RecordWriter, of 2.22, wrote of messages of its own: a version; at step 3 the number 0.25 as
/// "loss" and a histogram "w" of three values; the hyper-parameter units = 64; a success; the start of a session at 7.
constexpr std::string_view of_tensorboard =
    "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c72000000000000002505"
    "3a8209000000000000044010032a650a0b0a046c6f7373150000803e0a560a01772a5109000000000000f0bf110000000000"
    "00f03f19000000000000084021000000000000e03f29000000000000024032100000000000000000000000000000f03f3a10"
    "000000000000f03f00000000000000400e9d277159000000000000008a1d65b6090000000000000c402a4e0a4c0a1c5f6870"
    "6172616d735f2f73657373696f6e5f73746172745f696e666f4a2c0a2a0a0768706172616d73121f1a1d0a120a05756e6974"
    "7312091100000000000050402900000000000010400419f7ef4500000000000000ebe668b00900000000000012402a3a0a38"
    "0a1a5f68706172616d735f2f73657373696f6e5f656e645f696e666f4a1a0a180a0768706172616d73120d220b0801110000"
    "000000001440d1912d960f000000000000006d532b0909000000000000164010073a020801b7d3776e";

std::string bytes_of(std::string_view hexadecimal) {
  std::string bytes;
  for (std::size_t i = 0; i < hexadecimal.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hexadecimal.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

}  // namespace

TEST_CASE("what TensorBoard wrote reads as what it meant: framing, checksums and field numbers are its own") {
  const TemporaryDirectory directory;
  test::write_text(directory / "events", bytes_of(of_tensorboard));
  const auto events = read_events(directory / "events");
  REQUIRE(events.size() == 5);
  CHECK(events[0].file_version() == "brain.Event:2");
  CHECK(events[0].wall_time() == 1.5);
  CHECK(events[1].step() == 3);
  CHECK(events[1].summary().value(0).tag() == "loss");
  CHECK(events[1].summary().value(0).simple_value() == 0.25F);
  const tensorboard::Histogram& histogram = events[1].summary().value(1).histogram();
  CHECK(histogram.min() == -1);
  CHECK(histogram.max() == 1);
  CHECK(histogram.count() == 3);
  CHECK(histogram.sum() == 0.5);
  CHECK(histogram.sum_of_squares() == 2.25);
  CHECK(histogram.bucket_limit(1) == 1);
  CHECK(histogram.bucket(1) == 2);
  tensorboard::HyperParameters content;
  CHECK(events[2].summary().value(0).metadata().plugin().name() == "hparams");
  REQUIRE(content.ParseFromString(events[2].summary().value(0).metadata().plugin().content()));
  CHECK(content.start().values().at("units").number() == 64);
  CHECK(content.start().time() == 4);
  REQUIRE(content.ParseFromString(events[3].summary().value(0).metadata().plugin().content()));
  CHECK(content.end().status() == tensorboard::HyperParameters::SUCCESS);
  CHECK(content.end().time() == 5);
  CHECK(events[4].session_log().status() == tensorboard::SessionLog::START);
  for (const tensorboard::Event& event : events) {
    std::string again;  // written again, they are the same bytes
    CHECK(event.SerializeToString(&again));
    CHECK(bytes_of(of_tensorboard).find(again) != std::string::npos);
  }
}

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
