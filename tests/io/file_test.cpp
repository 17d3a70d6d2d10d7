#include "tenure/io/file.hpp"

#include "../message.hpp"
#include "../temporary_directory.hpp"

using namespace tenure;
using test::check_throws;

TEST_CASE("output file: takes the old one's place when committed, and not before") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "a";
  test::write_text(path, "old");
  {
    OutputFile file(path);
    file.write("new ", 4);
    file.write("text", 4);
    CHECK(test::read_text(path) == "old");
    file.commit();
  }
  CHECK(test::read_text(path) == "new text");
  CHECK(directory.files() == 1);
}

TEST_CASE("output file: one that is not committed leaves the old file and nothing else") {
  const test::TemporaryDirectory directory;
  test::write_text(directory / "a", "old");
  try {
    OutputFile file(directory / "a");
    file.write("new", 3);
    CHECK(directory.files() == 2);
    throw ValueError("test", "an end", "an error");
  } catch (const ValueError&) {
  }
  CHECK(test::read_text(directory / "a") == "old");
  CHECK(directory.files() == 1);
}

TEST_CASE("output file: two at a time for one path do not disturb each other") {
  const test::TemporaryDirectory directory;
  OutputFile first(directory / "a");
  OutputFile second(directory / "a");
  first.write("first", 5);
  second.write("second", 6);
  second.commit();
  CHECK(test::read_text(directory / "a") == "second");
  first.commit();
  CHECK(test::read_text(directory / "a") == "first");
}

TEST_CASE("output file: errors name the path and the reason, and leave no temporary") {
  const test::TemporaryDirectory directory;
  check_throws<FileError>([&] { OutputFile(directory / "missing/a"); },
                          {directory / "missing/a: expected to be able to write it", "No such file"});
  std::filesystem::create_directory(directory / "d");
  check_throws<FileError>(
      [&] {
        OutputFile file(directory / "d");
        file.commit();
      },
      {"replace", "directory"});
  CHECK(directory.files() == 1);
}

TEST_CASE("input file: reads at any place, and says what is missing") {
  const test::TemporaryDirectory directory;
  test::write_text(directory / "a", "0123456789");
  const InputFile file(directory / "a");
  CHECK(file.size() == 10);
  char text[4] = {};
  file.read(6, text, 3);
  CHECK(std::string(text) == "678");
  check_throws<FileError>([&] { file.read(8, text, 4); }, {directory / "a: expected 2 more bytes, got its end"});
  check_throws<FileError>([&] { InputFile(directory / "b"); }, {directory / "b: expected to be able to open it, got no such file"});
  check_throws<FileError>([&] { InputFile(directory.path().string()); }, {"expected a regular file"});
}

TEST_CASE("write_file puts a text in a file's place, and leaves it where it can't") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "text";
  write_file(path, "before");
  write_file(path, "after\n");
  CHECK(test::read_text(path) == "after\n");
  CHECK_THROWS_AS(write_file(directory / "no/such", "text"), FileError);
}
