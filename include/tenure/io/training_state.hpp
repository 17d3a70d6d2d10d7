/// A checkpoint: all that a training needs to go on, bit for bit, in one safetensors file.
///
///   save_training_state(path, model, adam, {.epoch = 3}, rng);
///   const Index epochs = load_training_state(path, model, adam, rng).epoch;      // in another process
///
/// | tensor                    | what                                                                               |
/// |---------------------------|------------------------------------------------------------------------------------|
/// | model.NAME                | the parameters and buffers, as save() writes them                                  |
/// | optimizer.STATE.NAME      | a tensor of the optimizer's state, such as `means`, by parameter, in its shape here |
/// | optimizer.STATE           | a number of its state: `steps`, I64; `learning_rate`, F64                          |
/// | part.K, part.K.STATE      | the K-th of the other parts: a generator's seed, stream and position, U64; a state |
/// | epoch                     | I64                                                                                |
#pragma once

#include "../core/rng.hpp"
#include "model_file.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// What a checkpoint says about itself.
struct TrainingState {
  Index epoch = 0;  ///< epochs that were trained: FitOptions::initial_epoch of what follows
  std::map<std::string, std::string> metadata = {};
};

namespace detail {

/// f(name, values of one parameter) for an optimizer's state tensor, which has an element for each parameter.
template <class Optimizer, class State, class F>
[[gnu::cold]] void visit_state(const std::string& name, const Optimizer& optimizer, State& state, F f) {
  for (const auto& entry : optimizer.storage().entries) {
    f(name + "." + entry.name, View(state.data() + entry.offset, entry.shape));
  }
}

/// Adds an object's state, told by its `state(self, f)`. Only an optimizer's has tensors.
template <class Part>
[[gnu::cold]] void add_state(const std::string& prefix, const Part& part, SafetensorsWriter& writer) {
  if constexpr (std::is_same_v<Part, Rng>) {
    writer.add(prefix, Tensor<std::uint64_t>({3}, {part.seed(), part.stream(), part.position()}));
  } else {
    Part::state(part, [&](const std::string& state, const auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      const std::string name = prefix + "." + state;
      if constexpr (is_tensor<Member>) {
        visit_state(name, part, member, [&](const std::string& path, auto values) { writer.add(path, values); });
      } else {
        writer.add(name, Tensor<Member>(Shape{}, member));
      }
    });
  }
}

/// Reads what a checkpoint holds, and says what it lacks.
struct TrainingStateReader {
  const SafetensorsReader& reader;
  StagedValues staged = {};
  LoadReport report = {};
  std::set<std::string> names = {};

  /// Reads a tensor of this very type and shape; empty if there is none.
  template <class T>
  [[gnu::cold]] Tensor<T> read(const std::string& name, const Shape& shape) {
    names.insert(name);
    const StoredTensor* const tensor = reader.find(name);
    if (!tensor) {
      report.missing.push_back(name);
    } else if (tensor->type != data_type_of<T>() || !std::ranges::equal(tensor->extents, shape)) {
      report.mismatched.push_back(name + " " + shape.to_string() + " of " + std::string(info(data_type_of<T>()).name) +
                                  " rather than " + tensor->describe());
    } else {
      return reader.read<T>(name);
    }
    return {};
  }

  /// The counterpart of add_state().
  template <class Part>
  [[gnu::cold]] void read_state(const std::string& prefix, Part& part) {
    if constexpr (std::is_same_v<Part, Rng>) {
      if (const auto state = read<std::uint64_t>(prefix, Shape{3}); !state.empty()) {
        staged.add([&part, state] {
          part = Rng(state(0), state(1));
          part.seek(state(2));
        });
      }
    } else {
      Part::state(part, [&](const std::string& state, auto& member) {
        using Member = std::remove_cvref_t<decltype(member)>;
        const std::string name = prefix + "." + state;
        if constexpr (is_tensor<Member>) {
          visit_state(name, part, member, [&](const std::string& path, auto to) { read_values(path, to); });
        } else if (const auto value = read<Member>(name, Shape{}); !value.empty()) {
          staged.add([&member, value] { member = *value.data(); });
        }
      });
    }
  }

 private:
  template <class T>
  void read_values(const std::string& name, View<T> to) {
    if (auto values = read<T>(name, to.shape()); !values.empty()) {
      staged.add([to, values = std::move(values)] { std::copy_n(values.data(), values.size(), to.data()); });
    }
  }
};

}  // namespace detail

/// Writes a model, its optimizer, and whatever else must be as it was: `parts` are generators (Rng) and what has a
/// `state(self, f)`, such as ReduceLrOnPlateau. The file takes the old one's place when it is complete (OutputFile).
/// @throws FileError
template <Module Model, class Optimizer, class... Parts>
[[gnu::cold]] void save_training_state(const std::string& path, const Model& model, const Optimizer& optimizer,
                                       const TrainingState& checkpoint, const Parts&... parts) {
  SafetensorsWriter writer;
  writer.metadata = checkpoint.metadata;
  writer.add("epoch", Tensor<Index>(Shape{}, checkpoint.epoch));
  detail::add_parameters(model, "model.", writer);
  detail::add_state("optimizer", optimizer, writer);
  Index k = 0;
  (detail::add_state("part." + std::to_string(k++), parts, writer), ...);
  writer.write(path);
}

/// Reads it again, into objects that were made as those that were saved; settings that are no state, such as a
/// beta, are as they were made.
/// @throws FileError for a file that is not valid or differs from these objects, listing all differences; they are then
/// as they were
template <Module Model, class Optimizer, class... Parts>
[[gnu::cold]] TrainingState load_training_state(const std::string& path, Model& model, Optimizer& optimizer,
                                                Parts&... parts) {
  const SafetensorsReader reader(path);
  detail::TrainingStateReader from{reader};
  const Tensor<Index> epoch = from.read<Index>("epoch", Shape{});
  detail::read_parameters(model, reader, {.prefix = "model."}, from.staged, from.report, from.names);
  from.read_state("optimizer", optimizer);
  Index k = 0;
  (from.read_state("part." + std::to_string(k++), parts), ...);
  from.report.unexpected = detail::other_names(reader, {}, from.names);
  detail::finish_loading(reader, true, from.report, from.staged);
  return {*epoch.data(), reader.metadata()};
}

}}  // namespace tenure::TENURE_ABI
