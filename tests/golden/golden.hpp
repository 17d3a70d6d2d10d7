/// Golden cases: safetensors files with the results of PyTorch in float64, made by generate.py or by anyone.
///
/// `__metadata__` holds `case`, the kind, and `config`, its options as a JSON object. A key that is absent has
/// PyTorch's default; one that the kind does not know is an error, as is a tensor that it has no use for.
///
/// | case                      | config                                          | tensors                              |
/// |---------------------------|-------------------------------------------------|--------------------------------------|
/// | linear                    |                                                 | in.0, param.NAME, out, grad_out,     |
/// |                           |                                                 | grad_in.K, grad.NAME                 |
/// | embedding                 | padding_idx                                     | the same                             |
/// | layer_norm                | epsilon                                         | the same                             |
/// | lstm, gru, rnn            | layers, bidirectional, lengths, bias;           | the same; in.1, in.2 initial states, |
/// |                           | reset_after of a gru, nonlinearity of an rnn    | out.1, out.2 final ones              |
/// | multi_head_attention      | heads, causal, lengths, bias, kdim, vdim        | the same; in.0 alone, or in.0 to     |
/// |                           |                                                 | in.2: query, key, value              |
/// | transformer_encoder_layer | heads, activation, norm_first, epsilon, causal, | the same                             |
/// |                           | lengths                                         |                                      |
/// | activation                | function; approximate, negative_slope, dim      | in.0, out, grad_out, grad_in.0       |
/// | optimiser                 | optimiser, learning_rate, weight_decay,         | start, gradients (steps, n), end     |
/// |                           | momentum, dampening, nesterov, betas, epsilon   |                                      |
/// | parameter_groups          | those of optimiser; the groups are generate.py's | start.NAME, gradients.NAME, end.NAME |
/// | loss_curve                | heads, learning_rate                            | in.0, target, param.NAME, losses     |
///
/// Batch first throughout, but for recurrent states: (layers · directions, batch, units). grad_out is the cotangent of
/// out; names and layouts of parameters are those of PyTorch's state_dict, or in.K.
#pragma once

#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tenure/autograd/parameters.hpp"
#include "tenure/autograd/tape.hpp"
#include "tenure/io/model_file.hpp"

namespace tenure::golden {

/// A case as it lies in its file. Remembers what was asked for, so that nothing in it goes unnoticed.
class Golden {
 public:
  explicit Golden(const std::string& path) : reader_(path) {
    kind = metadata("case");
    config_ = nlohmann::ordered_json::parse(metadata("config"), nullptr, false);
    if (!config_.is_object()) throw FileError(path, "a config that is a JSON object", metadata("config"));
  }

  std::string kind;

  const SafetensorsReader& reader() const noexcept { return reader_; }

  /// A config key's value, absent if it is null or not there. @throws FileError for one of another type
  template <class U>
  std::optional<U> option(const std::string& key) {
    used_keys_.insert(key);
    const auto place = config_.find(key);
    if (place == config_.end() || place->is_null()) return {};
    const bool valid = std::is_same_v<U, bool>          ? place->is_boolean()
                       : std::is_integral_v<U>          ? place->is_number_integer()
                       : std::is_floating_point_v<U>    ? place->is_number()
                       : std::is_same_v<U, std::string> ? place->is_string()
                                                        : place->is_array();
    try {
      if (valid) return place->template get<U>();
    } catch (const nlohmann::ordered_json::exception&) {
    }
    throw wrong(key, std::is_same_v<U, bool>          ? "true or false"
                     : std::is_integral_v<U>          ? "an integer"
                     : std::is_floating_point_v<U>    ? "a number"
                     : std::is_same_v<U, std::string> ? "a string"
                                                      : "an array of numbers");
  }
  template <class U>
  U option(const std::string& key, const U& absent) {
    return option<U>(key).value_or(absent);
  }
  /// One of several strings.
  std::string choice(const std::string& key, const std::vector<std::string>& choices) {
    const std::string value = option<std::string>(key, choices.front());
    if (std::ranges::find(choices, value) != choices.end()) return value;
    std::string expected;
    for (const std::string& choice : choices) expected += (expected.empty() ? "" : ", ") + choice;
    throw wrong(key, "one of " + expected);
  }
  FileError wrong(const std::string& key, const std::string& expected) const {
    return FileError(reader_.path(), {"config key \"", key, "\": ", expected}, config_[key].dump());
  }

  bool has(const std::string& name) const { return reader_.find(name) != nullptr; }
  Shape shape(const std::string& name) const { return reader_.shape(name); }
  template <class T>
  Tensor<T> read(const std::string& name) {
    used_tensors_.insert(name);
    return reader_.read<T>(name);
  }

  /// @throws FileError for what nobody asked for
  void check_all_used() const {
    for (const auto& [key, value] : config_.items()) {
      if (!used_keys_.contains(key)) {
        throw FileError(reader_.path(), {"config keys that a ", kind, " has"}, {"\"", key, "\": ", value.dump()});
      }
    }
    for (const StoredTensor& tensor : reader_.tensors()) {
      if (!used_tensors_.contains(tensor.name)) {
        throw FileError(reader_.path(), {"tensors that a ", kind, " has"}, {"\"", tensor.name, "\""});
      }
    }
  }
  void use(const std::string& name) { used_tensors_.insert(name); }

 private:
  const std::string& metadata(const std::string& key) const {
    const auto place = reader_.metadata().find(key);
    if (place == reader_.metadata().end()) throw FileError(reader_.path(), {"metadata \"", key, "\""}, "none");
    return place->second;
  }

  SafetensorsReader reader_;
  nlohmann::ordered_json config_;
  std::set<std::string> used_keys_;
  std::set<std::string> used_tensors_;
};

/// The largest relative error, max |a − b| / max |b| over a tensor; where b is zero, to rounding, |a − b| against the
/// largest gradient, or output, of the case.
class Comparison {
 public:
  explicit Comparison(Golden& golden) : golden_(golden) {}

  /// Compares with the tensor of that name. @throws FileError when there is none of this shape
  template <class T>
  void compare(const std::string& name, View<const T> got) {
    const Tensor<double> expected = golden_.read<double>(name);
    if (expected.shape() != got.shape()) throw FileError(name, {got.shape(), ", our result's"}, {expected.shape()});
    Errors& errors = name.starts_with("grad") ? gradients_ : outputs_;
    double error = 0, scale = 0;
    for (Index i = 0; i < got.size(); ++i) {
      const double difference = std::abs(static_cast<double>(got.data()[i]) - expected.data()[i]);
      if (!(difference <= error)) error = std::isnan(difference) ? infinity : difference;
      scale = std::max(scale, std::abs(expected.data()[i]));
    }
    errors.emplace_back(error, scale);
  }
  template <class T>
  void compare(const std::string& name, View<T> got) {
    compare(name, View<const T>(got));
  }

  double largest() const { return std::max(largest(outputs_), largest(gradients_)); }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  using Errors = std::vector<std::pair<double, double>>;  // and scales

  static double largest(const Errors& errors) {
    double scale = 0, result = 0;
    for (const auto& [error, own] : errors) scale = std::max(scale, own);
    for (const auto& [error, own] : errors) {
      const double by = own > 1e-12 * scale ? own : scale;
      result = std::max(result, by > 0 ? error / by : error);
    }
    return result;
  }

  Golden& golden_;
  Errors outputs_, gradients_;
};

/// Runs a case whose model is `module`: `call(tape, inputs)` gives its outputs, of which the first has the cotangent.
/// Inputs of integers are left to the caller, their Vars referring to nothing.
template <class T, class M, class Call>
double run_module(Golden& golden, M& module, const Call& call) {
  load(module, golden.reader(), {.prefix = "param."});
  const auto named = named_parameters<T>(module);
  std::optional<Parameters<T>> parameters;
  if (!named.empty()) parameters.emplace(module);

  Tape<T> tape;
  std::vector<Var<T>> inputs;
  while (golden.has("in." + std::to_string(inputs.size()))) {
    const std::string name = "in." + std::to_string(inputs.size());
    const bool integers = golden.reader().find(name)->type == DataType::i64;
    inputs.push_back(integers ? Var<T>() : tape.variable(golden.read<T>(name)));
  }
  const std::vector<Var<T>> outputs = call(tape, inputs);
  Comparison comparison(golden);
  comparison.compare("out", outputs.at(0).value());
  for (std::size_t k = 1; k < outputs.size(); ++k) {
    const std::string name = "out." + std::to_string(k);
    if (golden.has(name)) comparison.compare(name, outputs[k].value());
  }

  outputs[0].backward(golden.read<T>("grad_out"));
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const std::string name = "grad_in." + std::to_string(k);
    if (golden.has(name)) comparison.compare(name, inputs[k].gradient());
  }
  for (const auto& [name, parameter] : named) {
    golden.use("param." + name);
    const View<const T> gradient = parameter->gradient();
    if (detail::transposed_in_file(*parameter)) {
      comparison.compare("grad." + name, detail::transposed(gradient).view());
    } else {
      comparison.compare("grad." + name, gradient);
    }
  }
  return comparison.largest();
}

/// How to run a kind of case, in both precisions; gives the largest relative error. @throws Error
struct Kind {
  double (*run_double)(Golden&);
  double (*run_float)(Golden&);
  double tolerance_double = 1e-10;
  double tolerance_float = 1e-5;
};

/// All kinds, by name.
inline std::map<std::string, Kind>& kinds() {
  static std::map<std::string, Kind> kinds;
  return kinds;
}

/// Makes kinds known while a file's statics are initialized.
struct Registration {
  Registration(const std::string& name, const Kind& kind) { kinds().emplace(name, kind); }
};

}  // namespace tenure::golden
