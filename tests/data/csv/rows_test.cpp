#include <doctest/doctest.h>

#include <ctime>
#include <random>
#include <tenure/data/csv/rows.hpp>

using namespace tenure;

namespace {

using Row = std::vector<std::string>;

/// Rows as CsvRows gives them; {"!"} and what was expected for a broken one.
std::vector<Row> rows_of(const std::string& text, char delimiter = ',') {
  const std::vector<char> exact(text.begin(), text.end());  // a sanitizer sees a read beyond
  CsvRows rows({exact.data(), exact.size()}, delimiter);
  std::vector<Row> all;
  while (rows.next()) {
    if (rows.problem()) {
      all.push_back({"!", rows.problem()});
      continue;
    }
    all.emplace_back();
    for (const CsvField& field : rows.fields()) {
      std::string memory;
      all.back().emplace_back(field.value(memory));
    }
  }
  return all;
}

/// A state machine that goes over a text byte by byte, from RFC 4180 and the header's words.
struct Reference {
  const std::string& text;
  std::size_t at = 0;

  bool ends_line() const { return at == text.size() || text[at] == '\n'; }

  /// Reads one field up to the delimiter or line end behind it; false if broken.
  bool field(std::string& value) {
    if (at < text.size() && text[at] == '"') {
      for (++at; at < text.size(); ++at) {
        if (text[at] == '"' && (at + 1 == text.size() || text[at + 1] != '"')) break;
        if (text[at] == '"') ++at;
        value += text[at];
      }
      if (at == text.size()) return false;
      ++at;
      if (at < text.size() && text[at] == '\r' && (at + 1 == text.size() || text[at + 1] == '\n')) ++at;
      return ends_line() || text[at] == ',';
    }
    while (!ends_line() && text[at] != ',') value += text[at++];
    if (ends_line() && value.ends_with('\r')) value.pop_back();
    return true;
  }

  std::vector<Row> rows() {
    std::vector<Row> all;
    while (at < text.size()) {
      const std::size_t start = at;
      const bool quoted = text[at] == '"';
      Row row(1);
      bool whole = field(row.back());
      while (whole && !ends_line()) {
        ++at;
        row.emplace_back();
        whole = field(row.back());
      }
      if (!whole) {
        row = {"!"};
        at = std::min(text.find('\n', start), text.size());
      }
      if (at < text.size()) ++at;
      if (row.size() > 1 || !row[0].empty() || quoted) all.push_back(row);
    }
    return all;
  }
};

}  // namespace

TEST_CASE("quotes hold commas, quotes and line ends") {
  CHECK(rows_of("a,\"b,c\",\"d\"\"e\"\n\"f\ng\",\"\"\"\",\"\"\n") ==
        std::vector<Row>{{"a", "b,c", "d\"e"}, {"f\ng", "\"", ""}});
}

TEST_CASE("lines end in LF, CRLF or with the text, and blank lines are passed over") {
  const std::vector<Row> expected = {{"a", "b"}, {"c", "d"}};
  for (const char* text : {"a,b\nc,d", "a,b\nc,d\n", "a,b\r\nc,d\r\n", "\n\r\na,b\n\n\nc,d\r\n\r\n",
                           "a,\"b\"\r\nc,\"d\"\r", "\"a\",\"b\"\r\n\"c\",\"d\""}) {
    INFO(text);
    CHECK(rows_of(text) == expected);
  }
  CHECK(rows_of("").empty());
  CHECK(rows_of("\n\r\n").empty());
  CHECK(rows_of("\"\"\n") == std::vector<Row>{{""}});  // quoted, and so no blank line
  CHECK(rows_of(",\n") == std::vector<Row>{{"", ""}});
  CHECK(rows_of("a,") == std::vector<Row>{{"a", ""}});
}

TEST_CASE("a quote in a field that began without one, and a CR amid a line, are text") {
  CHECK(rows_of("5\" nail,a\"\"b\rc\n") == std::vector<Row>{{"5\" nail", "a\"\"b\rc"}});
}

TEST_CASE("behind a broken row the next line is read") {
  const Row unclosed = {"!", "a closing quote within 1 MiB"};
  const Row trailing = {"!", "a delimiter or the line's end behind a closing quote"};
  CHECK(rows_of("a,\"b\nc,d") == std::vector<Row>{unclosed, {"c", "d"}});
  CHECK(rows_of("\"") == std::vector<Row>{unclosed});
  CHECK(rows_of("\"\"\"") == std::vector<Row>{unclosed});
  CHECK(rows_of("\"a\"b,c\nd\n") == std::vector<Row>{trailing, {"d"}});
  CHECK(rows_of("\"a\n\"b\",c\nd\n") == std::vector<Row>{trailing, {"b", "c"}, {"d"}});
  CHECK(rows_of("\"a\"\rb\nc") == std::vector<Row>{trailing, {"c"}});
}

TEST_CASE("fields longer than 1 MiB and rows of more than 65536 fields are broken, up to there they are read") {
  const std::string longest(CsvRows::longest_field, 'x');
  for (const std::string quote : {"", "\""}) {
    CHECK(rows_of("a," + quote + longest + quote + "\nb") == std::vector<Row>{{"a", longest}, {"b"}});
    const auto broken = rows_of("a," + quote + longest + "x" + quote + "\nb");
    REQUIRE(broken.size() == 2);
    CHECK(broken[0][0] == "!");
    CHECK(broken[1] == Row{"b"});
  }
  const std::string commas(CsvRows::most_fields - 1, ',');
  CHECK(rows_of(commas)[0].size() == CsvRows::most_fields);
  CHECK(rows_of("," + commas + "\nb") == std::vector<Row>{{"!", "65536 fields at most"}, {"b"}});
}

TEST_CASE("two million quotes, commas or line ends take no time that grows with their square") {
  for (const std::string piece : {"\"", "\"\n", "\"\"\n", "\"\"\"\n", "x\"", ",", "\n", "\",\n", "\"\n\"\""}) {
    std::string text;
    while (text.size() < 2'000'000) text += piece;
    const std::clock_t start = std::clock();
    CsvRows rows(text, ',');
    while (rows.next()) continue;
    // A scan to the end for every byte would take minutes.
    CHECK(std::clock() - start < 10 * CLOCKS_PER_SEC);
  }
}

TEST_CASE("a delimiter of blanks stands for any number of them, around a line too") {
  CHECK(rows_of(" 00001 19970101  1   11.77 \n\t00002\t\"a b\n \n", ' ') ==
        std::vector<Row>{{"00001", "19970101", "1", "11.77"}, {"00002", "\"a", "b"}});
  CHECK(rows_of("1 2\r\n3 4", ' ') == std::vector<Row>{{"1", "2"}, {"3", "4"}});
}

TEST_CASE("mutated texts are split as by a byte-by-byte state machine") {
  std::mt19937 random(20111209);
  const std::string alphabet = "\"\"\"\",,,\n\n\r\r\nab \0x";
  std::string text = "a,\"b,c\",\"d\"\"e\"\n\"f\ng\",\"\"\"\",\"\"\r\n12345678901234567890,x\n";
  text += text + text + text;
  const std::string seed_text = text;
  for (int round = 0; round < 15000; ++round) {
    if (round % 50 == 0) text = seed_text;
    for (auto change = random() % 4 + 1; change > 0; --change) {
      const std::size_t at = random() % (text.size() + 1);
      const char c = alphabet[random() % alphabet.size()];
      const auto kind = random() % 4;
      if (kind == 0) text.insert(at, 1, c);
      if (kind == 1) text.erase(at, random() % 3);
      if (kind == 2 && at < text.size()) text[at] = c;
      if (kind == 3 && text.size() < 1000) text.insert(at, text.substr(random() % (text.size() + 1), random() % 80));
    }
    std::vector<Row> split = rows_of(text);
    for (Row& row : split) {
      if (row[0] == "!") row.resize(1);
    }
    if (split != Reference{text}.rows()) FAIL("round " << round << ": " << text);
  }
}
