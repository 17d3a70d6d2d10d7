#include <doctest/doctest.h>

#include <random>
#include <tenure/clv/transactions/csv.hpp>
#include <tenure/data/csv/gzip.hpp>

#include "../../message.hpp"
#include "../../temporary_directory.hpp"

using namespace tenure;
using namespace std::string_literals;

namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  REQUIRE(::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(::deflateBound(&stream, text.size()) + 64, 0);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

std::string random_text(std::size_t size) {
  std::mt19937 random(1);
  std::string text(size, 0);
  for (char& c : text) c = static_cast<char>('a' + random() % 16);
  return text;
}

}  // namespace

TEST_CASE("what gzip packed is unpacked, in several members and with padding too") {
  const std::string large = random_text(5'000'000);
  for (const std::string& text : {""s, "a"s, large, std::string(9'000'000, 'x')})
    CHECK(gunzip(gzip(text), "a.gz") == text);
  CHECK(gunzip(gzip("a") + gzip("") + gzip("bc"), "a.gz") == "abc");
  CHECK(gunzip(gzip("a") + std::string(100, '\0'), "a.gz") == "a");
}

TEST_CASE("data cut off anywhere, or with any bit turned, is refused or gives the same text") {
  const std::string text = random_text(300), packed = gzip(text);
  for (std::size_t size = 2; size < packed.size(); ++size) {
    const std::vector<char> exact(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
    test::check_throws<FileError>(
        [&] {
          gunzip({exact.data(), exact.size()}, "a.gz");
        },
        {"a.gz: expected the end of the gzip data, got a file that is cut off"});
  }
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < 8 * packed.size(); ++bit) {
    std::string damaged = packed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    std::string unpacked;
    const std::string message = message_of<FileError>([&] { unpacked = gunzip(damaged, "a.gz"); });
    // Some bits of the header mean nothing.
    CHECK((message == "nothing thrown" ? unpacked == text : message.starts_with("a.gz: expected ")));
    refused += message != "nothing thrown";
  }
  CHECK(refused > 8 * (packed.size() - 10));
  test::check_throws<FileError>([&] { gunzip(packed + "x", "a.gz"); }, {"nothing behind the gzip data", "1 bytes"});
  test::check_throws<FileError>([&] { gunzip("abc", "a.gz"); },
                                {"a.gz: expected gzip data, got incorrect header check"});
}

TEST_CASE("a small file that would unpack to more than is allowed is refused before it does") {
  const std::string bomb = gzip(std::string(20'000'000, '0'));
  CHECK(bomb.size() < 100'000);
  test::check_throws<FileError>([&] { gunzip(bomb, "a.gz", {.bytes = 1'000'000}); },
                                {"a.gz: expected at most 1000000 bytes of text"});
  CHECK(gunzip(gzip("1234"), "a.gz", {.bytes = 4}) == "1234");
  CHECK_THROWS_AS(gunzip(gzip("12345"), "a.gz", {.bytes = 4}), FileError);
}

TEST_CASE("a text file is read whether it is packed or not") {
  const test::TemporaryDirectory directory;
  const std::string text = "c,d,a\n1,2011-01-01,5\n";
  test::write_text(directory / "a.csv", text);
  test::write_text(directory / "a.csv.gz", gzip(text));
  for (const char* name : {"a.csv", "a.csv.gz"}) {
    const TextFile file(directory / name);
    CHECK(clv::parse_transactions(file.bytes(), file.path(), clv::parse_columns("customer=c,date=d,amount=a")).amount ==
          std::vector<double>{5});
  }
}

TEST_CASE("a small file does not unpack to gigabytes before anybody asks") {
  const std::string bomb = gzip(std::string(100'000'000, '0'));
  test::check_throws<FileError>([&] { gunzip(bomb, "a.gz"); },
                                {"a.gz: expected text of at most 100 times the", "more"});
  CHECK(gunzip(bomb, "a.gz", {.ratio = 2000}).size() == 100'000'000);
  CHECK(gunzip(gzip(std::string(10'000'000, '0')), "a.gz").size() == 10'000'000);  // little, whatever the ratio
}
