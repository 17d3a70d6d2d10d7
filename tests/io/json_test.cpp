#include "tenure/io/json.hpp"

#include "../message.hpp"
#include "../temporary_directory.hpp"

using namespace tenure;
using test::check_throws;

TEST_CASE("JSON is read by type and range; errors name the file and the key") {
  const auto json = parse_json(R"({"a": {"n": 3, "x": [1, [2.5, "t"]], "b": true}, "t": "Öl"})", "x.json");
  const JsonValue root(json, "x.json");
  CHECK(root["a"]["n"].as<int>() == 3);
  CHECK(root["a"]["n"].as<double>() == 3);
  CHECK(root["a"]["n"].within<Index>(1, 3) == 3);
  CHECK(root["a"]["b"].as<bool>());
  CHECK(root["t"].as<std::string>() == "Öl");
  CHECK(root["a"]["x"][1][0].as<float>() == 2.5f);
  CHECK(!root["a"].find("m"));
  const auto said = [&](auto f) { return message_of<FileError>([&] { f(root["a"]); }); };
  CHECK(said([](JsonValue a) { a["n"].within<Index>(4, 9); }) == "x.json, a.n: expected an integer from 4 to 9, got 3");
  CHECK(said([](JsonValue a) { a["x"][1][1].within(0.0, 0.5); }) ==
        "x.json, a.x[1][1]: expected a number from 0 to 0.5, got \"t\"");
  CHECK(said([](JsonValue a) { a["m"]; }) == "x.json, a: expected a value \"m\", got none");
  CHECK(said([](JsonValue a) { a["x"]["m"]; }) == "x.json, a.x: expected an object, got a list of 2");
  CHECK(said([](JsonValue a) { a["x"][2]; }) == "x.json, a.x: expected at least 3 elements, got 2");
  CHECK(said([](JsonValue a) { a[0]; }) == "x.json, a: expected a list, got an object of 3");
  CHECK(said([](JsonValue a) { a["b"].as<int>(); }) == "x.json, a.b: expected an integer of 32 bits, got true");
  CHECK(said([](JsonValue a) { a["x"].as<std::vector<std::vector<double>>>(); }) ==
        "x.json, a.x[0]: expected a list, got 1");
  CHECK(said([](JsonValue a) { a["x"][1].as<std::vector<double>>(); }) ==
        "x.json, a.x[1][1]: expected a finite number, got \"t\"");
}

TEST_CASE("integers are those that the type holds") {
  const auto json =
      parse_json("[-1, 4294967296, 18446744073709551615, 9223372036854775808, -9223372036854775808, 1.0]", "x.json");
  const JsonValue root(json, "x.json");
  CHECK(root[0].as<Index>() == -1);
  CHECK(root[2].as<std::uint64_t>() == 18446744073709551615u);
  CHECK(root[4].as<std::int64_t>() == (std::numeric_limits<std::int64_t>::min)());
  CHECK_THROWS_AS(root[0].as<std::uint64_t>(), FileError);
  CHECK_THROWS_AS(root[1].as<int>(), FileError);
  CHECK_THROWS_AS(root[3].as<std::int64_t>(), FileError);
  CHECK_THROWS_AS(root[4].as<int>(), FileError);
  CHECK_THROWS_AS(root[5].as<int>(), FileError);
}

TEST_CASE("JSON beyond the limits is refused before it is held: depth, size, names, and a name twice") {
  const auto said = [](const std::string& text, const JsonLimits& limits = {}) {
    return message_of<FileError>([&] { parse_json(text, "x.json", limits); });
  };
  const auto repeated = [](const std::string& part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
  };
  CHECK(said(repeated("[", 64) + repeated("]", 64)) == "nothing thrown");
  CHECK(said(repeated("[", 65) + repeated("]", 65)) == "x.json: expected JSON of at most 64 levels, got more");
  CHECK(said(repeated("[", 300'000)) == "x.json: expected JSON of at most 64 levels, got more");
  CHECK(said(repeated("{\"a\":", 300'000)) == "x.json: expected JSON of at most 64 levels, got more");
  CHECK(said("[1, 2, 3]", {.bytes = 8}) == "x.json: expected at most 8 bytes of JSON, got 9");
  CHECK(said(R"({"a": 1, "b": 2, "a": 3})") == "x.json: expected each name of an object once, got \"a\" twice");
  CHECK(said(R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]})") == "nothing thrown");
  CHECK(said(R"({"a": 1, "b": 2, "c": 3})", {.names = 2}).find("at most 2 names in an object") != std::string::npos);
  CHECK(said(R"([{"a": 1}, {"a": 2}, {"a": 3}])", {.all_names = 2}).find("2 in all") != std::string::npos);
  for (const char* text : {"", "{", "[1,", "1 2", "nan", "1e999", "\"\xFF\"", "{a: 1}"}) {
    CHECK(said(text).find("x.json: expected JSON, got ") == 0);
  }
}

TEST_CASE("a JSON file: its path is in what is said of it") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "a.json";
  test::write_text(path, R"({"n": 1})");
  CHECK(JsonFile(path).root()["n"].as<int>() == 1);
  check_throws<FileError>([&] { JsonFile(path).root()["m"]; }, {path + ": expected a value \"m\""});
  check_throws<FileError>([&] { JsonFile(directory / "b.json"); }, {"b.json: expected to be able to open it"});
}

TEST_CASE("what is written is UTF-8, whatever names of files are") {
  const nlohmann::ordered_json json{{"file", "caf\xE9.csv"}, {"b\xFF", {{"c", {"\xC3\xA9", 1}}}}};
  const std::string text = json_text(json);
  CHECK(text == R"({"file":"caf\\xE9.csv","b\\xFF":{"c":["é",1]}})");
  CHECK(parse_json(text, "x.json")["file"] == "caf\\xE9.csv");
  CHECK(json_text({{"a", 1}}, 2) == "{\n  \"a\": 1\n}");
}
