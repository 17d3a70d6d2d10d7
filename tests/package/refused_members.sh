#!/usr/bin/env bash
# refused_members.sh COMPILER INCLUDE_DIRECTORY: a member that `fields` names and that can't be trained, saved or loaded
# does not compile; the message has the member's type and what to do.
set -euo pipefail
export LC_ALL=C

program='
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>
#include <tenure/autograd/parameters.hpp>
using namespace tenure;
struct Layer {
  Parameter<float> weight{Shape{2}};
  static void fields(auto& self, auto&& f) { f("weight", self.weight); }
};
struct Bare {
  Layer layer;
};
struct Model {
  MEMBER member;
  static void fields(auto& self, auto&& f) { f("member", self.member); }
};
std::size_t count(Model& model) { return named_parameters<float>(model).size(); }'

compiles() { "${command[@]}" "-DMEMBER=$1" - <<<"$program" 2>&1; }

expect() {
  local type=$1 message=$2 member=$3 output
  if output=$(compiles "$member"); then
    echo "Compiles: $member"
    exit 1
  fi
  if [[ $output != *"$message"* || $output != *refuse_member*"$type"* ]]; then
    echo "Expected \"$message\" and \"$type\" for $member, got:"
    head -n 30 <<<"$output"
    exit 1
  fi
}

command=("$1" -DCOMMA=, -std=c++20 -fsyntax-only -I"$2" $(pkg-config --cflags eigen3) -x c++)
compiles Layer
expect 'Tensor<float>' 'make the member a Parameter<T>' 'Tensor<float>'
expect 'View<float>' 'make the member a Parameter<T>' 'View<float>'
expect 'std::vector<float' 'a Buffer<T>, to be saved only' 'std::vector<float>'
expect 'float' 'leave it out of `fields`' 'float'
expect 'basic_string<char' 'numbers or a text' 'std::string'
expect 'Layer' 'a std::unique_ptr, or a std::shared_ptr' 'Layer*'
expect 'reference_wrapper<Layer>' 'give its type `static void fields' 'std::reference_wrapper<Layer>'
expect 'weak_ptr<Layer>' 'give its type `static void fields' 'std::weak_ptr<Layer>'
expect 'function<' 'give its type `static void fields' 'std::function<float(float)>'
expect 'Bare' 'give its type `static void fields' 'Bare'
expect 'Bare' 'give its type `static void fields' 'std::vector<Bare>'
expect 'unordered_map<int' 'a std::map or std::vector' 'std::unordered_map<int COMMA Layer>'
