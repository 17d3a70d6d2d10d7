/// TensorBoard's event files: numbers over steps, histograms, hyper-parameters. A component: link tenure::tensorboard.
///
///   TensorBoardWriter writer("runs/first");
///   writer.scalar("loss", 0.25, step);
///   writer.histogram("hidden.weight", model.hidden.weight.value().span(), step);
///
/// A file is a row of records, each an event in protobuf (cmake/tensorboard_event.proto) framed as
///
///   length (8 bytes, little-endian) · masked CRC-32C of those 8 bytes · event · masked CRC-32C of the event
///
/// with mask(c) = rotate_right(c, 15) + 0xa282ead8 (tensorflow/core/lib/io/record_writer.h).
#pragma once

#if !__has_include(<tensorboard_event.pb.h>)
#error "tenure needs tensorboard_event.pb.h here: add the component tensorboard (target tenure::tensorboard)"
#include <tenure_needs_tensorboard_event>
#endif
#include <tensorboard_event.pb.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "../../core/finite.hpp"
#include "../../io/file.hpp"
#include "../utf8.hpp"
#include "crc32c.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// One event file in a directory, which is a run to TensorBoard; whatever is written can be seen there at once.
class TensorBoardWriter {
 public:
  /// Makes the directory where there is none. What earlier files in it say of steps from `first_step` on is void:
  /// TensorBoard then shows a training that went on, or was begun anew, as one line. @throws FileError
  [[gnu::cold]] explicit TensorBoardWriter(const std::string& directory, Index first_step = 0)
      : file_(new_path(directory)), first_step_(first_step) {
    Event version;
    version.set_file_version("brain.Event:2");
    write(version, 0);
    Event session;
    session.mutable_session_log()->set_status(tensorboard::SessionLog::START);
    write(session, first_step);
  }

  const std::string& path() const noexcept { return file_.path(); }

  /// A number, kept as a float. A tag with slashes is shown under its part before the first. @throws FileError
  [[gnu::cold]] void scalar(const std::string& tag, double value, Index step) {
    Event event;
    new_value(event, tag)->set_simple_value(static_cast<float>(value));
    write(event, step);
  }

  /// How values are distributed, in 30 bins of one width. Those that are not finite are left out, and nothing is
  /// written where none is finite. @throws FileError
  template <class T>
  [[gnu::cold]] void histogram(const std::string& tag, std::span<const T> values, Index step) {
    Event event;
    if (fill(values, *new_value(event, tag)->mutable_histogram())) write(event, step);
  }

  /// What the run was started with, for the plugin HPARAMS: `true` and `false` as such, numbers as numbers, all else as
  /// text. @param settings name, value. @throws FileError
  [[gnu::cold]] void hyperparameters(std::span<const std::pair<std::string, std::string>> settings) {
    tensorboard::HyperParameters content;
    content.mutable_start()->set_time(now());
    for (const auto& [name, text] : settings)
      (*content.mutable_start()->mutable_values())[valid_utf8(name)] = parse(valid_utf8(text));
    write_hyperparameters("_hparams_/session_start_info", content, first_step_);
  }

  /// That the run is over, for the same plugin. @throws FileError
  [[gnu::cold]] void finish(bool success, Index step) {
    tensorboard::HyperParameters content;
    content.mutable_end()->set_time(now());
    content.mutable_end()->set_status(success ? tensorboard::HyperParameters::SUCCESS
                                              : tensorboard::HyperParameters::FAILURE);
    write_hyperparameters("_hparams_/session_end_info", content, step);
  }

 private:
  using Event = tensorboard::Event;
  static constexpr int bins = 30;

  static double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  }

  /// TensorBoard takes files with "tfevents" in their names, in the order of the names.
  static std::string new_path(const std::string& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) throw FileError(directory, "to be able to make the directory", error.message());
    static std::atomic<unsigned> counter = 0;
    char host[256] = "";
    ::gethostname(host, sizeof host - 1);
    char name[400];
    std::snprintf(name, sizeof name, "events.out.tfevents.%010.0f.%s.%d.%u", std::floor(now()), host,
                  static_cast<int>(::getpid()), counter++);
    return (std::filesystem::path(directory) / name).string();
  }

  static tensorboard::Summary::Value* new_value(Event& event, const std::string& tag) {
    tensorboard::Summary::Value* value = event.mutable_summary()->add_value();
    value->set_tag(valid_utf8(tag));
    return value;
  }

  void write_hyperparameters(const std::string& tag, const tensorboard::HyperParameters& content, Index step) {
    Event event;
    tensorboard::Summary::Metadata::Plugin& plugin = *new_value(event, tag)->mutable_metadata()->mutable_plugin();
    plugin.set_name("hparams");
    plugin.set_content(content.SerializeAsString());
    write(event, step);
  }

  static tensorboard::HyperParameters::Value parse(const std::string& text) {
    tensorboard::HyperParameters::Value value;
    double number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (text == "true" || text == "false") {
      value.set_boolean(text == "true");
    } else if (error == std::errc() && stop == end) {
      value.set_number(number);
    } else {
      value.set_text(text);
    }
    return value;
  }

  /// False where no value is finite.
  template <class T>
  static bool fill(std::span<const T> values, tensorboard::Histogram& histogram) {
    double low = 0, high = 0, count = 0, sum = 0, squares = 0;
    for (const T element : values) {
      const auto value = static_cast<double>(element);
      if (!is_finite(value)) continue;
      low = count == 0 ? value : (std::min)(low, value);
      high = count == 0 ? value : (std::max)(high, value);
      ++count;
      sum += value;
      squares += value * value;
    }
    if (count == 0) return false;
    const double width = (high - low) / bins;
    std::array<double, bins> held{};
    for (const T element : values) {
      const auto value = static_cast<double>(element);
      if (!is_finite(value)) continue;
      const double place = width > 0 ? (value - low) / width : 0;
      ++held[static_cast<std::size_t>((std::min)(place, bins - 1.0))];
    }
    histogram.set_min(low);
    histogram.set_max(high);
    histogram.set_count(count);
    histogram.set_sum(sum);
    histogram.set_sum_of_squares(squares);
    for (int bin = 0; bin < bins; ++bin) {
      histogram.add_bucket_limit(bin + 1 < bins ? low + (bin + 1) * width : high);
      histogram.add_bucket(held[static_cast<std::size_t>(bin)]);
    }
    return true;
  }

  static void append_little_endian(std::string& bytes, std::uint64_t value, int count) {
    for (int byte = 0; byte < count; ++byte) bytes += static_cast<char>(value >> (8 * byte) & 0xFF);
  }
  static std::uint32_t masked(std::uint32_t crc) { return std::rotr(crc, 15) + 0xA282EAD8U; }

  void write(Event& event, Index step) {
    event.set_wall_time(now());
    event.set_step(step);
    const std::string bytes = event.SerializeAsString();
    std::string record;
    append_little_endian(record, bytes.size(), 8);
    append_little_endian(record, masked(crc32c(record)), 4);
    record += bytes;
    append_little_endian(record, masked(crc32c(bytes)), 4);
    file_.write(record);
  }

  AppendedFile file_;
  Index first_step_;
};

}}  // namespace tenure::TENURE_ABI
