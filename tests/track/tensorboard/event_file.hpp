/// Reading TensorBoard's event files back.
#pragma once

#include <cstring>
#include <stdexcept>
#include <vector>

#include "../../temporary_directory.hpp"
#include "tenure/track/tensorboard/event_writer.hpp"

namespace tenure::test {

/// The file's events. @throws std::runtime_error where a record's framing is not right
inline std::vector<tensorboard::Event> read_events(const std::string& path) {
  const std::string bytes = read_text(path);
  const auto check = [&](std::size_t begin, std::size_t length) {
    std::uint32_t stored = 0;
    if (begin + length + 4 > bytes.size()) throw std::runtime_error("a record that is cut off");
    std::memcpy(&stored, bytes.data() + begin + length, 4);
    const std::uint32_t crc = crc32c(std::string_view(bytes).substr(begin, length));
    if (stored != ((crc >> 15 | crc << 17) + 0xA282EAD8U)) throw std::runtime_error("a checksum that is wrong");
  };
  std::vector<tensorboard::Event> events;
  for (std::size_t place = 0; place < bytes.size();) {
    std::uint64_t length = 0;
    check(place, 8);
    std::memcpy(&length, bytes.data() + place, 8);
    check(place + 12, length);
    if (!events.emplace_back().ParseFromArray(bytes.data() + place + 12, static_cast<int>(length))) {
      throw std::runtime_error("no event");
    }
    place += 12 + length + 4;
  }
  return events;
}

}  // namespace tenure::test
