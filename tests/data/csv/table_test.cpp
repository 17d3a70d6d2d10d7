#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <tenure/data/csv/table.hpp>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"

using namespace tenure;
using namespace std::string_literals;

namespace {

using Numbers = std::vector<double>;
using Integers = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

constexpr auto number = ColumnType::number, integer = ColumnType::integer, text = ColumnType::text,
               identifier = ColumnType::identifier, time_type = ColumnType::time;

/// The only column x of a text with that header.
CsvValues column(const std::string& lines, ColumnType type, const CsvOptions& options = {}) {
  return parse_csv("x\n" + lines, "x.csv", {{"x", type}}, options)["x"];
}

std::string error(const std::string& lines, ColumnType type, bool complete = false, const CsvOptions& options = {}) {
  return message_of<FileError>([&] { parse_csv("x\n" + lines, "x.csv", {{"x", type, false, complete}}, options); });
}

/// x,y with a row of too few fields, one with a bad number, one with a bad date, one broken, and two good ones.
const std::string damaged = "x,y,t\n1\n1,a,1/1/2011\nb,new,1/1/2011\n2,c,1/1/11\n3,\"d\"e,1/1/2011\n4,f,1/2/2011\n";

}  // namespace

TEST_CASE("columns are chosen by name, in any order, and others passed over") {
  CsvTable table =
      parse_csv("a, b ,\"c\nd\",e\n1,2,3,4\n5,6,7,8\n", "x.csv", {{"e", integer}, {"c\nd", text}, {"b", number}});
  CHECK(table.rows() == 2);
  CHECK(table["e"].integers == Integers{4, 8});
  CHECK(table["c\nd"].texts.names == Names{"3", "7"});
  CHECK(table["b"].numbers == Numbers{2, 6});
  CHECK(table.column(2).numbers == Numbers{2, 6});
  CHECK_THROWS_AS(table["a"], ValueError);
}

TEST_CASE("one column may be asked for twice, as different types") {
  CsvTable table = parse_csv("a\n17850.0\n", "x.csv", {{"a", number}, {"a", identifier}});
  CHECK(table.column(0).numbers == Numbers{17850});
  CHECK(table.column(1).texts.names == Names{"17850"});
}

TEST_CASE("an optional column that is not there is empty") {
  CsvTable table = parse_csv("a\n1\n", "x.csv", {{"b", text, true}, {"a", number}});
  CHECK_FALSE(table["b"].present);
  CHECK(table["b"].texts.codes.empty());
  CHECK(table["a"].present);
}

TEST_CASE("numbers are the nearest doubles, and what is none is refused") {
  CHECK(column("1\n-11062.06\n+2.5\n.5\n5.\n1e3\n 7 \n\"8\"\n0.1\n123456789012345678\n1e-320\n", number).numbers ==
        Numbers{1, -11062.06, 2.5, .5, 5, 1000, 7, 8, 0.1, 123456789012345678.0, 1e-320});
  for (const char* bad : {"x",   "1x",   "1,5",      "--1",  "+-1",    "+",     "-",   ".",  "1e",    "0x10",
                          "inf", "-inf", "infinity", "-nan", "nan(1)", "1e999", "1 2", "$1", "1.2.3", "\"1\"\"\""}) {
    INFO(bad);
    CHECK(error(bad[1] == ',' ? "\"1,5\"" : bad, number)
              .starts_with("x.csv: line 2, column 'x': expected a number, got"));
  }
}

TEST_CASE("integers are whole, within 64 bits, and may be written as 6.0") {
  CHECK(column("1\n-6\n6.0\n-6.00\n9223372036854775807\n", integer).integers ==
        Integers{1, -6, 6, -6, std::numeric_limits<std::int64_t>::max()});
  for (const char* bad : {"6.5", "6.", ".0", "-.0", "1e3", "9223372036854775808", "x"}) {
    INFO(bad);
    CHECK(error(bad, integer) == "x.csv: line 2, column 'x': expected an integer, got '"s + bad + "'");
  }
}

TEST_CASE("identifiers lose the decimals that pandas gives them, and nothing else") {
  const CsvValues values = column("17850.0\n17850\n 17850 \n-1.0\n17850.5\nA.0\n1.\n.0\n007\nC12\n1.0.0\n", identifier);
  CHECK(values.texts.names == Names{"17850", "-1", "17850.5", "A.0", "1.", ".0", "007", "C12", "1.0.0"});
  CHECK(values.texts.codes == std::vector<std::int32_t>{0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("missing values are empty fields and, outside texts, the usual words") {
  const std::string lines = "NA\n\"\"\nNaN\nnull\nN/A\n";
  for (const double value : column(lines, number).numbers) CHECK(std::isnan(value));
  CHECK(column(lines, integer).integers == Integers(5, missing_integer));
  CHECK(column(lines, time_type).integers == Integers(5, missing_integer));
  CHECK(column(lines, identifier).texts.codes == std::vector<std::int32_t>(5, -1));
  CHECK(column(lines, text).texts.codes == std::vector<std::int32_t>{0, -1, 1, 2, 3});
  CHECK(column("-999\n5\n", integer, {.missing = {"-999"}}).integers == Integers{missing_integer, 5});
  CHECK(error("NA\n", number, false, {.missing = {}}) == "x.csv: line 2, column 'x': expected a number, got 'NA'");
}

TEST_CASE("a column that must be complete refuses missing values of every type") {
  CHECK(error("\"\"\n", number, true) == "x.csv: line 2, column 'x': expected a number, got nothing");
  CHECK(error("1\nNA\n", integer, true) == "x.csv: line 3, column 'x': expected an integer, got 'NA'");
  CHECK(error("NA\n", identifier, true) == "x.csv: line 2, column 'x': expected a text, got 'NA'");
  CHECK(error("\"\"\n", text, true) == "x.csv: line 2, column 'x': expected a text, got nothing");
  CHECK(error("NA\n", time_type, true).starts_with("x.csv: line 2, column 'x': expected a date"));
}

TEST_CASE("times are read in the order of the options, repeated ones too") {
  CHECK(column("12/1/2010 8:26\n12/1/2010 8:26\nNA\n2010-12-01\n", time_type).integers ==
        Integers{1291191960, 1291191960, missing_integer, 1291161600});
  CHECK(column("1/12/2010\n", time_type, {.dates = DateOrder::day_first}).integers == Integers{1291161600});
  CHECK(error("1/1/2011\n31/12/2011\n", time_type) ==
        "x.csv: line 3, column 'x': expected a date as 12/31/2011 8:26 or 2011-12-31 08:26, got '31/12/2011'");
  CHECK(error("31/13/2011\n31/13/2011\n", time_type, false, {.dates = DateOrder::day_first}) ==
        "x.csv: line 2, column 'x': expected a date as 31/12/2011 8:26 or 2011-12-31 08:26, got '31/13/2011'");
}

TEST_CASE("UTF-8 is kept, Latin-1 converted, either by itself or as told") {
  CHECK(column("£5\n", text).texts.names == Names{"£5"});
  CHECK(column("\xA3"
               "5\n",
               text)
            .texts.names == Names{"£5"});
  CHECK(column("£5\n", text, {.encoding = Encoding::latin1}).texts.names == Names{"Â£5"});
  CHECK(parse_csv("\xEF\xBB\xBFx\n1\n", "x.csv", {{"x", number}})["x"].numbers == Numbers{1});
  CHECK(parse_csv("\xE9t\xE9\n1\n", "x.csv", {{"été", number}})["été"].numbers == Numbers{1});
  CHECK(error("a\n\xA3"
              "5\n",
              text, false, {.encoding = Encoding::utf8}) ==
        "x.csv: line 3: expected UTF-8, got a byte that is no part of a character");
  CHECK(error("\xA3"
              "5\n",
              number) == "x.csv: line 2, column 'x': expected a number, got '£5'");
}

TEST_CASE("other delimiters and files without a header are read") {
  CHECK(parse_csv("a;b\n1;\"2;\"\n", "x.csv", {{"b", text}}, {.delimiter = ';'})["b"].texts.names == Names{"2;"});
  CHECK(parse_csv("a\tb\n1\t2\n", "x.csv", {{"b", number}}, {.delimiter = '\t'})["b"].numbers == Numbers{2});
  CHECK(parse_csv(" 1  2\n 3  4\n", "x", {{"2", number}}, {.delimiter = ' ', .header = false})["2"].numbers ==
        Numbers{2, 4});
}

TEST_CASE("a file that is no such text is refused with what it is") {
  const auto refusal = [](const std::string& bytes) {
    return message_of<FileError>([&] { parse_csv(bytes, "x.csv", {{"x", number}}); });
  };
  CHECK(refusal("") == "x.csv: expected lines of text, got an empty file");
  CHECK(refusal("\xEF\xBB\xBF") == "x.csv: expected lines of text, got blank lines alone");
  CHECK(refusal("\r\n\n") == "x.csv: expected lines of text, got blank lines alone");
  CHECK(refusal("\xFF\xFEx\0"s) == "x.csv: expected UTF-8 or Latin-1, got UTF-16");
  CHECK(refusal("\x1F\x8B\x08") ==
        "x.csv: expected text, got gzip data, which TextFile in tenure/data/csv/gzip.hpp unpacks");
  CHECK(refusal("x\r1\r") == "x.csv: expected lines that end in LF or CRLF, got lines that end in CR alone");
  CHECK(refusal("\"x\n1\n") == "x.csv: line 1: expected a closing quote within 1 MiB, got none");
  CHECK(refusal("y,z\n1,2\n") == "x.csv: expected a column 'x', got the columns 'y', 'z'");
  CHECK(refusal("x,y,x\n1,2,3\n") == "x.csv: expected one column 'x', got the columns 'x', 'y', 'x'");
  CHECK(parse_csv("x\n", "x.csv", {{"x", number}}).rows() == 0);
}

TEST_CASE("a row that can't be read is named by file, line and column") {
  const auto refusal = [](const std::string& rows) {
    return message_of<FileError>([&] { parse_csv("x,y\r\n" + rows, "x.csv", {{"x", number}}); });
  };
  CHECK(refusal("1,2\n1\n") == "x.csv: line 3: expected 2 fields, got 1");
  CHECK(refusal("1,2\n\n1,2,3\n") == "x.csv: line 4: expected 2 fields, got 3");
  CHECK(refusal("1,\"a\nb\"\nz,2\n") == "x.csv: line 4, column 'x': expected a number, got 'z'");
  CHECK(refusal("1,\"a\n") == "x.csv: line 2: expected a closing quote within 1 MiB, got none");
  CHECK(refusal("1,a\0b\n"s) == "x.csv: line 2: expected text, got a NUL byte");
  CHECK(refusal("\"a\x01\nb\",2\n") == "x.csv: line 2, column 'x': expected a number, got 'a??b'");
  CHECK(refusal(std::string(10'000'000, 'a') + ",2\n") == "x.csv: line 2: expected fields of 1 MiB at most, got none");
  CHECK(refusal(std::string(1000, 'a') + ",2\n").size() < 200);
}

TEST_CASE("rows that can't be read are skipped whole and counted where that is asked for") {
  SkippedRows skipped{7, "left over"};
  CsvTable table = parse_csv(damaged, "x.csv", {{"x", number}, {"y", text}, {"t", time_type}}, {}, &skipped);
  CHECK(table.rows() == 2);
  CHECK(table["x"].numbers == Numbers{1, 4});
  CHECK(table["y"].texts.codes == std::vector<std::int32_t>{0, 1});
  CHECK(table["y"].texts.names == Names{"a", "f"});  // nothing left of refused rows
  CHECK(table["t"].integers.size() == 2);
  CHECK(skipped.count == 4);
  CHECK(skipped.first == "x.csv: line 2: expected 3 fields, got 1");
  parse_csv("x\n1\n", "x.csv", {{"x", number}}, {}, &skipped);
  CHECK(skipped.count == 0);
  CHECK(skipped.first.empty());
}

TEST_CASE("a file is read from its path, and one that is not there is named") {
  const test::TemporaryDirectory directory;
  test::write_text(directory / "a.csv", "x\n1\n");
  CHECK(read_csv(directory / "a.csv", {{"x", number}})["x"].numbers == Numbers{1});
  test::check_throws<FileError>([&] { read_csv(directory / "b.csv", {{"x"}}); }, {"b.csv", "no such file"});
  test::check_throws<FileError>([&] { read_csv(directory / "", {{"x"}}); }, {"a regular file"});
}

TEST_CASE("mutated files are read or refused, and every row is either read or counted") {
  std::mt19937 random(541909);
  const std::string start =
      "id,n,i,t,s\r\n17850.0,2.55,6,12/1/2010 8:26,\"a, "
      "\"\"b\"\"\"\r\n,-1e3,NA,2011-12-09T08:26Z,caf\xC3\xA9\n"
      "x,0.1,7.0,20111209,\"two\nlines\"\n1,2,3,12/1/2010 8:26,\xA3\n";
  const std::vector<CsvColumn> columns = {
      {"id", identifier}, {"n", number, true}, {"i", integer, true, true}, {"t", time_type, true}, {"s", text, true}};
  std::size_t read = 0, refused = 0, skips = 0;
  for (int round = 0; round < 10000; ++round) {
    std::string bytes = start;
    for (auto change = random() % 6 + 1; change > 0; --change) {
      // Most of the header is spared, or hardly a round would come to the rows.
      const std::size_t at = random() % 10 ? 15 + random() % (bytes.size() - 14) : random() % (bytes.size() + 1);
      const auto kind = random() % 4;
      if (kind == 0) bytes.insert(at, 1, "\",\n\r\0\xFF.0"[random() % 8]);
      if (kind == 1) bytes.erase(at, random() % 3);
      if (kind == 2 && at < bytes.size()) bytes[at] = static_cast<char>(random());
      if (kind == 3) bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 60));
      if (bytes.size() < 20) bytes += start;
    }
    const bool marked = round % 16 == 0;
    if (marked) bytes.insert(0, "\xEF\xBB\xBF");
    const std::vector<char> exact(bytes.begin(), bytes.end());  // a sanitizer sees a read beyond
    SkippedRows skipped;
    try {
      CsvTable table = parse_csv({exact.data(), exact.size()}, "x.csv", columns, {}, &skipped);
      ++read;
      skips += skipped.count;
      CsvRows rows(std::string_view(bytes).substr(marked ? 3 : 0), ',');
      std::size_t all = 0;
      while (rows.next()) ++all;
      CHECK(table.rows() + skipped.count + 1 == all);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const CsvValues& values = table.column(i);
        CHECK(values.numbers.size() + values.integers.size() + values.texts.codes.size() ==
              (values.present ? table.rows() : 0));
        for (const std::string& name : values.texts.names) CHECK(find_invalid_utf8(name) == name.size());
      }
      // Without leave to skip the same file is an error exactly if rows were skipped, and the same error.
      const std::string message = message_of<FileError>([&] {
        parse_csv({exact.data(), exact.size()}, "x.csv", columns);
      });
      CHECK(message == (skipped.count ? skipped.first : "nothing thrown"));
    } catch (const FileError&) {
      ++refused;
    }
  }
  // The mutations reach all of it.
  CHECK(read > 5000);
  CHECK(refused > 100);
  CHECK(skips > 5000);
}

TEST_CASE("csv_names: a text's columns, as they are named in it") {
  CHECK(csv_names("Date,\"day_0\",x y\n1,2,3\n", "a.csv") == std::vector<std::string>{"Date", "day_0", "x y"});
  test::check_throws<FileError>([] { csv_names("", "a.csv"); }, {"a.csv", "an empty file"});
}
