#include "tenure/io/state_json.hpp"

#include "../message.hpp"

using namespace tenure;
using test::check_throws;

namespace {

enum class Colour { red, green };

struct Inner {
  Tensor<double> values;
  std::vector<std::string> names;
  static void state(auto& self, auto&& f) {
    f("values", self.values);
    f("names", self.names);
  }
};
struct Outer {
  Inner inner;
  double number = 0;
  Index count = 0;
  Colour colour = Colour::red;
  Tensor<float> none;
  static void state(auto& self, auto&& f) {
    f("inner", self.inner);
    f("number", self.number);
    f("count", self.count);
    f("colour", self.colour);
    f("none", self.none);
  }
};

}  // namespace

TEST_CASE("a state comes back from JSON as it was, every bit of its numbers") {
  const Outer from{{Tensor<double>({2, 1}, {0.1, -1e-300}), {"a", "é"}}, 1.0 / 3, 7, Colour::green, {}};
  const std::string text = state_json(from).dump();
  Outer to;
  read_state(nlohmann::ordered_json::parse(text), "x.json", to);
  CHECK(to.inner.values.shape() == Shape{2, 1});
  CHECK(to.inner.values(0, 0) == 0.1);
  CHECK(to.inner.values(1, 0) == -1e-300);
  CHECK(to.inner.names == from.inner.names);
  CHECK(to.number == from.number);
  CHECK(to.count == 7);
  CHECK(to.colour == Colour::green);
  CHECK(to.none.empty());
}

TEST_CASE("what is missing or of another type is an error that names the file") {
  Outer to;
  check_throws<FileError>([&] { read_state(nlohmann::ordered_json::parse("{}"), "x.json", to); }, {"x.json", "inner"});
  auto json = state_json(Outer{{Tensor<double>({1}, {1}), {}}, 0, 0, Colour::red, {}});
  json["number"] = "many";
  check_throws<FileError>([&] { read_state(json, "x.json", to); }, {"x.json: expected what this version"});
  json["inner"]["values"]["shape"] = {2, 2};
  check_throws<FileError>([&] { read_state(json, "x.json", to); }, {"tensors of as many values as their shapes have"});
  check_throws<FileError>([&] { read_state(nlohmann::ordered_json(), "x.json", to); }, {"x.json"});
}
