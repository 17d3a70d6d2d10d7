/// Files: reading at any place, and writing so that a file is there as a whole or not at all. POSIX.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
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

/// As open(), but never descriptor 0, 1 or 2, which are free where a program was started without them: what it prints
/// would get into the file.
[[gnu::cold]] inline Descriptor open_file(const std::string& path, int flags, mode_t mode = 0666) {
  Descriptor opened(::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode));
  if (opened.number() < 0 || opened.number() > 2) return opened;
  return Descriptor(::fcntl(opened.number(), F_DUPFD_CLOEXEC, 3));
}

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

/// The program's own descriptor that a path stands for, as /dev/stdout and /dev/fd/63 do; −1 for all other paths.
[[gnu::cold]] inline int own_descriptor(std::string_view path) noexcept {
  if (path == "/dev/stdin") return 0;
  if (path == "/dev/stdout") return 1;
  if (path == "/dev/stderr") return 2;
  for (const std::string_view start : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(start)) continue;
    int number = -1;
    const char* const end = path.data() + path.size();
    const auto read = std::from_chars(path.data() + start.size(), end, number);
    if (read.ec == std::errc() && read.ptr == end) return number;
  }
  return -1;
}

/// The file that a path of symbolic links leads to, whether it is there or not. @throws FileError for links in a circle
[[gnu::cold]] inline std::string followed(const std::string& path) {
  std::filesystem::path place = path;
  for (int links = 0; own_descriptor(place.native()) < 0; ++links) {
    std::error_code error;
    const std::filesystem::path target = std::filesystem::read_symlink(place, error);
    if (error) break;
    if (links == 40) throw FileError(path, "a file", "symbolic links in a circle");
    place = target.is_absolute() ? target : place.parent_path() / target;
  }
  return place.string();
}

/// Waits until nobody else has the file locked, or does not wait. The lock goes with the last descriptor of this opening,
/// even where the program is killed. @return false where it can't be had
[[gnu::cold]] inline bool lock(const Descriptor& file, bool wait) noexcept {
  int result = 0;
  while ((result = ::flock(file.number(), LOCK_EX | (wait ? 0 : LOCK_NB))) != 0 && errno == EINTR) {
  }
  return result == 0;
}

/// The directory that a path lies in, with the slash, and the rest of it.
[[gnu::cold]] inline std::pair<std::string, std::string> parted(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"./", path};
  return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

inline constexpr std::string_view temporary_mark = ".tmp-";

/// Removes the temporaries that killed programs left of files whose temporary names begin with `start`: those that
/// nobody has locked. Once in a program for each start, since that may be of many files.
[[gnu::cold]] inline void remove_left_temporaries(const std::string& start) {
  static std::mutex mutex;
  static std::set<std::string> done;
  {
    const std::lock_guard guard(mutex);
    if (!done.insert(start).second) return;
  }
  const auto [directory, name] = parted(start + std::string(temporary_mark));
  std::error_code error;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string found = at->path().filename().string();
    if (!found.starts_with(name) || found.find_first_not_of("0123456789-", name.size()) != std::string::npos) {
      continue;
    }
    const Descriptor left = open_file(at->path().string(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (left.number() >= 0 && lock(left, false)) ::unlink(at->path().c_str());
  }
}

}  // namespace detail

/// A file that is open for reading. What is no regular file, a pipe as `<(…)` or /dev/stdin, is read to its end at once.
class InputFile {
 public:
  /// @throws FileError when it can't be opened or is a directory
  [[gnu::cold]] explicit InputFile(std::string path) : path_(std::move(path)) {
    // Without a writer a pipe that was opened not to wait would be at its end.
    struct stat status {};
    const bool waits = ::stat(path_.c_str(), &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
    const int own = detail::own_descriptor(path_);
    descriptor_ = own >= 0 ? detail::Descriptor(::fcntl(own, F_DUPFD_CLOEXEC, 3))
                           : detail::open_file(path_, O_RDONLY | (waits ? 0 : O_NONBLOCK));
    if (descriptor_.number() < 0 || ::fstat(descriptor_.number(), &status) != 0) {
      detail::throw_file_error(path_, "open");
    }
    if (S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode)) {
      throw FileError(path_, "a regular file or a pipe", S_ISDIR(status.st_mode) ? "a directory" : "a device");
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
    if (!S_ISREG(status.st_mode)) read_all();
  }

  const std::string& path() const noexcept { return path_; }
  /// In bytes, when it was opened.
  std::uint64_t size() const noexcept { return size_; }
  /// To be mapped; −1 for what was read to its end.
  int descriptor() const noexcept { return held_ ? -1 : descriptor_.number(); }

  /// Reads `count` bytes from `offset` on. @throws FileError, also when there are fewer
  [[gnu::cold]] void read(std::uint64_t offset, void* memory, std::size_t count) const {
    if (held_) return read_held(offset, memory, count);
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
  static constexpr std::size_t most_piped = std::size_t{1} << 33;  // what never ends shall not take all of the memory

  void read_all() {
    std::string text;
    for (std::size_t used = 0;;) {
      if (used == text.size()) text.resize((std::max)(2 * used, std::size_t{1} << 16));
      const ssize_t done = ::read(descriptor_.number(), text.data() + used, text.size() - used);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) detail::throw_file_error(path_, "read");
      used += static_cast<std::size_t>(done);
      if (used > most_piped) throw FileError(path_, {"at most ", most_piped, " bytes from a pipe"}, "more");
      if (done > 0) continue;
      text.resize(used);
      size_ = used;
      held_ = std::move(text);
      return;
    }
  }
  void read_held(std::uint64_t offset, void* memory, std::size_t count) const {
    const std::size_t left = offset > size_ ? 0 : static_cast<std::size_t>(size_ - offset);
    if (count > left) throw FileError(path_, {count - left, " more bytes"}, "its end");
    std::memcpy(memory, held_->data() + offset, count);
  }

  std::string path_;
  detail::Descriptor descriptor_;
  std::uint64_t size_ = 0;
  std::optional<std::string> held_;  // all of a pipe
};

/// A file that takes the place of the one at its path, if any, when it is complete: it is written under a temporary
/// name in the same directory and renamed by commit(). A crash at any time leaves the old file or the new one whole;
/// without commit() the old one stays and the temporary goes. One that a killed program left is removed by the next that
/// writes the file. Symbolic links are followed, and the new file has the mode and, where that is allowed, the owner of
/// the old one. What is no regular file, such as a pipe or /dev/stdout, is written as it comes.
class OutputFile {
 public:
  /// @param beside a path of the same file system that the temporary name begins with, where the file's own directory
  /// must not show one.
  /// @throws FileError when the directory is not there, or it or the file can't be written to
  [[gnu::cold]] explicit OutputFile(std::string path, const std::string& beside = {})
      : path_(std::move(path)), target_(detail::followed(path_)) {
    struct stat old {};
    const int own = detail::own_descriptor(target_);
    const bool exists = own < 0 && ::stat(target_.c_str(), &old) == 0;
    if (own >= 0) {
      descriptor_ = detail::Descriptor(::fcntl(own, F_DUPFD_CLOEXEC, 3));
    } else if (exists && S_ISDIR(old.st_mode)) {
      throw FileError(path_, "to be able to replace it", "a directory");
    } else if (exists && !S_ISREG(old.st_mode)) {
      descriptor_ = detail::open_file(target_, O_WRONLY);
    } else if (!exists || ::access(target_.c_str(), W_OK) == 0) {
      make_temporary(beside.empty() ? target_ : beside);
    }
    if (descriptor_.number() < 0) detail::throw_file_error(path_, "write");
    if (!temporary_.empty() && exists) keep(old);
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
    const bool regular = !temporary_.empty();
    // Pipes and devices have nothing to be put on a disk.
    if (::fsync(descriptor_.number()) != 0 && (regular || (errno != EINVAL && errno != ENOTSUP && errno != EROFS))) {
      detail::throw_file_error(path_, "write");
    }
    // The temporary stays locked until it has its name, for others might take it for a dead program's.
    const detail::Descriptor locked(::fcntl(descriptor_.number(), F_DUPFD_CLOEXEC, 3));
    if (!descriptor_.close()) detail::throw_file_error(path_, "write");
    if (!regular) return;
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) detail::throw_file_error(path_, "replace");
    temporary_.clear();
    // The new name is on the disk once its directory is. Some file systems can't do that for directories, and there
    // is nothing that a caller could do about it.
    const detail::Descriptor opened = detail::open_file(detail::parted(target_).first, O_RDONLY | O_DIRECTORY);
    if (opened.number() >= 0) ::fsync(opened.number());
  }

 private:
  void make_temporary(const std::string& start) {
    static std::atomic<unsigned> counter = 0;
    detail::remove_left_temporaries(start);
    for (;;) {
      temporary_ =
          start + std::string(detail::temporary_mark) + std::to_string(::getpid()) + "-" + std::to_string(counter++);
      descriptor_ = detail::open_file(temporary_, O_WRONLY | O_CREAT | O_EXCL);
      if (descriptor_.number() < 0 && errno == EEXIST) continue;
      if (descriptor_.number() < 0) return temporary_.clear();
      // Between the two, another program may have taken it for a dead one's.
      struct stat status {};
      detail::lock(descriptor_, true);
      if (::fstat(descriptor_.number(), &status) == 0 && status.st_nlink > 0) return;
    }
  }

  /// Who may do what with the file remains; the owner where the program may give files away.
  void keep(const struct stat& old) const {
    const int file = descriptor_.number();
    if (::fchown(file, old.st_uid, old.st_gid) != 0 && ::fchown(file, static_cast<uid_t>(-1), old.st_gid) != 0) {
      // It is then the program's own, as any new file.
    }
    if (::fchmod(file, old.st_mode & 07777) != 0) detail::throw_file_error(path_, "keep the mode of");
  }

  std::string path_;
  std::string target_;     // where its links lead to
  std::string temporary_;  // empty once renamed, and for what is no regular file
  detail::Descriptor descriptor_;
};

/// Has a directory to itself among programs that write to it as a whole, such as two trainings. Within a program it may
/// be had several times.
class DirectoryLock {
 public:
  /// Makes the directory where there is none; it goes again where nothing came of it.
  /// @throws FileError where another program has it
  [[gnu::cold]] explicit DirectoryLock(const std::string& directory);

 private:
  /// The file that is locked, which goes with it.
  struct Held {
    std::string path;
    detail::Descriptor file;
    bool made_directory;

    Held(std::string at, detail::Descriptor locked, bool made)
        : path(std::move(at)), file(std::move(locked)), made_directory(made) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() {
      ::unlink(path.c_str());
      if (made_directory) ::rmdir(detail::parted(path).first.c_str());
    }
  };

  std::shared_ptr<Held> held_;
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

inline DirectoryLock::DirectoryLock(const std::string& directory) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<Held>> all;
  std::error_code error;
  const bool made = !std::filesystem::exists(directory, error);
  make_directory(directory);
  const std::filesystem::path canonical = std::filesystem::canonical(directory, error);
  const std::string path = in_directory(error ? directory : canonical.string(), ".tenure-lock");
  const std::lock_guard guard(mutex);
  if ((held_ = all[path].lock())) return;
  for (;;) {
    detail::Descriptor file = detail::open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW);
    if (file.number() < 0) detail::throw_file_error(path, "write");
    // File systems without locks have none to be refused by.
    if (!detail::lock(file, false) && errno == EWOULDBLOCK) {
      throw FileError(directory, "a directory that no other program is writing to", "one that another has locked");
    }
    // Its last holder may have removed it in between.
    struct stat opened {
    }, named{};
    if (::fstat(file.number(), &opened) != 0 || ::stat(path.c_str(), &named) != 0 || opened.st_ino != named.st_ino) {
      continue;
    }
    all[path] = held_ = std::make_shared<Held>(path, std::move(file), made);
    return;
  }
}

/// A file that grows: each write() is at its end and with the system when it returns, so that a crash leaves whole
/// records however long the program would have run.
class AppendedFile {
 public:
  /// Makes it where there is none. @param empty whether what it holds goes first @throws FileError
  [[gnu::cold]] explicit AppendedFile(std::string path, bool empty = false)
      : path_(std::move(path)),
        descriptor_(detail::open_file(path_, O_WRONLY | O_CREAT | O_APPEND | (empty ? O_TRUNC : 0))) {
    if (descriptor_.number() < 0) detail::throw_file_error(path_, "write");
  }

  const std::string& path() const noexcept { return path_; }
  /// In bytes; 0 for what is no regular file.
  [[gnu::cold]] std::uint64_t size() const noexcept {
    struct stat status {};
    const bool known = ::fstat(descriptor_.number(), &status) == 0 && S_ISREG(status.st_mode);
    return known ? static_cast<std::uint64_t>(status.st_size) : 0;
  }

  /// @throws FileError
  [[gnu::cold]] void write(std::string_view bytes) {
    detail::write_all(descriptor_.number(), path_, bytes.data(), bytes.size());
  }

 private:
  std::string path_;
  detail::Descriptor descriptor_;
};

}}  // namespace tenure::TENURE_ABI
