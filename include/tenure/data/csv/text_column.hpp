/// A column of texts as codes into a dictionary, and what builds one.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/error.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A column of texts, each different one held once.
struct TextColumn {
  std::vector<std::int32_t> codes;  // one per row: the place in names, -1 where the text is missing
  std::vector<std::string> names;   // UTF-8, in order of first appearance

  /// The text of a row; empty where it is missing.
  std::string_view operator[](std::size_t row) const noexcept {
    return codes[row] < 0 ? std::string_view() : names[static_cast<std::size_t>(codes[row])];
  }
};

/// Builds a TextColumn row by row. The different texts lie one behind the other in memory until the column is taken: a
/// look-up among thousands of strings would mostly wait for memory.
class TextColumnBuilder {
 public:
  void reserve(std::size_t rows) { codes_.reserve(rows); }

  /// Appends a row. @throws ValueError after 2³¹ − 1 different texts
  void add(std::string_view text) { codes_.push_back(code_of(text)); }
  /// Appends a row without a text.
  void add_missing() { codes_.push_back(-1); }

  std::size_t rows() const noexcept { return codes_.size(); }
  /// The column; the builder is empty afterwards.
  TextColumn take() {
    TextColumn column{std::move(codes_), {}};
    column.names.reserve(ends_.size());
    for (std::size_t code = 0; code < ends_.size(); ++code) column.names.emplace_back(name(code));
    *this = {};
    return column;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::int32_t code = -1;  // -1: free
    std::size_t begin = 0;   // in bytes_
    std::size_t size = 0;

    bool holds(std::string_view text, const std::string& bytes) const noexcept {
      return std::string_view(bytes.data() + begin, size) == text;
    }
  };

  std::string_view name(std::size_t code) const noexcept {
    const std::size_t begin = code == 0 ? 0 : ends_[code - 1];
    return std::string_view(bytes_).substr(begin, ends_[code] - begin);
  }

  template <class Word>
  static std::uint64_t load(const char* text) noexcept {
    Word word;
    std::memcpy(&word, text, sizeof word);
    return word;
  }

  /// The halves of the product of two words, together: wyhash's mixing (https://github.com/wangyi-fudan/wyhash).
  static std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  /// Sixteen bytes at a time, and at the end the last sixteen again: no loop over single bytes. Nobody who does not know
  /// the keys can choose texts that meet in one slot, by which each look-up would go through all of them.
  std::uint32_t hash_of(std::string_view text) const noexcept {
    const char* const start = text.data();
    const std::size_t size = text.size();
    std::uint64_t hash = keys_[0], first = 0, last = 0;
    if (size > 16) {
      for (std::size_t i = 0; i + 16 < size; i += 16) {
        hash = mixed(load<std::uint64_t>(start + i) ^ keys_[1], load<std::uint64_t>(start + i + 8) ^ hash);
      }
      first = load<std::uint64_t>(start + size - 16);
      last = load<std::uint64_t>(start + size - 8);
    } else if (size >= 8) {
      first = load<std::uint64_t>(start);
      last = load<std::uint64_t>(start + size - 8);
    } else if (size >= 4) {
      first = load<std::uint32_t>(start);
      last = load<std::uint32_t>(start + size - 4);
    } else if (size > 0) {
      first = load<unsigned char>(start) | load<unsigned char>(start + size / 2) << 8 |
              load<unsigned char>(start + size - 1) << 16;
    }
    hash = mixed(keys_[2] ^ size, mixed(first ^ keys_[1], last ^ hash));
    return static_cast<std::uint32_t>(hash >> 32);
  }

  using Keys = std::array<std::uint64_t, 3>;

  /// Drawn once in a program. What is read does not depend on them.
  [[gnu::cold]] static const Keys& program_keys() {
    static const Keys keys = [] {
      std::random_device random;
      Keys drawn{};
      for (std::uint64_t& key : drawn) key = std::uint64_t{random()} << 32 | random();
      return drawn;
    }();
    return keys;
  }

  std::int32_t code_of(std::string_view text) {
    // Rows that lie together often share customer, invoice and country.
    if (last_.code >= 0 && last_.holds(text, bytes_)) return last_.code;
    if (2 * ends_.size() >= slots_.size()) grow();
    const std::uint32_t hash = hash_of(text);
    const std::size_t mask = slots_.size() - 1;
    std::size_t place = hash & mask;
    for (; slots_[place].code >= 0; place = (place + 1) & mask) {
      if (slots_[place].hash == hash && slots_[place].holds(text, bytes_)) return (last_ = slots_[place]).code;
    }
    if (ends_.size() >= (std::numeric_limits<std::int32_t>::max)()) {
      throw ValueError("TextColumn", "at most 2147483647 different texts", "more");
    }
    last_ = slots_[place] = {hash, static_cast<std::int32_t>(ends_.size()), bytes_.size(), text.size()};
    bytes_ += text;
    ends_.push_back(bytes_.size());
    return last_.code;
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

  Keys keys_ = program_keys();
  std::vector<std::int32_t> codes_;
  std::string bytes_;              // of all texts, by code
  std::vector<std::size_t> ends_;  // of each text in bytes_
  std::vector<Slot> slots_;        // a power of two of them, at most half of them taken
  Slot last_;
};

}}  // namespace tenure::TENURE_ABI
