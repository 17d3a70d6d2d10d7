#include <doctest/doctest.h>

#include <limits>
#include <tenure/data/csv/table.hpp>
#include <tenure/data/csv/writer.hpp>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"

using namespace tenure;

TEST_CASE("texts are quoted where they need it, numbers written in their fewest digits") {
  const test::TemporaryDirectory directory;
  CsvWriter writer(directory / "a.csv", {"a", "b,c"});
  writer.field("plain text").field(0.1).end_row();
  writer.field("a \"b\"").field(-3).end_row();
  writer.missing().field(std::string("x\ny\r")).end_row();
  writer.commit();
  CHECK(test::read_text(directory / "a.csv") == "a,\"b,c\"\nplain text,0.1\n\"a \"\"b\"\"\",-3\n,\"x\ny\r\"\n");
}

TEST_CASE("whatever is written reads back, with other delimiters and in a single column too") {
  const test::TemporaryDirectory directory;
  const std::vector<std::string> texts = {"", "\"", "a;b", "\n", "é", "", std::string(200'000, 'x'), "\r"};
  const std::vector<double> numbers = {0.1, 1e-300, -1.7976931348623157e308, 1.0 / 3, 5e-324, 0, -0.0, 123456789};
  CsvWriter pairs(directory / "pairs.csv", {"t", "n"}, ';'), single(directory / "single.csv", {"t"});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    pairs.field(texts[i]).field(numbers[i]).end_row();
    single.field(texts[i]).end_row();
  }
  pairs.commit();
  single.commit();
  CsvTable table = read_csv(directory / "pairs.csv", {{"t"}, {"n", ColumnType::number}}, {.delimiter = ';'});
  CHECK(table["n"].numbers == numbers);
  CsvTable alone = read_csv(directory / "single.csv", {{"t"}});
  REQUIRE(alone.rows() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(table["t"].texts[i] == texts[i]);
    CHECK(alone["t"].texts[i] == texts[i]);
  }
}

TEST_CASE("rows of another length than the first, and files with an open row, are refused") {
  const test::TemporaryDirectory directory;
  CsvWriter writer(directory / "a.csv", {"a", "b"});
  writer.field(1);
  test::check_throws<StateError>([&] { writer.commit(); },
                                 {"a.csv: expected end_row() before commit(), got an open row"});
  test::check_throws<StateError>([&] { writer.end_row(); },
                                 {"a.csv: expected 2 fields as in the first row, got 1 in row 2"});
}

TEST_CASE("without commit() the file that was there stays") {
  const test::TemporaryDirectory directory;
  test::write_text(directory / "a.csv", "old");
  { CsvWriter(directory / "a.csv", {"a"}).field(1).end_row(); }
  CHECK(test::read_text(directory / "a.csv") == "old");
  CHECK(directory.files() == 1);
}

TEST_CASE("texts that a spreadsheet would run are written with an apostrophe, and read back as they were") {
  const test::TemporaryDirectory directory;
  const std::vector<std::string> texts = {
      "=1+1",  "+1-1",  "-cmd",     "@sum(a1)", "\tx", "=HYPERLINK(\"http://x\",\"y\")",
      "'=1+1", "''@x",  "'quoted'", "'",        "-",   "-5",
      "+3.5",  "-1e-3", "a=b",      "+44 20"};
  CsvWriter writer(directory / "a.csv", {"=t", "id"});
  for (const std::string& text : texts) writer.field(text).field(text).end_row();
  writer.field(-0.5).field(-std::numeric_limits<double>::infinity()).end_row();
  writer.commit();
  const std::string written = test::read_text(directory / "a.csv");
  CHECK(written.starts_with("'=t,id\n'=1+1,'=1+1\n'+1-1,"));
  for (const char* cell :
       {"\n'-cmd,", "\n'@sum(a1),", "\n'\tx,", "\n\"'=HYPERLINK(", "\n''=1+1,", "\n'''@x,", "\n'quoted',", "\n',",
        "\n'-,", "\n-5,", "\n+3.5,", "\n-1e-3,", "\na=b,", "\n'+44 20,", "\n-0.5,-inf\n"}) {
    CHECK_MESSAGE(written.find(cell) != std::string::npos, cell);
  }
  CsvTable table = read_csv(directory / "a.csv", {{"=t"}, {"id", ColumnType::identifier}});
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(table["=t"].texts[i] == texts[i]);
    if (texts[i] != "\tx") CHECK(table["id"].texts[i] == texts[i]);  // identifiers are without blanks around them
  }
}
