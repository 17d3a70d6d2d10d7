#include <doctest/doctest.h>

#include <tenure/io/mapped_file.hpp>

#include "../message.hpp"
#include "../temporary_directory.hpp"

using namespace tenure;

TEST_CASE("mapped and read files hold the same bytes, whole pages and none at all too") {
  const test::TemporaryDirectory directory;
  for (const std::size_t size : {0u, 1u, 4096u, 10000u}) {
    std::string text(size, 'x');
    if (size > 0) text.back() = '\0';
    test::write_text(directory / "a", text);
    MappedFile mapped(directory / "a");
    CHECK(mapped.bytes() == text);
    CHECK(mapped.path() == directory / "a");
    MappedFile moved = std::move(mapped);
    CHECK(moved.bytes() == text);
    moved = MappedFile::read(directory / "a");
    CHECK(moved.bytes() == text);
  }
}

TEST_CASE("a mapped file stays readable when its name goes, and one that is not there is named") {
  const test::TemporaryDirectory directory;
  test::write_text(directory / "a", "abc");
  const MappedFile file(directory / "a");
  std::filesystem::remove(directory / "a");
  CHECK(file.bytes() == "abc");
  test::check_throws<FileError>([&] { MappedFile(directory / "a"); },
                                {"/a: expected to be able to open it, got no such file"});
}
