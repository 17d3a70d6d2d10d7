/// A checkpoint: all that a training needs to go on, bit for bit, in one safetensors file.
///
///   save_training_state(path, model, adam, {.epoch = 3}, rng);
///   const Index epochs = load_training_state(path, model, adam, rng).epoch;      // in another process
///
/// | tensor                    | what                                                                               |
/// |---------------------------|------------------------------------------------------------------------------------|
/// | model.NAME                | the parameters and buffers, as save() writes them                                  |
/// | optimizer.STATE.NAME      | the optimizer's state of a parameter: a tensor in its layout in the file, such as  |
/// |                           | `means`; I64 for `step`, the steps that it has taken                               |
/// | optimizer.STATE           | a number of its state: `steps`, I64; `learning_rate`, F64                          |
/// | part.K, part.K.STATE      | the K-th of the other parts: a generator's seed, stream and position, U64; a state |
/// | epoch                     | I64                                                                                |
/// | format                    | I64: 2. Version 0.2 wrote none, layouts as in memory and the same steps for all    |
#pragma once

#include <cstddef>
#include <cstring>

#include "../core/rng.hpp"
#include "model_file.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// What a checkpoint says about itself.
struct TrainingState {
  Index epoch = 0;  ///< epochs that were trained: FitOptions::initial_epoch of what follows
  std::map<std::string, std::string> metadata = {};
};

namespace detail {

/// Of the files that are written. The first, of version 0.2, said nothing about it.
inline constexpr Index training_state_format = 2;

template <class T>
bool transposed_in_file(const typename ParameterStorage<T>::Entry& entry) noexcept {
  return is_transposed(entry.file_layout) && entry.shape.rank() == 2;
}

/// Adds what a state, laid out as the parameters, keeps of each of them, of buffers too if asked: as it lies in files. The writer
/// refers to it.
template <class T>
[[gnu::cold]] void add_values(const std::string& name, const ParameterStorage<T>& storage, const T* state, bool buffers,
                              SafetensorsWriter& writer) {
  for (const auto& entry : storage.entries) {
    if (entry.buffer && !buffers) continue;
    const View<const T> values(state + entry.offset, entry.shape);
    if (transposed_in_file<T>(entry)) {
      writer.add(name + "." + entry.name, transposed(values));
    } else {
      writer.add(name + "." + entry.name, values);
    }
  }
}

/// Adds an object's state, told by its `state(self, f)`: tensors and bytes laid out as the parameters (bytes also empty,
/// for none yet), counts of each of them, and numbers.
template <class T, class Part>
[[gnu::cold]] void add_state(const std::string& prefix, const Part& part, const ParameterStorage<T>& storage,
                             SafetensorsWriter& writer) {
  if constexpr (std::is_same_v<Part, Rng>) {
    writer.add(prefix, Tensor<std::uint64_t>({3}, {part.seed(), part.stream(), part.position()}));
  } else {
    Part::state(part, [&](const std::string& state, const auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      const std::string name = prefix + "." + state;
      if constexpr (std::is_same_v<Member, Tensor<T>>) {
        add_values<T>(name, storage, member.data(), false, writer);
      } else if constexpr (std::is_same_v<Member, std::vector<std::byte>>) {
        const bool kept = member.size() == static_cast<std::size_t>(storage.values.size()) * sizeof(T);
        const T* const values = kept ? reinterpret_cast<const T*>(member.data()) : storage.values.data();
        add_values<T>(name, storage, values, true, writer);
      } else if constexpr (std::is_same_v<Member, Tensor<Index>>) {
        for (std::size_t i = 0; i < storage.entries.size(); ++i) {
          if (storage.entries[i].buffer) continue;
          writer.add(name + "." + storage.entries[i].name, Tensor<Index>(Shape{}, member.data()[i]));
        }
      } else {
        writer.add(name, Tensor<Member>(Shape{}, member));
      }
    });
  }
}

/// Reads what a checkpoint holds, and says what it lacks.
struct TrainingStateReader {
  const SafetensorsReader& reader;
  Index format = training_state_format;
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

  /// Sets the format. @throws FileError for one of a later version
  [[gnu::cold]] void read_format() {
    if (!reader.find("format")) {
      format = 1;
      return;
    }
    const Tensor<Index> stored = read<Index>("format", Shape{});
    if (stored.empty()) return;
    format = *stored.data();
    if (format < 1 || format > training_state_format) {
      throw FileError(reader.path(), {"a checkpoint of a format from 1 to ", training_state_format}, {format});
    }
  }

  /// The counterpart of add_state().
  template <class T, class Part>
  [[gnu::cold]] void read_state(const std::string& prefix, Part& part, const ParameterStorage<T>& storage) {
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
        if constexpr (std::is_same_v<Member, Tensor<T>>) {
          read_values<T>(name, storage, false, [&member] { return member.data(); });
        } else if constexpr (std::is_same_v<Member, std::vector<std::byte>>) {
          const auto bytes = static_cast<std::size_t>(storage.values.size()) * sizeof(T);
          read_values<T>(name, storage, true, [&member, bytes] {
            member.resize(bytes);
            return reinterpret_cast<T*>(member.data());
          });
        } else if constexpr (std::is_same_v<Member, Tensor<Index>>) {
          read_counts(name, prefix, storage, member);
        } else if (const auto value = read<Member>(name, Shape{}); !value.empty()) {
          staged.add([&member, value] { member = *value.data(); });
        }
      });
    }
  }

 private:
  /// @param place gives the buffer, as large as the parameters', when it is written
  template <class T, class Place>
  void read_values(const std::string& name, const ParameterStorage<T>& storage, bool buffers, Place place) {
    for (const auto& entry : storage.entries) {
      if (entry.buffer && !buffers) continue;
      const bool transpose = format > 1 && transposed_in_file<T>(entry);
      const Shape shape = transpose ? Shape{entry.shape[1], entry.shape[0]} : entry.shape;
      Tensor<T> values = read<T>(name + "." + entry.name, shape);
      if (values.empty()) continue;
      if (transpose) values = transposed<T>(values);
      staged.add([place, offset = entry.offset, values = std::move(values)] {
        std::memcpy(place() + offset, values.data(), static_cast<std::size_t>(values.size()) * sizeof(T));
      });
    }
  }

  /// Counts of each parameter; of the first format, the same for all.
  template <class T>
  void read_counts(const std::string& name, const std::string& prefix, const ParameterStorage<T>& storage,
                   Tensor<Index>& counts) {
    for (std::size_t i = 0; i < storage.entries.size(); ++i) {
      if (storage.entries[i].buffer) continue;
      const std::string of = format > 1 ? name + "." + storage.entries[i].name : prefix + ".steps";
      const Tensor<Index> count = read<Index>(of, Shape{});
      if (count.empty()) return;
      if (*count.data() < 0) throw FileError(reader.path(), {"a count of at least 0 in ", of}, {*count.data()});
      staged.add([&counts, i, count] { counts.data()[i] = *count.data(); });
    }
  }
};

}  // namespace detail

/// Writes a model, its optimizer, and whatever else must be as it was: `parts` are generators (Rng) and what has a
/// `state(self, f)`, such as ReduceLrOnPlateau and EarlyStopping. The file takes the old one's place when it is
/// complete (OutputFile).
/// @throws FileError
template <Module Model, class Optimizer, class... Parts>
[[gnu::cold]] void save_training_state(const std::string& path, const Model& model, const Optimizer& optimizer,
                                       const TrainingState& checkpoint, const Parts&... parts) {
  SafetensorsWriter writer;
  writer.metadata = checkpoint.metadata;
  writer.add("format", Tensor<Index>(Shape{}, detail::training_state_format));
  writer.add("epoch", Tensor<Index>(Shape{}, checkpoint.epoch));
  detail::add_parameters(model, "model.", writer);
  const auto& storage = optimizer.storage();
  detail::add_state("optimizer", optimizer, storage, writer);
  Index k = 0;
  (detail::add_state("part." + std::to_string(k++), parts, storage, writer), ...);
  writer.write(path);
}

/// Reads it again, into objects that were made as those that were saved; settings that are no state, such as a
/// beta, are as they were made.
/// Checkpoints of version 0.2 are read, too.
/// @throws FileError for a file that is not valid or differs from these objects, listing all differences; they are then
/// as they were
template <Module Model, class Optimizer, class... Parts>
[[gnu::cold]] TrainingState load_training_state(const std::string& path, Model& model, Optimizer& optimizer,
                                                Parts&... parts) {
  const SafetensorsReader reader(path);
  detail::TrainingStateReader from{reader};
  from.read_format();
  const Tensor<Index> epoch = from.read<Index>("epoch", Shape{});
  if (!epoch.empty() && *epoch.data() < 0) throw FileError(path, "a number of epochs of at least 0", {*epoch.data()});
  detail::read_parameters(model, reader, {.prefix = "model."}, from.staged, from.report, from.names);
  const auto& storage = optimizer.storage();
  from.read_state("optimizer", optimizer, storage);
  Index k = 0;
  (from.read_state("part." + std::to_string(k++), parts, storage), ...);
  from.report.unexpected = detail::other_names(reader, {}, from.names);
  detail::finish_loading(reader, true, from.report, from.staged);
  return {*epoch.data(), reader.metadata()};
}

}}  // namespace tenure::TENURE_ABI
