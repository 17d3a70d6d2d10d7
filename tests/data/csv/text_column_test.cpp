#include <doctest/doctest.h>

#include <chrono>
#include <cstring>
#include <map>
#include <random>
#include <tenure/data/csv/text_column.hpp>

using namespace tenure;

TEST_CASE("texts are coded by their first appearance, missing ones by -1") {
  TextColumnBuilder builder;
  for (const char* text : {"b", "a", "b", "", "ab"}) builder.add(text);
  builder.add_missing();
  builder.add(std::string_view());
  CHECK(builder.rows() == 7);
  const TextColumn column = builder.take();
  CHECK(column.codes == std::vector<std::int32_t>{0, 1, 0, 2, 3, -1, 2});
  CHECK(column.names == std::vector<std::string>{"b", "a", "", "ab"});
  CHECK(column[4] == "ab");
  CHECK(column[5] == "");
}

TEST_CASE("many texts of every length are told apart, as by a map") {
  std::mt19937 random(1);
  TextColumnBuilder builder;
  std::map<std::string, std::int32_t> expected;
  std::vector<std::int32_t> codes;
  for (int row = 0; row < 20000; ++row) {
    // Few letters, so that texts repeat and differ in single places.
    std::string text(random() % 20, 'a');
    for (int i = 0; i < 2 && !text.empty(); ++i) text[random() % text.size()] = static_cast<char>('a' + random() % 3);
    const auto code = static_cast<std::int32_t>(expected.size());
    codes.push_back(expected.emplace(text, code).first->second);
    builder.add(text);
  }
  const TextColumn column = builder.take();
  CHECK(column.codes == codes);
  CHECK(column.names.size() == expected.size());
}

TEST_CASE("a builder starts anew after its column is taken") {
  TextColumnBuilder builder;
  builder.add("a");
  CHECK(builder.take().names.size() == 1);
  builder.add("b");
  const TextColumn column = builder.take();
  CHECK(column.names == std::vector<std::string>{"b"});
  CHECK(column.codes == std::vector<std::int32_t>{0});
}

TEST_CASE("texts that were chosen to meet in one slot do not: the hash has keys that nobody knows") {
  // Of two words, the second of which undoes what version 0.2's hash, which had no keys, made of the first.
  constexpr std::uint64_t factor = 0x9E3779B97F4A7C15;
  TextColumnBuilder builder;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < 80'000; ++i) {
    std::uint64_t words[2] = {i * factor, 0};
    std::uint64_t hash = (16 * factor ^ words[0]) * factor;
    words[1] = hash ^= hash >> 32;
    char text[16];
    std::memcpy(text, words, 16);
    builder.add({text, 16});
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));  // rather than half a minute
  CHECK(builder.take().names.size() == 80'000);
}
