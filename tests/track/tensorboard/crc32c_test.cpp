#include "tenure/track/tensorboard/crc32c.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace tenure;

TEST_CASE("CRC-32C gives the values of RFC 3720, appendix B.4") {
  std::string ascending(32, '\0'), descending(32, '\0');
  for (std::size_t i = 0; i < 32; ++i) {
    ascending[i] = static_cast<char>(i);
    descending[i] = static_cast<char>(31 - i);
  }
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAU);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43U);
  CHECK(crc32c(ascending) == 0x46DD794EU);
  CHECK(crc32c(descending) == 0x113FDB5CU);
  CHECK(crc32c("123456789") == 0xE3069283U);
  CHECK(crc32c("") == 0);
}
