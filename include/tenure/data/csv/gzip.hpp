/// Files packed by gzip. Needs zlib: the CMake target tenure::zlib.
///
///     const TextFile file("shop.csv.gz");
///     Transactions sales = parse_transactions(file.bytes(), file.path());
#pragma once

#if !__has_include(<zlib.h>)
#error "tenure needs zlib.h here: add the component zlib (target tenure::zlib) or install zlib"
#include <tenure_needs_zlib>
#endif
#include <zlib.h>

#include <algorithm>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "../../io/mapped_file.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// What a stranger's small file may take of the memory.
struct GunzipLimits {
  std::size_t bytes = std::size_t{1} << 34;
  std::size_t ratio = 100;  ///< of the text to what is packed, where the text is longer than 64 MiB
};

namespace detail {

inline constexpr std::size_t free_bytes = std::size_t{1} << 26;  // of text, whatever the ratio

/// zlib's state.
class Inflater {
 public:
  Inflater() {
    // 15: the largest window; 16: gzip's header and checksum.
    if (::inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { ::inflateEnd(&stream); }

  z_stream stream{};
};

/// Appends one member to `text`, and takes it off `packed`.
[[gnu::cold]] inline void inflate_member(std::string_view& packed, std::string& text, std::string_view name,
                                         const GunzipLimits& limits, std::size_t packed_size) {
  Inflater inflater;
  z_stream& stream = inflater.stream;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    const std::size_t before = text.size();
    if (before > limits.bytes) throw FileError(name, {"at most ", limits.bytes, " bytes of text"}, "more");
    if (before > free_bytes && before / (std::max<std::size_t>)(limits.ratio, 1) > packed_size) {
      throw FileError(name, {"text of at most ", limits.ratio, " times the ", packed_size, " bytes that are packed"},
                      "more");
    }
    // zlib's sizes are 32 bits; texts are often four times as long as what they are packed to.
    const std::size_t given = (std::min)(packed.size(), std::size_t{1} << 30);
    text.resize(before + std::clamp((std::max)(before, 4 * given), std::size_t{1} << 10, std::size_t{1} << 26));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + before);
    stream.avail_out = static_cast<uInt>(text.size() - before);
    status = ::inflate(&stream, Z_NO_FLUSH);
    packed.remove_prefix(given - stream.avail_in);
    text.resize(text.size() - stream.avail_out);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_BUF_ERROR || (status == Z_OK && packed.empty() && text.size() == before)) {
      throw FileError(name, "the end of the gzip data",
                      {"a file that is cut off after ", text.size(), " bytes of text"});
    }
    if (status != Z_OK && status != Z_STREAM_END) {
      throw FileError(name, "gzip data",
                      {stream.msg ? stream.msg : "something else", " after ", text.size(), " bytes of text"});
    }
  }
}

}  // namespace detail

/// Whether bytes begin as gzip's do.
inline bool is_gzip(std::string_view bytes) noexcept { return bytes.starts_with("\x1F\x8B"); }

/// Unpacks gzip data, of several members too; zeros behind the last one are padding.
/// @param name what messages call it, its path
/// @throws FileError when it is cut off, damaged, followed by something else, or longer than the limits allow
[[gnu::cold]] inline std::string gunzip(std::string_view packed, std::string_view name,
                                        const GunzipLimits& limits = {}) {
  const std::size_t size = packed.size();
  std::string text;
  do {
    detail::inflate_member(packed, text, name, limits, size);
  } while (is_gzip(packed));
  if (packed.find_first_not_of('\0') != std::string_view::npos) {
    throw FileError(name, "nothing behind the gzip data", {packed.size(), " bytes"});
  }
  if (text.size() > limits.bytes) throw FileError(name, {"at most ", limits.bytes, " bytes of text"}, "more");
  return text;
}

/// A file's text, unpacked if it is packed, mapped to memory if not: for parse_csv() and parse_transactions().
class TextFile {
 public:
  /// @throws FileError
  [[gnu::cold]] explicit TextFile(std::string path, const GunzipLimits& limits = {}) : file_(std::move(path)) {
    packed_ = is_gzip(file_.bytes());
    if (packed_) unpacked_ = gunzip(file_.bytes(), file_.path(), limits);
  }

  const std::string& path() const noexcept { return file_.path(); }
  std::string_view bytes() const noexcept { return packed_ ? std::string_view(unpacked_) : file_.bytes(); }

 private:
  MappedFile file_;
  std::string unpacked_;
  bool packed_ = false;
};

}}  // namespace tenure::TENURE_ABI
