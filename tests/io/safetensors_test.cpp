#include "tenure/io/safetensors.hpp"

#include <cmath>
#include <limits>

#include "../message.hpp"
#include "../temporary_directory.hpp"

using namespace tenure;
using test::check_throws;

namespace {

/// A file's bytes from its header and data.
std::string bytes_of(const std::string& header, const std::string& data = {}) {
  std::uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), 8) + header + data;
}

std::string one(const std::string& type, const std::string& shape, const std::string& offsets) {
  return R"({"a":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

struct Files {
  test::TemporaryDirectory directory;
  std::string path = directory / "a.safetensors";

  SafetensorsReader read(const std::string& bytes) const {
    test::write_text(path, bytes);
    return SafetensorsReader(path);
  }
  /// Reading these bytes fails with a message that names the file and holds the parts.
  void refuses(const std::string& bytes, std::vector<std::string> parts) const {
    parts.push_back(path);
    check_throws<FileError>([&] { read(bytes); }, parts);
  }
};

}  // namespace

TEST_CASE("safetensors: what is written is read, of every type, with its metadata") {
  const Files files;
  const auto f32 = Tensor<float>::from({{1.5f, -2.25f, 3}, {0.1f, std::numeric_limits<float>::infinity(), -0.0f}});
  SafetensorsWriter writer;
  writer.metadata = {{"format", "pt"}, {"größe \"1\"\n", "ü"}};
  writer.add("f32", f32);
  writer.add("f64", Tensor<double>({1, 1, 2, 1, 1}, {0.1, 1e300}));
  writer.add("i64", Tensor<std::int64_t>({2}, {std::numeric_limits<std::int64_t>::min(), 7}));
  writer.add("i32", Tensor<std::int32_t>({1}, {-3}));
  writer.add("i16", Tensor<std::int16_t>({1}, {-300}));
  writer.add("u8", Tensor<std::uint8_t>({3}, {0, 1, 255}));
  writer.add("scalar", Tensor<double>(Shape{}, 4));
  writer.write(files.path);

  const SafetensorsReader reader(files.path);
  CHECK(reader.metadata() == writer.metadata);
  CHECK(reader.tensors().size() == 7);
  CHECK(reader.shape("f32") == Shape{2, 3});
  CHECK(std::memcmp(reader.read<float>("f32").data(), f32.data(), 24) == 0);
  CHECK(reader.read<double>("f64")(0, 0, 1, 0, 0) == 1e300);
  CHECK(reader.read<std::int64_t>("i64")(0) == std::numeric_limits<std::int64_t>::min());
  CHECK(reader.read<std::int32_t>("i32")(0) == -3);
  CHECK(reader.read<std::int64_t>("i16")(0) == -300);
  CHECK(reader.read<std::uint8_t>("u8")(2) == 255);
  CHECK(reader.read<double>("scalar").shape() == Shape{});
  CHECK(*reader.read<double>("scalar").data() == 4);
  CHECK(files.directory.files() == 1);
}

TEST_CASE("safetensors: the layout is the reference implementation's, aligned and the widest elements first") {
  const Files files;
  SafetensorsWriter writer;
  writer.metadata = {{"k", "v"}};
  writer.add("b", Tensor<std::uint8_t>({1}, {65}));
  writer.add("c", Tensor<double>({1}, 0));
  writer.add("a", Tensor<double>({2}, 0));
  writer.write(files.path);
  const std::string header =
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},)"
      R"("c":{"dtype":"F64","shape":[1],"data_offsets":[16,24]},"b":{"dtype":"U8","shape":[1],"data_offsets":[24,25]}})";
  const std::string padding((8 - header.size() % 8) % 8, ' ');
  CHECK(test::read_text(files.path) == bytes_of(header + padding, std::string(24, '\0') + "A"));
}

TEST_CASE("safetensors: floating point of any width is read as float and double") {
  const Files files;
  // 1, -2, the smallest denormal, the largest, infinity, NaN
  const std::uint16_t halves[] = {0x3C00, 0xC000, 0x0001, 0x7BFF, 0x7C00, 0x7E01};
  const std::string data(reinterpret_cast<const char*>(halves), sizeof halves);
  const auto f16 = files.read(bytes_of(one("F16", "[6]", "[0,12]"), data)).read<double>("a");
  CHECK(f16(0) == 1);
  CHECK(f16(1) == -2);
  CHECK(f16(2) == 0x1p-24);
  CHECK(f16(3) == 65504);
  CHECK(std::isinf(f16(4)));
  CHECK(std::isnan(f16(5)));
  const std::uint16_t brain[] = {0x3F80, 0xC040};  // 1, -3
  const std::string brain_data(reinterpret_cast<const char*>(brain), sizeof brain);
  const auto bf16 = files.read(bytes_of(one("BF16", "[2]", "[0,4]"), brain_data)).read<float>("a");
  CHECK(bf16(0) == 1);
  CHECK(bf16(1) == -3);

  SafetensorsWriter writer;
  writer.add("wide", Tensor<double>({2}, {0.1, 1e300}));
  writer.add("long", Tensor<float>({10'000}, 0.5f));  // more than is converted at a time
  writer.write(files.path);
  const SafetensorsReader reader(files.path);
  CHECK(reader.read<float>("wide")(0) == 0.1f);
  CHECK(std::isinf(reader.read<float>("wide")(1)));
  const auto converted = reader.read<double>("long");
  CHECK(std::ranges::all_of(converted, [](double x) { return x == 0.5; }));
}

TEST_CASE("safetensors: integers and floating point are not mixed, and integers must fit") {
  const Files files;
  SafetensorsWriter writer;
  writer.add("f", Tensor<float>({1}, 1));
  writer.add("i", Tensor<std::int64_t>({2}, {1, -1}));
  writer.write(files.path);
  const SafetensorsReader reader(files.path);
  check_throws<FileError>([&] { reader.read<std::int64_t>("f"); }, {"\"f\": expected integers, got F32 of shape (1)"});
  check_throws<FileError>([&] { reader.read<float>("i"); }, {"\"i\": expected floating point numbers, got I64"});
  check_throws<FileError>([&] { reader.read<std::uint8_t>("i"); }, {"integers of at most 1 bytes, got -1"});
  check_throws<FileError>([&] { reader.read<float>("g"); }, {files.path, "a tensor \"g\"", "none of that name"});
  Tensor<float> other({2});
  check_throws<FileError>([&] { reader.read("f", other.view()); }, {"\"f\": expected shape (2), got (1)"});
  const auto flags = files.read(bytes_of(one("BOOL", "[2]", "[0,2]"), std::string("\1\0", 2)));
  CHECK(flags.read<std::uint8_t>("a")(0) == 1);
  CHECK(flags.read<std::int64_t>("a")(1) == 0);
}

TEST_CASE("safetensors: files of other kinds and damaged ones are refused by name") {
  const Files files;
  const std::string valid = bytes_of(one("F32", "[2]", "[0,8]"), std::string(8, 'x'));
  CHECK(files.read(valid).shape("a") == Shape{2});
  CHECK(files.read(bytes_of("{}")).tensors().empty());

  for (std::size_t size = 0; size < valid.size(); ++size) files.refuses(valid.substr(0, size), {});
  files.refuses("", {"at least 8 bytes, got 0: not a safetensors file"});
  files.refuses(valid.substr(0, 20),
                {"a header of 54 bytes, got 12 in the file: not a safetensors file, or not all of one"});
  files.refuses(valid.substr(0, valid.size() - 1), {"\"a\"", "data_offsets in order and within 7 bytes", "0 to 8"});
  files.refuses(valid + "y", {"data of 8 bytes, got 9"});
  files.refuses(std::string(8, '\xFF') + valid, {"at most 100000000 bytes, got 18446744073709551615"});
  files.refuses(std::string("\x01\xE1\xF5\x05\0\0\0\0", 8), {"at most 100000000 bytes, got 100000001"});
  files.refuses(bytes_of(" {}"), {"begins with {"});
  files.refuses(bytes_of("[]"), {"begins with {", "not a safetensors file"});
  files.refuses("PK\3\4" + std::string(60, 'x'), {"not a safetensors file but a zip archive, as PyTorch's .pt"});
  files.refuses("\x89HDF\r\n\x1a\n" + std::string(60, 'x'), {"not a safetensors file but HDF5, as Keras's .h5"});
  files.refuses(bytes_of("{\"a\":"), {"a header in JSON"});
  files.refuses(bytes_of("{} x"), {"a header in JSON"});
  files.refuses(bytes_of("{\"\xFF\":1}"), {"a header in JSON", "UTF-8"});
}

TEST_CASE("safetensors: a header that says other than it should is refused, naming the tensor") {
  const Files files;
  const auto refuses = [&](const std::string& header, std::vector<std::string> parts, std::size_t data = 8) {
    files.refuses(bytes_of(header, std::string(data, 'x')), std::move(parts));
  };
  refuses(R"({"a":1})", {"an object for \"a\"", "a number"});
  refuses(R"({"a":[]})", {"an object for \"a\"", "an array"});
  refuses(R"({"__metadata__":{"k":1}})", {"strings", "a number for \"k\""});
  refuses(R"({"__metadata__":{"k":{}}})", {"strings", "an object for \"k\""});
  refuses(R"({"__metadata__":{"k":"v","k":"v"}})", {"\"k\" twice"});
  refuses(R"({"a":{}})", {"\"a\"", "dtype, shape and data_offsets", "not all"});
  refuses(R"({"a":{"dtype":"F32","dtype":"F32"}})", {"\"a\"", "dtype twice"});
  refuses(R"({"a":{"stride":1}})", {"\"a\"", "stride"});
  refuses(R"({"a":{"dtype":1}})", {"\"a\"", "a string for dtype", "a number"});
  refuses(R"({"a":{"shape":null}})", {"\"a\"", "an array for shape", "null"});
  const std::string a = R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
  refuses("{" + a + "," + a + "}", {"\"a\" twice"});
  refuses(one("", "[2]", "[0,8]"), {"\"a\"", "a dtype of letters and digits"});
  refuses(one("\\u001b[2J", "[2]", "[0,8]"), {"\"a\"", "a dtype of letters and digits"});
  refuses(one("F8_E4M3", "[2]", "[8,0]"), {"\"a\"", "in order"});
  refuses(one("F32", "[-2]", "[0,8]"), {"\"a\"", "integers from 0", "negative"});
  refuses(one("F32", "[2.0]", "[0,8]"), {"\"a\"", "integers from 0", "2.0"});
  refuses(one("F32", "[[2]]", "[0,8]"), {"\"a\"", "integers from 0", "an array"});
  refuses(one("F32", "[2]", "[0,8,8]"), {"\"a\"", "two data_offsets"});
  refuses(one("F32", "[2]", "[0]"), {"\"a\"", "two data_offsets"});
  refuses(one("F32", "[2]", "[8,0]"), {"\"a\"", "in order"});
  refuses(one("F32", "[2]", "[0,18446744073709551615]"), {"\"a\"", "18446744073709551615"});
  refuses(one("F32", "[3]", "[0,8]"), {"\"a\"", "the bytes of F32 of shape (3)", "bytes 0 to 8"});
  refuses(one("F32", "[4611686018427387904,4,2]", "[0,8]"), {"\"a\"", "the bytes of"});  // 2^67 bytes
  refuses(one("F32", "[1]", "[4,8]"), {"\"a\"", "a gap"});
}

TEST_CASE("safetensors: elements that can't be read do not keep the others from being read") {
  const Files files;
  const auto reader =
      files.read(bytes_of(R"({"f":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,3]},)"
                          R"("c":{"dtype":"C64","shape":[2,4611686018427387904],"data_offsets":[3,19]},)"
                          R"("u":{"dtype":"U8","shape":[1],"data_offsets":[19,20]}})",
                          std::string(20, '\7')));
  CHECK(reader.read<std::uint8_t>("u")(0) == 7);
  CHECK(reader.find("f")->type == DataType::other);
  CHECK(reader.find("f")->describe() == "F8_E4M3 of shape (3)");
  check_throws<FileError>([&] { reader.read<float>("f"); }, {files.path, "\"f\"", "got F8_E4M3 of shape (3)"});
  check_throws<FileError>([&] { reader.read<std::int64_t>("f"); }, {"\"f\"", "got F8_E4M3 of shape (3)"});
}

TEST_CASE("safetensors: overlaps and gaps are refused") {
  const Files files;
  const auto two = [](const std::string& second) {
    return R"({"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second +
           R"(},"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})";
  };
  const auto bytes = [&](const std::string& second, std::size_t size) {
    return bytes_of(two(second), std::string(size, 'x'));
  };
  CHECK(files.read(bytes("[4,8]", 8)).tensors()[1].name == "b");
  files.refuses(bytes("[3,7]", 7), {"\"b\"", "data from byte 4", "bytes 3 to 7, an overlap"});
  files.refuses(bytes("[0,4]", 4), {"an overlap"});
  files.refuses(bytes("[5,9]", 9), {"\"b\"", "bytes 5 to 9, a gap"});
}

TEST_CASE("safetensors: empty tensors and high ranks do not keep the others from being read") {
  const Files files;
  const auto reader = files.read(bytes_of(R"({"e":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},)"
                                          R"("h":{"dtype":"U8","shape":[1,1,1,1,1,1],"data_offsets":[0,1]}})",
                                          "x"));
  CHECK(reader.tensors().size() == 2);
  check_throws<FileError>([&] { reader.read<float>("e"); }, {"\"e\"", "rank of at most 5", "F32 of shape (0, 3)"});
  check_throws<FileError>([&] { reader.read<std::uint8_t>("h"); }, {"\"h\"", "(1, 1, 1, 1, 1, 1)"});
}

TEST_CASE("safetensors: a file that shrinks after it was opened is an error") {
  const Files files;
  const auto reader = files.read(bytes_of(one("F32", "[2]", "[0,8]"), std::string(8, 'x')));
  std::filesystem::resize_file(files.path, 60);
  check_throws<FileError>([&] { reader.read<float>("a"); }, {files.path, "more bytes, got its end"});
  check_throws<FileError>([&] { reader.read<double>("a"); }, {files.path, "more bytes, got its end"});
}

TEST_CASE("safetensors writer: names that can't be written are errors, and the old file stays") {
  const Files files;
  test::write_text(files.path, "old");
  SafetensorsWriter writer;
  writer.add("a", Tensor<float>({1}));
  check_throws<ValueError>([&] { writer.add("a", Tensor<float>({1})); }, {"each name once, got \"a\" twice"});
  check_throws<ValueError>([&] { writer.add("__metadata__", Tensor<float>({1})); }, {"reserved"});
  check_throws<ValueError>([&] { writer.add("e", Tensor<float>()); }, {"with elements for \"e\""});
  writer.add("\xFF", Tensor<float>({1}));
  check_throws<FileError>([&] { writer.write(files.path); }, {files.path, "UTF-8"});
  CHECK(test::read_text(files.path) == "old");
  CHECK(files.directory.files() == 1);
}
