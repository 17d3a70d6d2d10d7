/// A column of texts as codes into a dictionary, and what builds one.
#pragma once

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/error.hpp"

namespace tenure::inline TENURE_ABI {

/// A column of texts, each different one held once.
struct TextColumn {
  std::vector<std::int32_t> codes;  // one per row: the place in names, -1 where the text is missing
  std::vector<std::string> names;   // UTF-8, in order of first appearance

  /// The text of a row; empty where it is missing.
  std::string_view operator[](std::size_t row) const noexcept {
    return codes[row] < 0 ? std::string_view() : names[static_cast<std::size_t>(codes[row])];
  }
};

/// Builds a TextColumn row by row.
class TextColumnBuilder {
 public:
  void reserve(std::size_t rows) { column_.codes.reserve(rows); }

  /// Appends a row. @throws ValueError after 2³¹ − 1 different texts
  void add(std::string_view text) { column_.codes.push_back(code_of(text)); }
  /// Appends a row without a text.
  void add_missing() { column_.codes.push_back(-1); }

  std::size_t rows() const noexcept { return column_.codes.size(); }
  /// The column; the builder is empty afterwards.
  TextColumn take() noexcept {
    slots_.clear();
    return std::exchange(column_, {});
  }

 private:
  struct Slot {
    std::uint32_t hash;
    std::int32_t code = -1;  // -1: free
  };

  template <class Word>
  static std::uint64_t load(const char* text) noexcept {
    Word word;
    std::memcpy(&word, text, sizeof word);
    return word;
  }

  /// Eight bytes at a time, and at the end the last eight again: no loop over single bytes.
  static std::uint32_t hash_of(std::string_view text) noexcept {
    constexpr std::uint64_t factor = 0x9E3779B97F4A7C15;
    const char* const start = text.data();
    const std::size_t size = text.size();
    std::uint64_t hash = size * factor;
    std::uint64_t rest = 0;
    if (size >= 8) {
      for (std::size_t i = 0; i + 8 < size; i += 8) {
        hash = (hash ^ load<std::uint64_t>(start + i)) * factor;
        hash ^= hash >> 32;
      }
      rest = load<std::uint64_t>(start + size - 8);
    } else if (size >= 4) {
      rest = load<std::uint32_t>(start) | load<std::uint32_t>(start + size - 4) << 32;
    } else if (size > 0) {
      rest = load<unsigned char>(start) | load<unsigned char>(start + size / 2) << 8 |
             load<unsigned char>(start + size - 1) << 16;
    }
    hash = (hash ^ rest) * factor;
    return static_cast<std::uint32_t>(hash >> 32);
  }

  std::int32_t code_of(std::string_view text) {
    // Rows that lie together often share customer, invoice and country.
    if (last_ < column_.names.size() && column_.names[last_] == text) return static_cast<std::int32_t>(last_);
    if (2 * column_.names.size() >= slots_.size()) grow();
    const std::uint32_t hash = hash_of(text);
    const std::size_t mask = slots_.size() - 1;
    std::size_t place = hash & mask;
    for (; slots_[place].code >= 0; place = (place + 1) & mask) {
      const auto code = static_cast<std::size_t>(slots_[place].code);
      if (slots_[place].hash == hash && column_.names[code] == text) {
        last_ = code;
        return slots_[place].code;
      }
    }
    if (column_.names.size() >= std::numeric_limits<std::int32_t>::max()) {
      throw ValueError("TextColumn", "at most 2147483647 different texts", "more");
    }
    last_ = column_.names.size();
    column_.names.emplace_back(text);
    slots_[place] = {hash, static_cast<std::int32_t>(last_)};
    return slots_[place].code;
  }

  [[gnu::cold, gnu::noinline]] void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.code < 0) continue;
      std::size_t place = slot.hash & mask;
      while (slots_[place].code >= 0) place = (place + 1) & mask;
      slots_[place] = slot;
    }
  }

  TextColumn column_;
  std::vector<Slot> slots_;  // a power of two of them, at most half of them taken
  std::size_t last_ = 0;
};

}  // namespace tenure::inline TENURE_ABI
