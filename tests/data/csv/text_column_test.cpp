#include <doctest/doctest.h>

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
