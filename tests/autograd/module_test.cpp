#include "tenure/autograd/module.hpp"

#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <variant>

#include "../message.hpp"
#include "tenure/autograd/parameters.hpp"

using namespace tenure;

namespace {

struct Part {
  Parameter<double> weight{Tensor<double>::from({1.0, -2.0})};
  std::optional<Parameter<double>> bias{Tensor<double>::from({0.5})};
  static void fields(auto& self, auto&& f) {
    f("weight", self.weight);
    f("bias", self.bias);
  }
};

struct Model {
  std::vector<Part> parts{2};
  Part head;
  static void fields(auto& self, auto&& f) {
    f("parts", self.parts);
    f("head", self.head);
  }
};

/// A model of one member of any type.
template <class Member>
struct Holder {
  Member member;
  static void fields(auto& self, auto&& f) { f("m", self.member); }
};

/// The names of the parameters of a model of one member, "m", from there on.
template <class Member>
std::string names(Member member) {
  Holder<Member> model{std::move(member)};
  std::string all;
  for (const auto& [name, parameter] : named_parameters<double>(model)) {
    all += (all.empty() ? "" : " ") + name.substr(name.find('m') + 1);
    CHECK(parameter->size() > 0);
  }
  return all;
}

struct Scale {
  double operator()(double x) const { return x; }
};

using P = Parameter<double>;
P one() { return P(Tensor<double>::from({1.0})); }

}  // namespace

TEST_CASE("members of all kinds that own layers are walked, and named by their places in them") {
  CHECK(names(Part()) == ".weight .bias");
  CHECK(names(std::vector<Part>(2)) == ".0.weight .0.bias .1.weight .1.bias");
  CHECK(names(std::array<P, 2>{one(), one()}) == ".0 .1");
  CHECK(names(std::deque<P>{one(), one()}) == ".0 .1");
  CHECK(names(std::optional<P>{one()}) == "");
  CHECK(named_parameters<double>(*std::make_unique<Holder<std::optional<P>>>()).empty());
  CHECK(names(std::vector<std::optional<P>>{one(), std::nullopt, one()}) == ".0 .2");
  CHECK(names(std::make_unique<Part>()) == ".weight .bias");
  CHECK(names(std::make_shared<Part>()) == ".weight .bias");
  CHECK(names(std::unique_ptr<Part>()) == "");
  CHECK(names(std::vector<std::shared_ptr<Part>>{std::make_shared<Part>(), nullptr}) == ".0.weight .0.bias");
  CHECK(names(std::map<std::string, P>{{"revenue", one()}, {"churn", one()}}) == ".churn .revenue");
  CHECK(names(std::map<int, Part>{{-1, Part()}}) == ".-1.weight .-1.bias");
  CHECK(names(std::pair<Part, P>{Part(), one()}) == ".0.weight .0.bias .1");
  CHECK(names(std::tuple<P, Scale, P>{one(), Scale(), one()}) == ".0 .2");
  CHECK(names(std::variant<std::monostate, Part, P>{Part()}) == ".weight .bias");
  CHECK(names(std::variant<std::monostate, Part, P>{one()}) == "");
  CHECK(names(std::variant<std::monostate, Part, P>{}) == "");
  struct TwoDimensions {
    Part parts[2][1];
    static auto fields() {
      return [](auto& self, auto&& f) { f("parts", self.parts); };
    }
  };
  TwoDimensions model;
  CHECK(named_parameters<double>(model)[2].name == "parts.1.0.weight");
  CHECK(names([](double x) { return x; }) == "");
  CHECK(names(&named_parameters<double, Part>) == "");
}

TEST_CASE("a struct within a function gives its fields by a generic lambda, and is a module as others are") {
  struct Local {
    Part part;
    std::vector<Parameter<double>> more = {one()};
    static auto fields() {
      return [](auto& self, auto&& f) {
        f("part", self.part);
        f("more", self.more);
      };
    }
  };
  static_assert(Module<Local> && Module<const Local>);
  Local model;
  CHECK(named_parameters<double>(model)[2].name == "more.0");
  freeze(model);
  CHECK(!model.part.weight.trainable());
  Holder<Local> holder;
  CHECK(named_parameters<double>(holder)[0].name == "m.part.weight");
}

TEST_CASE("one name for two parameters is an error, as is a parameter without values; a frozen part changes nothing") {
  struct TwoOfOneName {
    Part a, b;
    static auto fields() {
      return [](auto& self, auto&& f) {
        f("a", self.a);
        f("a", self.b);
      };
    }
  };
  TwoOfOneName model;
  test::check_throws<ValueError>([&] { named_parameters<double>(model); }, {"fields", "\"a.weight\" twice"});
  test::check_throws<ValueError>([&] { Parameters<double> parameters(model); }, {"fields", "\"a.weight\" twice"});
  Holder<std::vector<P>> empty{std::vector<P>(1)};
  test::check_throws<ValueError>([&] { Parameters<double> parameters(empty); },
                                 {"m.0: expected values", "an empty one"});
  Holder<Buffer<double>> empty_buffer;
  test::check_throws<ValueError>([&] { named_buffers<double>(empty_buffer); }, {"m: expected values"});
}

TEST_CASE("a parameter under two names is counted, gathered and penalized once, by the first") {
  struct Tied {
    Part embedding;
    Part head;
    static auto fields() {
      return [](auto& self, auto&& f) {
        f("embedding", self.embedding);
        f("head.bias", self.head.bias);
        f("head.weight", self.embedding.weight);
        f("again", self.embedding);
      };
    }
  };
  Tied model;
  model.embedding.weight.set_regularizer({.l2 = 1});
  const Parameters<double> parameters(model);
  CHECK(parameters.count() == 4);
  CHECK(parameters.entries().size() == 3);
  CHECK(parameters.entries()[0].name == "embedding.weight");
  CHECK(parameters.entries()[2].name == "head.bias");
  CHECK(parameters.penalty() == 5);

  auto shared = std::make_shared<Part>();
  Holder<std::pair<std::shared_ptr<Part>, std::shared_ptr<Part>>> twice{{shared, shared}};
  CHECK(named_parameters<double>(twice).size() == 2);
}

TEST_CASE("freezing a part of a model freezes all of its parameters and no others, gathered or not") {
  Model model;
  freeze(model.parts);
  CHECK(!model.parts[1].bias->trainable());
  CHECK(model.head.weight.trainable());
  const Parameters<double> parameters(model);
  CHECK(!parameters.entries()[0].trainable);
  CHECK(parameters.entries()[4].trainable);

  unfreeze(model.parts[0]);
  freeze(model.head.weight);
  CHECK(parameters.entries()[0].trainable);
  CHECK(!parameters.entries()[2].trainable);
  CHECK(!parameters.entries()[4].trainable);
  CHECK(parameters.entries()[5].trainable);
}
