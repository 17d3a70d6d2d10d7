/// What make_golden.py wrote, and the shop that it made.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace tenure::test {

/// A file beside this one.
inline std::string beside(const std::string& name) {
  return (std::filesystem::path(__FILE__).parent_path() / name).string();
}

/// Lines of a name and values, parted by spaces.
class Golden {
 public:
  explicit Golden(const std::string& path) {
    std::ifstream file(path);
    REQUIRE(file.good());
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with('#')) continue;
      std::istringstream words(line);
      std::string name;
      words >> name;
      for (std::string value; words >> value;) lines_[name].push_back(value);
    }
  }
  const std::string& text(const std::string& name) const { return lines_.at(name).at(0); }
  std::vector<double> numbers(const std::string& name, std::size_t skip = 0) const {
    std::vector<double> values;
    for (const std::string& text : std::span(lines_.at(name)).subspan(skip)) values.push_back(std::stod(text));
    return values;
  }
  double number(const std::string& name) const { return numbers(name).at(0); }
  const std::map<std::string, std::vector<std::string>>& lines() const { return lines_; }

 private:
  std::map<std::string, std::vector<std::string>> lines_;
};

/// FNV-1a, 64 bits, in hexadecimal digits.
template <class T>
std::string fnv1a(std::span<const T> values) {
  std::uint64_t digest = 0xCBF29CE484222325;
  for (const std::byte byte : std::as_bytes(values))
    digest = (digest ^ static_cast<std::uint64_t>(byte)) * 0x100000001B3;
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; digest >>= 4) text[i] = "0123456789abcdef"[digest & 15];
  return text;
}

}  // namespace tenure::test
