/// A file's bytes in memory, by mapping where the system can. POSIX.
#pragma once

#include <sys/mman.h>

#include <string>
#include <string_view>
#include <utility>

#include "file.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// All of a file, to be read. Pages come from the disk as they are touched, and cost no memory that the system could
/// not take back; a file that can't be mapped is read instead. A file must not be cut short while it is mapped: POSIX
/// then ends the program.
class MappedFile {
 public:
  /// @throws FileError when it can't be opened or read, or is a directory
  [[gnu::cold]] explicit MappedFile(std::string path) : MappedFile(InputFile(std::move(path)), true) {}
  /// The same without mapping, for a file that others may cut short.
  [[gnu::cold]] static MappedFile read(std::string path) { return {InputFile(std::move(path)), false}; }

  MappedFile(MappedFile&& other) noexcept
      : path_(std::move(other.path_)), copy_(std::move(other.copy_)), mapped_(std::exchange(other.mapped_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    path_.swap(other.path_);
    copy_.swap(other.copy_);
    std::swap(mapped_, other.mapped_);
    return *this;
  }
  ~MappedFile() {
    if (!mapped_.empty()) ::munmap(const_cast<char*>(mapped_.data()), mapped_.size());
  }

  const std::string& path() const noexcept { return path_; }
  std::string_view bytes() const noexcept { return mapped_.empty() ? std::string_view(copy_) : mapped_; }

 private:
  MappedFile(const InputFile& file, bool map) : path_(file.path()) {
    const auto size = static_cast<std::size_t>(file.size());
    if (size == 0) return;
    if (map && file.descriptor() >= 0) {
      void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
      if (memory != MAP_FAILED) {
        ::madvise(memory, size, MADV_SEQUENTIAL);
        mapped_ = {static_cast<const char*>(memory), size};
        return;
      }
    }
    copy_.resize(size);
    file.read(0, copy_.data(), size);
  }

  std::string path_;
  std::string copy_;  // where the file is not mapped
  std::string_view mapped_;
};

}}  // namespace tenure::TENURE_ABI
