#include <doctest/doctest.h>

#include <random>
#include <string>
#include <tenure/data/csv/scan.hpp>

using namespace tenure;

TEST_CASE("bytes are found where the reference finds them, neighbors in value not") {
  std::mt19937 random(1);
  const std::string near = {',',  '\n',   ',' - 1, ',' + 1, '\n' - 1, '\n' + 1,
                            '\0', '\x7F', '\x80',  '\xFF',  '\xAC',   '\x8A'};
  for (int round = 0; round < 2000; ++round) {
    std::string text(64, 0);
    for (char& c : text) c = round % 2 ? near[random() % near.size()] : static_cast<char>(random());
    for (const char first : {',', '\0', '\xFF', '\x80'}) {
      CHECK(detail::find_either(text.data(), first, '\n') == detail::reference::find_either(text.data(), first, '\n'));
    }
  }
}

TEST_CASE("a byte beyond ASCII is noticed at every place of every length") {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string text(size, '\x7F');
    CHECK(detail::is_ascii(text.data(), size));
    for (std::size_t at = 0; at < size; ++at) {
      text[at] = '\x80';
      CHECK_FALSE(detail::is_ascii(text.data(), size));
      text[at] = 'x';
    }
  }
}
