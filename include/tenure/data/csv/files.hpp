/// The CSV files of a directory, in the order that a reader expects.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/error.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The digits that a text begins with, without zeros before them.
[[gnu::cold]] inline std::string_view leading_number(std::string_view text, std::size_t& length) noexcept {
  length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  const std::size_t first = (std::min)(text.substr(0, length).find_first_not_of('0'), length);
  return text.substr(first, length - first);
}

inline char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace detail

/// Whether a name comes before another where digits count as whole numbers, and capitals as small letters: store2
/// before Store10, sales_2011_9 before sales_2011_10. Dates sort by time where the year comes first. A strict order of
/// all names: those that differ in zeros or capitals alone are compared byte by byte.
[[gnu::cold]] inline bool natural_less(std::string_view a, std::string_view b) noexcept {
  const std::string_view whole_a = a, whole_b = b;
  while (!a.empty() && !b.empty()) {
    std::size_t skip_a = 1, skip_b = 1;
    if (detail::is_digit(a[0]) && detail::is_digit(b[0])) {
      const std::string_view number_a = detail::leading_number(a, skip_a), number_b = detail::leading_number(b, skip_b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
      if (number_a != number_b) return number_a < number_b;
    } else if (detail::lower(a[0]) != detail::lower(b[0])) {
      return static_cast<unsigned char>(detail::lower(a[0])) < static_cast<unsigned char>(detail::lower(b[0]));
    }
    a.remove_prefix(skip_a);
    b.remove_prefix(skip_b);
  }
  return a.empty() != b.empty() ? a.empty() : whole_a < whole_b;
}

/// Paths of the files whose names end in .csv, in natural order; the file itself for the path of one. Hidden files are
/// none. @throws FileError for a path that is not there, or a directory without any
[[gnu::cold]] inline std::vector<std::string> csv_files(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_directory(path, error)) return {path};  // a pipe too
  if (!fs::is_directory(path, error)) throw FileError(path, "a directory of CSV files, or one of them", "no such path");
  std::vector<fs::path> found;
  std::size_t others = 0;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    std::string extension = at->path().extension().string(), name = at->path().filename().string();
    std::ranges::transform(extension, extension.begin(), detail::lower);
    std::error_code ignored;
    const bool fits = extension == ".csv" && !name.starts_with('.') && at->is_regular_file(ignored);
    fits ? found.push_back(at->path()) : static_cast<void>(++others);
  }
  if (error) throw FileError(path, "to be able to read the directory", error.message());
  if (found.empty() && others == 0) throw FileError(path, "CSV files", "an empty directory");
  if (found.empty()) throw FileError(path, "CSV files, whose names end in .csv", {"none among ", others, " entries"});
  std::ranges::sort(found, [](const fs::path& a, const fs::path& b) {
    return natural_less(a.filename().string(), b.filename().string());
  });
  std::vector<std::string> paths;
  for (const fs::path& file : found) paths.push_back(file.string());
  return paths;
}

}}  // namespace tenure::TENURE_ABI
