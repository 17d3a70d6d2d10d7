/// Models in files: safetensors with the names and layouts of PyTorch's state_dict.
///
///   save(model, "forecaster.safetensors");   load(model, "forecaster.safetensors");
///
/// A tensor's name is the parameter's path ("decoder.lstm.weight_ih_l0"). The weight of a product, (inputs, outputs) in
/// memory, is (outputs, inputs) in the file: Parameter::file_layout(). What is not a parameter is in no file.
#pragma once

#include <functional>
#include <set>
#include <span>

#include "../autograd/module.hpp"
#include "../kernels/transpose.hpp"
#include "safetensors.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// How strict to be, and which of a file's tensors to take.
struct LoadOptions {
  bool strict = true;       ///< whether any difference between the file's names and shapes and the model's is an error
  std::string prefix = {};  ///< of the model's names in the file; tensors without it are of no concern
};

/// How a file differs from the model that it was loaded into.
struct LoadReport {
  std::vector<std::string> missing;     ///< parameters that the file lacks: their values are as they were
  std::vector<std::string> unexpected;  ///< tensors of the file that are no parameters
  std::vector<std::string> mismatched;  ///< "NAME (3, 2) rather than F32 of shape (2, 2)": left as they were, too

  bool complete() const noexcept { return missing.empty() && unexpected.empty() && mismatched.empty(); }

  /// A line for each kind of difference; empty where there is none.
  std::string to_string() const;
};

namespace detail {

/// A matrix's transpose. // (rows, columns) → (columns, rows)
template <class T>
[[gnu::cold]] Tensor<T> transposed(View<const T> matrix) {
  const Index rows = matrix.shape()[0], columns = matrix.shape()[1];
  Tensor<T> result = Tensor<T>::uninitialized({columns, rows});
  kernels::transpose(rows, columns, matrix.data(), columns, result.data(), rows);
  return result;
}

template <class T>
bool transposed_in_file(const Parameter<T>& parameter) noexcept {
  return parameter.file_layout() == FileLayout::transposed && parameter.shape().rank() == 2;
}

template <class T>
[[gnu::cold]] Shape file_shape(const Parameter<T>& parameter) {
  const Shape& shape = parameter.shape();
  return transposed_in_file(parameter) ? Shape{shape[1], shape[0]} : shape;
}

/// Adds a model's parameters under their names, each after the prefix.
template <class Model>
[[gnu::cold]] void add_parameters(const Model& model, const std::string& prefix, SafetensorsWriter& writer) {
  const auto add = [&](const std::string& name, const auto& parameter) {
    if (transposed_in_file(parameter)) {
      writer.add(prefix + name, transposed(parameter.value()));
    } else {
      writer.add(prefix + name, parameter.value());
    }
  };
  visit_parameters(model, {}, add);
}

/// Values and names on their way into a model: all are there before the first is changed.
class StagedValues {
 public:
  [[gnu::cold]] void add(std::function<void()> write) { writes_.push_back(std::move(write)); }
  /// @pre values.shape() == parameter.shape()
  template <class T>
  [[gnu::cold]] void add(Parameter<T>& parameter, Tensor<T> values) {
    add([&parameter, staged = std::move(values)] {
      std::copy_n(staged.data(), staged.size(), parameter.value().data());
    });
  }
  /// The path that a parameter will have, unless a Parameters<T> has given it one.
  template <class T>
  [[gnu::cold]] void name(Parameter<T>& parameter, const std::string& path) {
    add([&parameter, path] {
      if (!parameter.gathered()) parameter.set_path(path);
    });
  }
  [[gnu::cold]] void write() const {
    for (const auto& write : writes_) write();
  }

 private:
  std::vector<std::function<void()>> writes_;
};

constexpr bool is_floating_point(DataType type) noexcept {
  return type == DataType::f64 || type == DataType::f32 || type == DataType::f16 || type == DataType::bf16;
}

/// The tensors of a file that begin with `prefix`, but for `names`.
std::vector<std::string> other_names(const SafetensorsReader& reader, const std::string& prefix,
                                     const std::set<std::string>& names);

/// Reads what a file has of a parameter, and says what it has not. `names` are all that were looked for.
template <class T>
void read_parameter(Parameter<T>& parameter, const std::string& path, const SafetensorsReader& reader,
                    const std::string& prefix, StagedValues& staged, LoadReport& report, std::set<std::string>& names);

/// The same of all parameters of a model.
template <class Model>
[[gnu::cold]] void read_parameters(Model& model, const SafetensorsReader& reader, const std::string& prefix,
                                   StagedValues& staged, LoadReport& report, std::set<std::string>& names) {
  const auto read = [&](const std::string& path, auto& parameter) {
    read_parameter(parameter, path, reader, prefix, staged, report, names);
  };
  visit_parameters(model, {}, read);
}

/// Changes the model and names its parameters, unless a difference is an error. @throws FileError
void finish_loading(const SafetensorsReader& reader, bool strict, const LoadReport& report, const StagedValues& staged);

}  // namespace detail

/// Writes the model's parameters to a file, in the place of one that is there once it is complete (OutputFile).
/// @throws FileError
template <Module Model>
[[gnu::cold]] void save(const Model& model, const std::string& path,
                        const std::map<std::string, std::string>& metadata = {}) {
  SafetensorsWriter writer;
  writer.metadata = metadata;
  detail::add_parameters(model, {}, writer);
  writer.write(path);
}

/// Reads the model's parameters from a file; those of a gathered model are written in place. Values of another
/// floating-point type become the nearest of the model's, beyond its range an infinity; integers are of a wrong type.
/// @throws FileError for a file that is not valid and, if strict, for one that differs, listing all differences; the
/// model is then as it was
template <Module Model>
[[gnu::cold]] LoadReport load(Model& model, const SafetensorsReader& reader, const LoadOptions& options = {}) {
  LoadReport report;
  detail::StagedValues staged;
  std::set<std::string> names;
  detail::read_parameters(model, reader, options.prefix, staged, report, names);
  report.unexpected = detail::other_names(reader, options.prefix, names);
  detail::finish_loading(reader, options.strict, report, staged);
  return report;
}
template <Module Model>
[[gnu::cold]] LoadReport load(Model& model, const std::string& path, const LoadOptions& options = {}) {
  return load(model, SafetensorsReader(path), options);
}

#if !defined(TENURE_COMPILED_JSON) || defined(TENURE_COMPILING_JSON)

[[gnu::cold]] TENURE_JSON_INLINE std::string LoadReport::to_string() const {
  std::string text;
  for (const auto& [kind, names] :
       {std::pair("missing", &missing), {"unexpected", &unexpected}, {"of another shape or type", &mismatched}}) {
    if (names->empty()) continue;
    text += std::string("\n  ") + kind + ": ";
    for (const std::string& name : *names) text += (&name == &names->front() ? "" : ", ") + name;
  }
  return text;
}

namespace detail {

[[gnu::cold]] TENURE_JSON_INLINE std::vector<std::string> other_names(const SafetensorsReader& reader,
                                                                      const std::string& prefix,
                                                                      const std::set<std::string>& names) {
  std::vector<std::string> others;
  for (const StoredTensor& tensor : reader.tensors()) {
    if (tensor.name.starts_with(prefix) && !names.contains(tensor.name)) others.push_back(tensor.name);
  }
  return others;
}

[[gnu::cold]] TENURE_JSON_INLINE void finish_loading(const SafetensorsReader& reader, bool strict,
                                                     const LoadReport& report, const StagedValues& staged) {
  if (strict && !report.complete()) {
    throw FileError(reader.path(), "the parameters of the model", {"differences:", report.to_string()});
  }
  staged.write();
}

}  // namespace detail

#endif

namespace detail {

template <class T>
[[gnu::cold]] void read_parameter(Parameter<T>& parameter, const std::string& path, const SafetensorsReader& reader,
                                  const std::string& prefix, StagedValues& staged, LoadReport& report,
                                  std::set<std::string>& names) {
  staged.name(parameter, path);
  const std::string name = prefix + path;
  names.insert(name);
  const StoredTensor* const tensor = reader.find(name);
  const Shape shape = file_shape(parameter);
  if (!tensor) {
    report.missing.push_back(name);
  } else if (!is_floating_point(tensor->type) || !std::ranges::equal(tensor->extents, shape)) {
    report.mismatched.push_back(name + " " + shape.to_string() + " rather than " + tensor->describe());
  } else {
    Tensor<T> values = reader.read<T>(name);
    staged.add(parameter, transposed_in_file(parameter) ? transposed<T>(values) : std::move(values));
  }
}

#if defined(TENURE_COMPILED_JSON)
TENURE_TEMPLATE_JSON void read_parameter(Parameter<float>&, const std::string&, const SafetensorsReader&,
                                         const std::string&, StagedValues&, LoadReport&, std::set<std::string>&);
TENURE_TEMPLATE_JSON void read_parameter(Parameter<double>&, const std::string&, const SafetensorsReader&,
                                         const std::string&, StagedValues&, LoadReport&, std::set<std::string>&);
#endif

}  // namespace detail

}}  // namespace tenure::TENURE_ABI
