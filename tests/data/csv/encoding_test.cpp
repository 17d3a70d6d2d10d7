#include <doctest/doctest.h>

#include <tenure/data/csv/encoding.hpp>

using namespace tenure;

namespace {

/// The code point as UTF-8 would write it, were there no forbidden ones; overlong where `size` is larger than needed.
std::string encode(unsigned point, std::size_t size) {
  if (size == 1) return {static_cast<char>(point)};
  std::string text;
  for (std::size_t i = 0; i + 1 < size; ++i, point >>= 6) text.insert(0, 1, static_cast<char>(0x80 | (point & 0x3F)));
  const unsigned lead = size == 2 ? 0xC0 : size == 3 ? 0xE0 : 0xF0;
  return static_cast<char>(lead | point) + text;
}

bool valid(const std::string& text) { return find_invalid_utf8(text) == text.size(); }

}  // namespace

TEST_CASE("of all code points in all lengths UTF-8 has the shortest form of those that are no surrogates") {
  const unsigned starts[] = {0, 0x80, 0x800, 0x10000};
  for (unsigned point = 0; point < 0x1FFFFF; point += point < 0x3000 || point % 0x1000 > 0xFFA ? 1 : 5) {
    for (std::size_t size = 1; size <= 4; ++size) {
      if (size < 4 && point >= starts[size]) continue;
      if (size == 1 && point > 0x7F) continue;
      const bool expected = point >= starts[size - 1] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
      if (valid("a" + encode(point, size) + "b") != expected) FAIL(point << " in " << size << " bytes");
    }
  }
}

TEST_CASE("the first byte that is no UTF-8 is found wherever it lies") {
  for (std::size_t at = 0; at < 1100; at += 7) {
    std::string text(1100, 'x');
    text.replace(at / 2, 2, "é");
    text[at < at / 2 + 2 ? at + 2 : at] = '\xFF';
    CHECK(find_invalid_utf8(text) == text.find('\xFF'));
  }
  CHECK(find_invalid_utf8("") == 0);
  CHECK(find_invalid_utf8("ab\xE2\x82") == 2);  // cut off
  CHECK(find_invalid_utf8(std::string(511, 'x') + "€" + std::string(600, 'y')) == 1114);
}

TEST_CASE("Latin-1 becomes UTF-8 character by character") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string converted = latin1_to_utf8(all);
  CHECK(converted.size() == 128 + 2 * 128);
  CHECK(valid(converted));
  CHECK(latin1_to_utf8("\xA3 40.00 caf\xE9") == "£ 40.00 café");
}
