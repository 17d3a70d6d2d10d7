/// Files: reading at any place, and writing so that a file is there as a whole or not at all. POSIX.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "../core/error.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// Throws what the last system call that failed said: "data/model.safetensors: expected to be able to open it, got
/// Permission denied"; of a file that is missing "got no such file".
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_file_error(const std::string& path, const char* action) {
  const bool missing = errno == ENOENT && std::string_view(action) == "open";
  throw FileError(path, {"to be able to ", action, " it"},
                  missing ? "no such file" : std::generic_category().message(errno));
}

/// An open file descriptor.
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const noexcept { return number_; }
  /// Closes it now; false, and errno says why, when what was written may be lost.
  bool close() noexcept { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_ = -1;
};

/// Writes all of it, in one call of the system where that takes it all. @throws FileError
[[gnu::cold]] inline void write_all(int descriptor, const std::string& path, const void* memory, std::size_t count) {
  const auto* next = static_cast<const char*>(memory);
  while (count > 0) {
    const ssize_t done = ::write(descriptor, next, count);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw_file_error(path, "write");
    next += done;
    count -= static_cast<std::size_t>(done);
  }
}

}  // namespace detail

/// A file that is open for reading.
class InputFile {
 public:
  /// @throws FileError when it can't be opened or is no regular file
  [[gnu::cold]] explicit InputFile(std::string path)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat status {};
    if (descriptor_.number() < 0 || ::fstat(descriptor_.number(), &status) != 0) {
      detail::throw_file_error(path_, "open");
    }
    if (!S_ISREG(status.st_mode)) throw FileError(path_, "a regular file", "a directory or device");
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  const std::string& path() const noexcept { return path_; }
  /// In bytes, when it was opened.
  std::uint64_t size() const noexcept { return size_; }
  int descriptor() const noexcept { return descriptor_.number(); }

  /// Reads `count` bytes from `offset` on. @throws FileError, also when there are fewer
  [[gnu::cold]] void read(std::uint64_t offset, void* memory, std::size_t count) const {
    auto* next = static_cast<char*>(memory);
    while (count > 0) {
      const ssize_t done = ::pread(descriptor_.number(), next, count, static_cast<off_t>(offset));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) detail::throw_file_error(path_, "read");
      if (done == 0) throw FileError(path_, {count, " more bytes"}, "its end");
      next += done;
      offset += static_cast<std::uint64_t>(done);
      count -= static_cast<std::size_t>(done);
    }
  }

 private:
  std::string path_;
  detail::Descriptor descriptor_;
  std::uint64_t size_ = 0;
};

/// A file that takes the place of the one at its path, if any, when it is complete: it is written under a temporary
/// name in the same directory and renamed by commit(). A crash at any time leaves the old file or the new one whole;
/// without commit() the old one stays and the temporary goes.
class OutputFile {
 public:
  /// @param beside a path of the same file system that the temporary name begins with, where the file's own directory
  /// must
  ///   not show one. @throws FileError when the directory is not there or can't be written to
  [[gnu::cold]] explicit OutputFile(std::string path, const std::string& beside = {}) : path_(std::move(path)) {
    static std::atomic<unsigned> counter = 0;
    do {
      temporary_ =
          (beside.empty() ? path_ : beside) + ".tmp-" + std::to_string(::getpid()) + "-" + std::to_string(counter++);
      descriptor_ = detail::Descriptor(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    } while (descriptor_.number() < 0 && errno == EEXIST);
    if (descriptor_.number() < 0) {
      temporary_.clear();
      detail::throw_file_error(path_, "write");
    }
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
  }

  /// Appends. @throws FileError
  [[gnu::cold]] void write(const void* memory, std::size_t count) {
    detail::write_all(descriptor_.number(), path_, memory, count);
  }

  /// Has all of it on the disk, then under its name. Nothing may be written afterwards. @throws FileError
  [[gnu::cold]] void commit() {
    if (::fsync(descriptor_.number()) != 0 || !descriptor_.close()) detail::throw_file_error(path_, "write");
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) detail::throw_file_error(path_, "replace");
    temporary_.clear();
    // The new name is on the disk once its directory is. Some file systems can't do that for directories, and there
    // is nothing that a caller could do about it.
    const std::size_t slash = path_.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    const detail::Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.number() >= 0) ::fsync(opened.number());
  }

 private:
  std::string path_;
  std::string temporary_;  // empty once renamed
  detail::Descriptor descriptor_;
};

/// Makes a directory, and those above it, where there are none. @throws FileError
[[gnu::cold]] inline void make_directory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw FileError(path, "to be able to make the directory", error.message());
}

/// The path of a file in a directory.
[[gnu::cold]] inline std::string in_directory(const std::string& directory, const std::string& name) {
  return (std::filesystem::path(directory) / name).string();
}

/// Puts a text in the place of a file once all of it is written. @throws FileError
[[gnu::cold]] inline void write_file(const std::string& path, std::string_view text) {
  OutputFile file(path);
  file.write(text.data(), text.size());
  file.commit();
}

/// A file that grows: each write() is at its end and with the system when it returns, so that a crash leaves whole
/// records however long the program would have run.
class AppendedFile {
 public:
  /// Makes it where there is none. @throws FileError
  [[gnu::cold]] explicit AppendedFile(std::string path)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
    if (descriptor_.number() < 0) detail::throw_file_error(path_, "write");
  }

  const std::string& path() const noexcept { return path_; }

  /// @throws FileError
  [[gnu::cold]] void write(std::string_view bytes) {
    detail::write_all(descriptor_.number(), path_, bytes.data(), bytes.size());
  }

 private:
  std::string path_;
  detail::Descriptor descriptor_;
};

}}  // namespace tenure::TENURE_ABI
