#include "tenure/data/csv/files.hpp"

#include "../../message.hpp"
#include "../../temporary_directory.hpp"

using namespace tenure;

TEST_CASE("natural order: numbers by their value, dates with the year first by time, capitals as small letters") {
  const std::vector<std::string> sorted{"a",
                                        "a1",
                                        "A2",
                                        "a02b",
                                        "a10",
                                        "a10_2",
                                        "b2010_1_9",
                                        "b2010_1_10",
                                        "b2010_12",
                                        "b2011_1",
                                        "cohort",
                                        "cohort0",
                                        "cohort00",
                                        "cohort-2010",
                                        "x99999999999999999999998",
                                        "x99999999999999999999999"};
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      INFO(sorted[i], " and ", sorted[j]);
      if (sorted[i].starts_with("cohort") && sorted[j].starts_with("cohort")) continue;
      CHECK(natural_less(sorted[i], sorted[j]) == (i < j));
    }
  }
}

TEST_CASE("natural order: what differs in zeros or capitals alone is still ordered, one way") {
  using Names = std::pair<const char*, const char*>;
  for (const Names& names : {Names("a1", "a01"), Names("A", "a"), Names("a", "a0")}) {
    INFO(names.first, " and ", names.second);
    CHECK(natural_less(names.first, names.second) != natural_less(names.second, names.first));
    CHECK_FALSE(natural_less(names.first, names.first));
  }
}

TEST_CASE("csv_files: those of a directory in natural order, or one file") {
  const test::TemporaryDirectory directory;
  for (const char* name : {"s10.csv", "s9.CSV", "s1.csv", "notes.txt", ".hidden.csv"}) {
    test::write_text(directory / name, "x\n");
  }
  std::filesystem::create_directory(directory / "folder.csv");
  const std::vector<std::string> expected{directory / "s1.csv", directory / "s9.CSV", directory / "s10.csv"};
  CHECK(csv_files(directory.path().string()) == expected);
  CHECK(csv_files(directory / "notes.txt") == std::vector<std::string>{directory / "notes.txt"});
}

TEST_CASE("csv_files: no path, an empty directory, and one without CSV files are told apart") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path().string();
  test::check_throws<FileError>([&] { csv_files(directory / "none"); }, {"none: expected a directory", "no such path"});
  test::check_throws<FileError>([&] { csv_files(path); }, {path, "expected CSV files, got an empty directory"});
  test::write_text(directory / "a.txt", "x\n");
  test::check_throws<FileError>([&] { csv_files(path); }, {path, "end in .csv, got none among 1 entries"});
}
