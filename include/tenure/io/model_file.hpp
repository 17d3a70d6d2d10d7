/// Models in files: safetensors with the names and layouts of PyTorch's state_dict.
///
///   save(model, "forecaster.safetensors");   load(model, "forecaster.safetensors");
///
/// A tensor's name is the path of a parameter or buffer ("decoder.lstm.weight_ih_l0"), of a tied one the first. The weight
/// of a product, (inputs, outputs) in memory, is (outputs, inputs) in the file: Parameter::file_layout(). What is neither
/// parameter nor buffer is in no file.
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
  /// Names in the file, behind the prefix, by paths in the model, of a tensor or of all within a part:
  /// {"decoder.lstm", "rnn"}. The longest path that fits counts.
  std::map<std::string, std::string> rename = {};
  /// Tensors of the file that are of no concern, or parts of which none is, behind the prefix: {"lm_head"}.
  std::vector<std::string> ignore = {};
};

/// How a file differs from the model that it was loaded into.
struct LoadReport {
  std::vector<std::string> missing;     ///< parameters and buffers that the file lacks: their values are as they were
  std::vector<std::string> unexpected;  ///< tensors of the file that are neither
  /// "NAME (3, 2) rather than F32 of shape (2, 2)": left as they were, too. And tied parameters of several values, of
  /// which the first is taken.
  std::vector<std::string> mismatched;

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
  return is_transposed(parameter.file_layout()) && parameter.shape().rank() == 2;
}

/// The name of the tensor that a parameter has beside its own in a file; empty for none.
[[gnu::cold]] inline std::string companion(FileLayout layout, const std::string& name) {
  const bool bias = layout == FileLayout::sum || layout == FileLayout::with_zeros;
  if (!bias && layout != FileLayout::reset_before) return {};
  const std::string_view own = bias ? "bias_ih" : "weight_hh", other = bias ? "bias_hh" : "reset_before";
  const std::size_t place = name.rfind(own);
  return place == std::string::npos ? std::string() : std::string(name).replace(place, own.size(), other);
}

template <class T>
[[gnu::cold]] Shape file_shape(const Parameter<T>& parameter) {
  const Shape& shape = parameter.shape();
  return transposed_in_file(parameter) ? Shape{shape[1], shape[0]} : shape;
}

/// Adds a model's parameters and buffers under their first names, each after the prefix.
template <class Model>
[[gnu::cold]] void add_parameters(const Model& model, const std::string& prefix, SafetensorsWriter& writer) {
  const std::vector<LeafName> names = leaf_names(model);
  visit_distinct(model, names, [&](std::size_t i, const auto& leaf) {
    const auto& tensor = tensor_of(leaf);
    if (transposed_in_file(tensor)) {
      writer.add(prefix + names[i].name, transposed(tensor.value()));
    } else {
      writer.add(prefix + names[i].name, tensor.value());
    }
    using Values = Tensor<typename std::remove_cvref_t<decltype(tensor)>::value_type>;
    const std::string other = companion(tensor.file_layout(), prefix + names[i].name);
    if (!other.empty()) {
      const bool marks = tensor.file_layout() == FileLayout::reset_before;
      writer.add(other, marks ? Values({1}, 1) : Values(tensor.shape()));
    }
  });
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

/// Whether a tensor of that type may be read as T.
template <class T>
constexpr bool reads_as(DataType type) noexcept {
  return type != DataType::other && is_floating_point(type) == std::is_floating_point_v<T>;
}

/// A tensor's names in a file, tied ones having several, and the path that it has in the model.
struct StoredNames {
  std::string path;
  std::vector<std::string> names;
};

/// What a model's parameters and buffers are called in a file, by the options.
class FileNames {
 public:
  /// Refers to both. @throws ValueError for a path to rename that no leaf has
  FileNames(const LoadOptions& options, const std::vector<LeafName>& leaves);

  /// Of the leaf whose first name is the i-th.
  StoredNames operator()(std::size_t i) const;

 private:
  std::string in_file(const std::string& path) const;

  const LoadOptions& options_;
  const std::vector<LeafName>& leaves_;
};

/// The tensors of a file that begin with the prefix, but for `names` and those that are ignored.
std::vector<std::string> other_names(const SafetensorsReader& reader, const LoadOptions& options,
                                     const std::set<std::string>& names);

/// Reads what a file has of a parameter or a buffer, and says what it has not.
template <class T>
void read_parameter(Parameter<T>& parameter, const StoredNames& names, const SafetensorsReader& reader,
                    StagedValues& staged, LoadReport& report);

/// The same of all of a model. `names` are all that were looked for.
/// @throws ValueError for a path to rename that the model has not
template <class Model>
[[gnu::cold]] void read_parameters(Model& model, const SafetensorsReader& reader, const LoadOptions& options,
                                   StagedValues& staged, LoadReport& report, std::set<std::string>& names) {
  const std::vector<LeafName> leaves = leaf_names(model);
  const FileNames file_names(options, leaves);
  visit_distinct(model, leaves, [&](std::size_t i, auto& leaf) {
    const StoredNames stored = file_names(i);
    for (const std::string& name : stored.names) {
      names.insert(name);
      names.insert(companion(tensor_of(leaf).file_layout(), name));
    }
    read_parameter(tensor_of(leaf), stored, reader, staged, report);
  });
}

/// Changes the model and names its parameters, unless a difference is an error. @throws FileError
void finish_loading(const SafetensorsReader& reader, bool strict, const LoadReport& report, const StagedValues& staged);

}  // namespace detail

/// Writes the model's parameters and buffers to a file, in the place of one that is there once it is complete
/// (OutputFile). @throws FileError; ValueError for one name of two, and a parameter without values
template <Module Model>
[[gnu::cold]] void save(const Model& model, const std::string& path,
                        const std::map<std::string, std::string>& metadata = {}) {
  SafetensorsWriter writer;
  writer.metadata = metadata;
  detail::add_parameters(model, {}, writer);
  writer.write(path);
}

/// Reads the model's parameters and buffers from a file; those of a gathered model are written in place. Values of another
/// floating-point type become the nearest of the model's, beyond its range an infinity; integers are of a wrong type. A
/// tied parameter may be there under any of its names, or several if they are equal.
/// @throws FileError for a file that is not valid and, if strict, for one that differs, listing all differences;
/// ValueError for a path to rename that the model has not, one name of two, and a parameter without values; the model is
/// then as it was
template <Module Model>
[[gnu::cold]] LoadReport load(Model& model, const SafetensorsReader& reader, const LoadOptions& options = {}) {
  LoadReport report;
  detail::StagedValues staged;
  std::set<std::string> names;
  detail::read_parameters(model, reader, options, staged, report, names);
  report.unexpected = detail::other_names(reader, options, names);
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
  for (const auto& [kind, names] : {std::pair("missing", &missing),
                                    {"unexpected", &unexpected},
                                    {"of another shape, type or value", &mismatched}}) {
    if (names->empty()) continue;
    text += std::string("\n  ") + kind + ": ";
    for (const std::string& name : *names) text += (&name == &names->front() ? "" : ", ") + name;
  }
  return text;
}

namespace detail {

/// Whether a path is that of a part or lies within it.
[[gnu::cold]] inline bool within(std::string_view path, std::string_view part) {
  return path.starts_with(part) && (path.size() == part.size() || path[part.size()] == '.');
}

[[gnu::cold]] TENURE_JSON_INLINE FileNames::FileNames(const LoadOptions& options, const std::vector<LeafName>& leaves)
    : options_(options), leaves_(leaves) {
  for (const auto& renamed : options.rename) {
    const std::string& path = renamed.first;
    const bool found = std::ranges::any_of(leaves, [&](const LeafName& leaf) { return within(leaf.name, path); });
    if (!found) throw ValueError("load", "paths of the model to rename", {"\"", path, "\""});
    if (renamed.second.empty()) throw ValueError("load", {"a name in the file for \"", path, "\""}, "an empty one");
  }
}

[[gnu::cold]] TENURE_JSON_INLINE std::string FileNames::in_file(const std::string& path) const {
  std::string_view longest, renamed;
  for (const auto& [part, name] : options_.rename) {
    if (within(path, part) && (renamed.empty() || part.size() > longest.size())) longest = part, renamed = name;
  }
  if (renamed.empty()) return options_.prefix + path;
  return options_.prefix + std::string(renamed) + path.substr(longest.size());
}

[[gnu::cold]] TENURE_JSON_INLINE StoredNames FileNames::operator()(std::size_t i) const {
  StoredNames stored{leaves_[i].name, {}};
  for (const LeafName& leaf : leaves_) {
    if (leaf.first == i) stored.names.push_back(in_file(leaf.name));
  }
  return stored;
}

[[gnu::cold]] TENURE_JSON_INLINE std::vector<std::string> other_names(const SafetensorsReader& reader,
                                                                      const LoadOptions& options,
                                                                      const std::set<std::string>& names) {
  std::vector<std::string> others;
  for (const StoredTensor& tensor : reader.tensors()) {
    if (!tensor.name.starts_with(options.prefix) || names.contains(tensor.name)) continue;
    const std::string_view name = std::string_view(tensor.name).substr(options.prefix.size());
    const bool ignored =
        std::ranges::any_of(options.ignore, [&](const std::string& part) { return within(name, part); });
    if (!ignored) others.push_back(tensor.name);
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

/// Adds bias_hh to the values of bias_ih, the only bias of a layer. Files of 0.2 have none. False for one that is
/// not right.
template <class T>
[[gnu::cold]] bool add_companion(FileLayout layout, const std::string& name, const SafetensorsReader& reader,
                                 Tensor<T>& values, LoadReport& report) {
  const std::string other = layout == FileLayout::reset_before ? std::string() : companion(layout, name);
  const StoredTensor* const tensor = other.empty() ? nullptr : reader.find(other);
  if (!tensor) return true;
  if (!reads_as<T>(tensor->type) || !std::ranges::equal(tensor->extents, values.shape())) {
    report.mismatched.push_back(other + " " + values.shape().to_string() + " rather than " + tensor->describe());
    return false;
  }
  const Tensor<T> addend = reader.read<T>(other);
  const bool zero = std::ranges::all_of(addend, [](T value) { return value == 0; });
  if (!zero && layout == FileLayout::with_zeros) {
    report.mismatched.push_back(other + " of zeros, for the model has one bias, rather than others");
    return false;
  }
  for (Index i = 0; i < values.size(); ++i) values.data()[i] += addend.data()[i];
  return true;
}

template <class T>
[[gnu::cold]] void read_parameter(Parameter<T>& parameter, const StoredNames& names, const SafetensorsReader& reader,
                                  StagedValues& staged, LoadReport& report) {
  staged.name(parameter, names.path);
  const Shape shape = file_shape(parameter);
  Tensor<T> values;
  const std::string* source = nullptr;
  bool found = false;
  for (const std::string& name : names.names) {
    const StoredTensor* const tensor = reader.find(name);
    if (!tensor) continue;
    found = true;
    if (!reads_as<T>(tensor->type) || !std::ranges::equal(tensor->extents, shape)) {
      report.mismatched.push_back(name + " " + shape.to_string() + " rather than " + tensor->describe());
    } else if (!source) {
      values = reader.read<T>(name);
      source = &name;
    } else if (std::memcmp(reader.read<T>(name).data(), values.data(),
                           static_cast<std::size_t>(values.size()) * sizeof(T)) != 0) {
      report.mismatched.push_back(name + " with other values than " + *source + ", which is the same parameter");
    }
  }
  if (!found) report.missing.push_back(names.names.front());
  const bool right = source && add_companion(parameter.file_layout(), *source, reader, values, report);
  if (right) staged.add(parameter, transposed_in_file(parameter) ? transposed<T>(values) : std::move(values));
}

#if defined(TENURE_COMPILED_JSON)
TENURE_TEMPLATE_JSON void read_parameter(Parameter<float>&, const StoredNames&, const SafetensorsReader&, StagedValues&,
                                         LoadReport&);
TENURE_TEMPLATE_JSON void read_parameter(Parameter<double>&, const StoredNames&, const SafetensorsReader&,
                                         StagedValues&, LoadReport&);
#endif

}  // namespace detail

}}  // namespace tenure::TENURE_ABI
