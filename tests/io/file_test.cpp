#include "tenure/io/file.hpp"

#include <sys/wait.h>

#include <thread>

#include "../message.hpp"
#include "../temporary_directory.hpp"
#include "tenure/io/mapped_file.hpp"

using namespace tenure;
using test::check_throws;

namespace {

/// The exit status of a copy of this program that does nothing but `action`; 99 for an exception.
template <class F>
int in_another_program(F action) {
  const ::pid_t child = ::fork();
  if (child == 0) {
    int code = 99;
    try {
      code = action();
    } catch (...) {
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

unsigned mode_of(const std::string& path) { return static_cast<unsigned>(std::filesystem::status(path).permissions()); }

}  // namespace

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
  check_throws<FileError>([&] { InputFile(directory / "b"); },
                          {directory / "b: expected to be able to open it, got no such file"});
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

TEST_CASE("output file: links are followed, one to a file that is not there yet too, and stay links") {
  const test::TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "d");
  std::filesystem::create_symlink("d/file", directory / "link");
  std::filesystem::create_symlink(directory / "link", directory / "link2");
  for (const char* text : {"first", "second"}) {
    write_file(directory / "link2", text);
    CHECK(test::read_text(directory / "d/file") == text);
  }
  CHECK(std::filesystem::is_symlink(directory / "link"));
  CHECK(std::filesystem::is_symlink(directory / "link2"));
  CHECK(directory.files() == 3);
  std::filesystem::create_symlink("circle", directory / "circle");
  check_throws<FileError>([&] { write_file(directory / "circle", "x"); }, {"circle: expected a file, got symbolic li"});
}

TEST_CASE("output file: the mode of the file that was there remains, and one that may not be written is not replaced") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "a";
  test::write_text(path, "old");
  for (const unsigned mode : {0600U, 0640U, 0755U}) {
    std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
    write_file(path, "new");
    CHECK(mode_of(path) == mode);
  }
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  if (::geteuid() != 0)
    check_throws<FileError>([&] { write_file(path, "x"); }, {"/a: expected to be able to write it"});
}

TEST_CASE("output file: devices and pipes are written in place and remain what they are") {
  write_file("/dev/null", "text");
  CHECK(std::filesystem::is_character_file("/dev/null"));
  CHECK_THROWS_AS(write_file("/dev/full", "text"), FileError);
  const test::TemporaryDirectory directory;
  const std::string path = directory / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const std::string text(200'000, 'x');  // more than a pipe holds
  std::thread writer([&] { write_file(path, text); });
  const InputFile file(path);
  writer.join();
  CHECK(file.size() == text.size());
  CHECK(std::filesystem::is_fifo(path));
  CHECK(directory.files() == 1);
}

TEST_CASE("output file: /dev/fd/N is the program's own descriptor, whatever that is") {
  const test::TemporaryDirectory directory;
  const test::TemporaryDirectory other;
  const std::string path = directory / "a";
  std::FILE* const file = std::fopen(path.c_str(), "w");
  std::fputs("before ", file);
  std::fflush(file);
  const std::string own = "/dev/fd/" + std::to_string(::fileno(file));
  std::filesystem::create_symlink(own, other / "link");
  write_file(own, "text ");
  write_file(other / "link", "more");
  std::fclose(file);
  CHECK(test::read_text(path) == "before text more");
  CHECK(directory.files() == 1);
  check_throws<FileError>([] { write_file("/dev/fd/987", "x"); }, {"/dev/fd/987: expected to be able to write it"});
}

TEST_CASE("output file: a killed program's temporary goes with the next write, one that is being written stays") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "a";
  CHECK(in_another_program([&] {
          (new OutputFile(path))->write("lost", 4);
          return 0;
        }) == 0);
  test::write_text(directory / "a.tmp-mine", "not ours");
  test::write_text(directory / "b.tmp-1-1", "of another file");
  CHECK(directory.files() == 3);
  OutputFile open(path);
  CHECK(directory.files() == 3);
  CHECK(!std::filesystem::exists(directory / ("a.tmp-" + std::to_string(::getpid()))));
  CHECK(in_another_program([&] {  // which knows nothing of what this one has cleared
          const std::string start = directory / "./a";
          tenure::detail::remove_left_temporaries(start);
          return 0;
        }) == 0);
  open.write("kept", 4);
  open.commit();
  CHECK(test::read_text(path) == "kept");
  CHECK(directory.files() == 3);
}

TEST_CASE("a file is never one of the standard streams, which the program may have been started without") {
  const test::TemporaryDirectory directory;
  test::write_text(directory / "in", "content");
  CHECK(in_another_program([&] {
          ::close(0), ::close(1), ::close(2);
          AppendedFile appended(directory / "appended");
          OutputFile output(directory / "output");
          const InputFile input(directory / "in");
          for (int stream = 0; stream < 3; ++stream) {
            if (::write(stream, "printed", 7) >= 0) return 1;
          }
          appended.write("a");
          output.write("o", 1);
          output.commit();
          return 0;
        }) == 0);
  CHECK(test::read_text(directory / "appended") == "a");
  CHECK(test::read_text(directory / "output") == "o");
  CHECK(test::read_text(directory / "in") == "content");
}

TEST_CASE("input file: a pipe is read to its end, and may be read at any place then") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const std::string text = std::string(150'000, 'x') + "end";
  std::thread writer([&] {
    detail::write_all(ends[1], "pipe", text.data(), text.size());
    ::close(ends[1]);
  });
  const InputFile file("/dev/fd/" + std::to_string(ends[0]));
  writer.join();
  ::close(ends[0]);
  CHECK(file.size() == text.size());
  char read[3];
  file.read(150'000, read, 3);
  CHECK(std::string(read, 3) == "end");
  check_throws<FileError>([&] { file.read(150'001, read, 3); }, {"expected 1 more bytes, got its end"});
  check_throws<FileError>([&] { file.read(1'000'000, read, 3); }, {"expected 3 more bytes, got its end"});
  CHECK(InputFile("/dev/null").size() == 0);
  const test::TemporaryDirectory directory;
  REQUIRE(::mkfifo((directory / "pipe").c_str(), 0600) == 0);
  std::thread late([&] { write_file(directory / "pipe", "late"); });
  CHECK(MappedFile(directory / "pipe").bytes() == "late");
  late.join();
}

TEST_CASE("a directory is locked against other programs, not against this one, and the lock leaves nothing") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "new/run";
  const auto message = [&] { return message_of<FileError>([&] { const DirectoryLock lock(path); }); };
  {
    const DirectoryLock lock(path);
    CHECK(message() == "nothing thrown");
    const DirectoryLock again(path + "/../run");
  }
  CHECK(!std::filesystem::exists(path));
  std::filesystem::create_directory(path);
  CHECK(message() == "nothing thrown");
  CHECK(std::filesystem::is_empty(path));
  int ready[2], done[2];
  REQUIRE((::pipe(ready) == 0 && ::pipe(done) == 0));
  std::thread other([&] {
    CHECK(in_another_program([&] {
            const DirectoryLock lock(path);
            char byte = 0;
            ::close(done[1]);
            return ::write(ready[1], "x", 1) == 1 && ::read(done[0], &byte, 1) == 0 ? 0 : 1;
          }) == 0);
  });
  char byte = 0;
  CHECK(::read(ready[0], &byte, 1) == 1);
  CHECK(message() ==
        path + ": expected a directory that no other program is writing to, got one that another has locked");
  ::close(done[1]);
  other.join();
  for (const int end : {ready[0], ready[1], done[0]}) ::close(end);
  CHECK(message() == "nothing thrown");
  CHECK(std::filesystem::is_empty(path));
  CHECK(in_another_program([&] {
          new DirectoryLock(path);  // and is killed
          return 0;
        }) == 0);
  CHECK(message() == "nothing thrown");
  CHECK(std::filesystem::is_empty(path));
}

TEST_CASE("appended file: what it held stays, or goes first") {
  const test::TemporaryDirectory directory;
  AppendedFile(directory / "a").write("one");
  AppendedFile file(directory / "a");
  CHECK(file.size() == 3);
  file.write("two");
  CHECK(test::read_text(directory / "a") == "onetwo");
  CHECK(AppendedFile(directory / "a", true).size() == 0);
}
