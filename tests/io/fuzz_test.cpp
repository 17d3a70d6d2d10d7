/// Damaged and hostile files: whatever they hold, reading ends with a result or an Error. Under the address sanitizer,
/// a read out of bounds or an overflow is a failure as well.
#include <doctest/doctest.h>

#include "../temporary_directory.hpp"
#include "tenure/io/keras_weights.hpp"
#include "tenure/io/training_state.hpp"
#include "tenure/nn/linear.hpp"
#include "tenure/optim/adam.hpp"

using namespace tenure;

namespace {

/// Makes new files of old ones.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : rng_(seed) {}

  std::string operator()(std::string bytes) {
    const std::uint64_t changes = 1 + rng_.below(4);
    for (std::uint64_t i = 0; i < changes; ++i) change(bytes);
    // With a header length that fits again, more of them get past the first checks.
    if (rng_.below(3) > 0 && bytes.size() > 8) {
      const std::size_t end = bytes.rfind('}');
      const std::uint64_t size = end == std::string::npos || end < 8 ? rng_.below(bytes.size()) : end - 7;
      bytes.replace(0, 8, reinterpret_cast<const char*>(&size), 8);
    }
    return bytes;
  }

 private:
  std::size_t place(const std::string& bytes) { return rng_.below(bytes.size() + 1); }

  /// Mostly inside the header, where there is more to go wrong.
  void change(std::string& bytes) {
    static constexpr std::string_view words[] = {"\"F32\"",
                                                 "\"F64\"",
                                                 "\"I64\"",
                                                 "\"BF16\"",
                                                 "\"F16\"",
                                                 "\"BOOL\"",
                                                 "\"U8\"",
                                                 "null",
                                                 "true",
                                                 "-1",
                                                 "0",
                                                 "1",
                                                 "2",
                                                 "4611686018427387904",
                                                 "18446744073709551615",
                                                 "18446744073709551616",
                                                 "9223372036854775807",
                                                 "4294967296",
                                                 "1e300",
                                                 "0.5",
                                                 "[",
                                                 "]",
                                                 "{",
                                                 "}",
                                                 ",",
                                                 ":",
                                                 "\"",
                                                 "\\",
                                                 "\"shape\"",
                                                 "\"dtype\"",
                                                 "\"data_offsets\"",
                                                 "\"__metadata__\"",
                                                 "\"hidden.weight\"",
                                                 "[[[[",
                                                 "{\"a\":",
                                                 " ",
                                                 "\xFF",
                                                 "\xF0\x9F",
                                                 "\\u0000",
                                                 "\\ud800"};
    const std::size_t at = place(bytes);
    const std::size_t count = std::min<std::size_t>(rng_.below(12), bytes.size() - at);
    switch (rng_.below(9)) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes.append(rng_.below(20), static_cast<char>(rng_()));
        break;
      case 2:
        bytes.erase(at, count);
        break;
      case 3:
        bytes.insert(at, bytes.substr(place(bytes) / 2, count));
        break;
      case 4:
        bytes.replace(at, count, words[rng_.below(std::size(words))]);
        break;
      case 5:
        bytes.insert(at, words[rng_.below(std::size(words))]);
        break;
      case 6:
        change_number(bytes);
        break;
      default:
        if (at < bytes.size()) bytes[at] = static_cast<char>(rng_());
    }
  }

  /// Another number where there is one.
  void change_number(std::string& bytes) {
    const std::size_t begin = bytes.find_first_of("0123456789", place(bytes) / 2);
    if (begin == std::string::npos) return;
    const std::size_t end = std::min(bytes.find_first_not_of("0123456789", begin), bytes.size());
    bytes.replace(begin, end - begin, std::to_string(rng_.below(2) ? rng_.below(64) : rng_() * std::uint64_t{rng_()}));
  }

  Rng rng_;
};

struct Model {
  Linear<float> hidden;
  Parameter<float> scale{Shape{}};
  explicit Model(Rng& rng) : hidden({.in_features = 2, .out_features = 2}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("hidden", self.hidden);
    f("scale", self.scale);
  }
};

/// How many of `count` mutations of a file `read` took without an Error; it may throw nothing else.
int accepted(const std::string& bytes, const std::string& path, int count, const auto& read) {
  Mutator mutate(static_cast<std::uint64_t>(count) + bytes.size());
  int accepted = 0;
  for (int i = 0; i < count; ++i) {
    std::filesystem::remove(path);  // some file systems write a file to the disk before they truncate it
    test::write_text(path, mutate(bytes));
    try {
      read();
      ++accepted;
    } catch (const Error&) {
    }
  }
  return accepted;
}

void read_all(const SafetensorsReader& reader) {
  for (const StoredTensor& tensor : reader.tensors()) {
    try {
      if (detail::is_floating_point(tensor.type)) {
        reader.read<float>(tensor.name);
        reader.read<double>(tensor.name);
      } else {
        reader.read<std::int64_t>(tensor.name);
        reader.read<std::uint8_t>(tensor.name);
      }
    } catch (const Error&) {  // an empty one, or one that does not fit: the others still count
    }
  }
}

struct Fuzz {
  test::TemporaryDirectory directory;
  std::string path = directory / "a.safetensors";
  Rng rng{1};
  Model model{rng};
  Parameters<float> parameters{model};
  Adam<float> adam{parameters};

  void check(const std::string& bytes, int count, const auto& read) const {
    const int taken = accepted(bytes, path, count, read);
    CHECK(taken > count / 1000);  // or nothing beyond the first check was tested
    CHECK(taken < count / 2);
  }
};

}  // namespace

TEST_CASE("fuzz: 50,000 damaged files are read or refused with an Error") {
  const Fuzz fuzz;
  SafetensorsWriter writer;
  writer.metadata = {{"k", "v"}};
  writer.add("f", Tensor<float>({2, 3}, 1));
  writer.add("d", Tensor<double>(Shape{}, 1));
  writer.add("i", Tensor<std::int64_t>({2}, 300));
  writer.add("u", Tensor<std::uint8_t>({3}, 1));
  writer.write(fuzz.path);
  fuzz.check(test::read_text(fuzz.path), 50'000, [&] { read_all(SafetensorsReader(fuzz.path)); });
}

TEST_CASE("fuzz: 50,000 damaged models are loaded or refused with an Error, strictly or not") {
  Fuzz fuzz;
  save(fuzz.model, fuzz.path, {{"format", "pt"}});
  const std::string bytes = test::read_text(fuzz.path);
  fuzz.check(bytes, 25'000, [&] { load(fuzz.model, fuzz.path); });
  fuzz.check(bytes, 25'000, [&] { load(fuzz.model, fuzz.path, {.strict = false}); });
}

TEST_CASE("fuzz: 20,000 damaged checkpoints and Keras files are loaded or refused with an Error") {
  Fuzz fuzz;
  save_training_state(fuzz.path, fuzz.model, fuzz.adam, {}, fuzz.rng);
  fuzz.check(test::read_text(fuzz.path), 10'000,
             [&] { load_training_state(fuzz.path, fuzz.model, fuzz.adam, fuzz.rng); });
  SafetensorsWriter writer;
  writer.add("dense/0", Tensor<float>({2, 2}, 1));
  writer.add("dense/1", Tensor<float>({2}, 1));
  writer.add("/0", Tensor<float>(Shape{}, 1));
  writer.write(fuzz.path);
  fuzz.check(test::read_text(fuzz.path), 10'000, [&] {
    load_keras(fuzz.model, fuzz.path, {.strict = false, .names = {{"hidden", "dense"}}});
  });
}
