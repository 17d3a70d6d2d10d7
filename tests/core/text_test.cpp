#include "tenure/core/text.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <utility>
#include <vector>

using namespace tenure;

TEST_CASE("readable numbers: commas, a true minus, six digits or all of a large one") {
  const std::vector<std::pair<double, std::string>> cases{
      {0, "0"},        {1234.5, "1,234.5"},  {-34837.74, "−34,837.7"}, {1663802.4, "1,663,802"}, {1.5e-5, "1.5e-05"},
      {1e20, "1e+20"}, {missing_value, "–"}, {-0.25, "−0.25"}};
  for (const auto& [number, text] : cases) CHECK(text::readable(number) == text);
  CHECK(text::fixed(1234567.891, 2) == "1,234,567.89");
  CHECK(text::fixed(-0.001, 2) == "0.00");
  CHECK(text::fixed(-999.5, 1) == "−999.5");
}

TEST_CASE("four digits, four decimals at most") {
  CHECK(text::in_four_digits(1234.56) == "1,235");
  CHECK(text::in_four_digits(12.3456) == "12.35");
  CHECK(text::in_four_digits(-0.012345) == "−0.0123");
  CHECK(text::in_four_digits(0) == "0.0000");
}

TEST_CASE("short numbers for a terminal, shares in per cent, powers of ten") {
  CHECK(text::short_number(0.0253419) == "0.02534");
  CHECK(text::short_number(missing_value) == "-");
  CHECK(text::percent(0.795) == "80 %");
  CHECK(text::percent(0.12345, 1) == "12.3 %");
  CHECK(text::in_percent(0.795) == "79.50");
  CHECK(text::in_percent(missing_value) == "–");
  CHECK(text::power_of_ten(-12) == "10⁻¹²");
}

TEST_CASE("widths are counted in characters, not in bytes") {
  CHECK(text::width("Größe") == 5);
  CHECK(text::right_aligned("R²", 5) == "   R²");
  CHECK(text::right_aligned("longer", 3) == "longer");
  CHECK(text::shortened("Größe", 5) == "Größe");
  CHECK(text::shortened("Größen", 5) == "Größ…");
}

TEST_CASE("names joined, and none of them") {
  CHECK(text::joined(std::vector<std::string>{"a", "b"}) == "a, b");
  CHECK(text::joined({}) == "none");
}

TEST_CASE("formatted: as printf, of any length") {
  CHECK(text::formatted("%d of %s: %.2f", 3, "four", 0.5) == "3 of four: 0.50");
  CHECK(text::formatted("%s", std::string(5000, 'x').c_str()) == std::string(5000, 'x'));
  CHECK(text::formatted("%s", "").empty());
}

TEST_CASE("any bytes as UTF-8: what is no part of a character is escaped, all else stays") {
  CHECK(text::utf8("Öl und \xE2\x82\xAC\n") == "Öl und \xE2\x82\xAC\n");
  CHECK(text::utf8("caf\xE9.csv") == "caf\\xE9.csv");
  CHECK(text::utf8("\xE2\x82") == "\\xE2\\x82");                        // cut off
  CHECK(text::utf8("\xC0\xAF\xED\xA0\x80").starts_with("\\xC0\\xAF"));  // overlong, and a surrogate
  CHECK(text::utf8("") == "");
}

TEST_CASE(
    "what is printed steers no terminal: escape sequences, C1 controls and the direction of writing are escaped") {
  CHECK(text::printable("Größe 5 €") == "Größe 5 €");
  CHECK(text::printable("\x1B[2J\x07") == "\\x1B[2J\\x07");
  CHECK(text::printable("\xC2\x9B"
                        "31m") == "\\xC2\\x9B31m");
  CHECK(text::printable("\xC2\xA3") == "£");
  CHECK(text::printable("a\xE2\x80\xAE"
                        "b\xE2\x81\xA6") ==
        "a\\xE2\\x80\\xAE"
        "b\\xE2\\x81\\xA6");
  CHECK(text::printable("…–\xE2\x80\x89") == "…–\xE2\x80\x89");
  CHECK(text::printable("a\nb\tc\x7F") == "a\\x0Ab\\x09c\\x7F");
  CHECK(text::printable("a\nb\tc\r", true) == "a\nb\tc\\x0D");
  CHECK(text::printable("\xFF") == "\\xFF");
}
