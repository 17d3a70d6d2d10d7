/// Weights of Keras models, by way of safetensors that these five lines of Python write:
///
///   from safetensors.numpy import save_file
///   weights = {}
///   for layer in model.layers:
///       weights.update({f"{layer.name}/{i}": w for i, w in enumerate(layer.get_weights())})
///   save_file(weights, "model.safetensors")
///
/// | here                    | get_weights() of               | differences that are bridged                           |
/// |-------------------------|--------------------------------|--------------------------------------------------------|
/// | Linear                  | Dense                          |                                                        |
/// | Embedding, LayerNorm    | Embedding, LayerNormalization  |                                                        |
/// | Lstm, SimpleRnn         | LSTM, SimpleRNN                | one bias: bias_ih; bias_hh, if there is one, becomes 0 |
/// | Gru                     | GRU, reset_after               | gates z, r, h rather than r, z, n; biases (2, 3 units) |
/// | Gru, reset_after false  | GRU, reset_after=False         | gates z, r, h; one bias: as for Lstm                   |
/// | any bidirectional one   | Bidirectional                  | the forward layer's, then the backward layer's         |
/// | MultiHeadAttention      | MultiHeadAttention             | kernels by head: (width, heads, size)                  |
/// | TransformerEncoderLayer | keras-hub's TransformerEncoder | attention, its norm, the second norm, the two Denses   |
///
/// A layer that is none of these is read parameter by parameter, in order. Weights of a product are (inputs, outputs)
/// in Keras as in memory here: nothing is transposed.
#pragma once

#include "model_file.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// How strict to be, and where in the file a layer's weights are.
struct KerasOptions {
  bool strict = true;  ///< whether any difference between the file and the model is an error
  /// Keras's names of layers by paths in the model: {"decoder.lstm", "lstm_1"}. A layer that is not listed has its path
  /// for a name. Layer k of a stacked recurrent layer, from 1 on, has the path "decoder.lstm_lk".
  std::map<std::string, std::string> names = {};
};

namespace detail {

/// A stored tensor on its way into a parameter, or into some columns of it.
struct KerasMove {
  std::string tensor;             ///< its name in the file; empty for zeros
  std::vector<Index> extents;     ///< that it must have, -1 standing for any
  Index size;                     ///< and its number of elements
  Index columns;                  ///< of the part of the parameter
  Index begin = 0;                ///< its first column in the parameter
  Index stored_row = 0;           ///< of a stored matrix that the parameter has one row of
  bool swap_gates = false;        ///< whether the first and second third of the columns are exchanged
  std::string with = {};          ///< another tensor that must be there for it to be known what this one is
  const char* refused = nullptr;  ///< why no tensor fits, whatever its shape
};

/// What Keras's weights depend on beside the parameters' shapes, by the layers' paths.
struct KerasLayers {
  std::map<std::string, Index> heads;       ///< of attention
  std::map<std::string, bool> reset_after;  ///< of GRUs
};

/// Finds the layers of a model, or of a part of one.
template <class Part>
[[gnu::cold]] void find_layers(const Part& part, const std::string& path, KerasLayers& layers) {
  if constexpr (!is_leaf<Part>) {
    if constexpr (requires { part.num_heads, part.out_proj; }) layers.heads.emplace(path, part.num_heads);
    if constexpr (requires { part.cell.reset_after; }) layers.reset_after.emplace(path, part.cell.reset_after);
    visit_parts(part,
                [&](const char* name, const auto& member) { find_layers(member, join_path(path, name), layers); });
  }
}

/// Which stored tensors a model's parameters are made of, told from the parameters' names and shapes, and from what those
/// leave open.
class KerasPlan {
 public:
  std::map<std::string, std::vector<KerasMove>> moves;  // by parameter

  KerasPlan(const std::vector<std::pair<std::string, Shape>>& parameters, const KerasLayers& layers,
            const std::map<std::string, std::string>& names)
      : layers_(layers), names_(names) {
    for (const auto& [path, shape] : parameters) shapes_.emplace(path, shape);
    for (const auto& [path, shape] : parameters) {
      if (!moves.contains(path)) add_layer(parameters, parent(path));
    }
  }

 private:
  static std::string parent(const std::string& path) {
    const std::size_t dot = path.rfind('.');
    return dot == std::string::npos ? "" : path.substr(0, dot);
  }

  bool has(const std::string& path) const { return shapes_.contains(path); }

  /// Tensor `i` of the layer at a path.
  std::string tensor(const std::string& layer, Index i) const {
    const auto name = names_.find(layer);
    return (name == names_.end() ? layer : name->second) + "/" + std::to_string(i);
  }

  static std::string last(const std::string& path) { return path.substr(path.rfind('.') + 1); }

  bool is_attention(const std::string& path) const {
    return has(join_path(path, "out_proj.weight")) &&
           (has(join_path(path, "in_proj_weight")) || has(join_path(path, "v_proj_weight")));
  }
  bool is_encoder(const std::string& path) const {
    return is_attention(join_path(path, "self_attn")) && has(join_path(path, "norm1.weight")) &&
           has(join_path(path, "norm2.weight")) && has(join_path(path, "linear1.weight")) &&
           has(join_path(path, "linear2.weight"));
  }

  void add_layer(const std::vector<std::pair<std::string, Shape>>& parameters, std::string layer) {
    if (last(layer) == "out_proj" && is_attention(parent(layer))) layer = parent(layer);
    const std::string name = last(layer);
    if (is_encoder(parent(layer)) && !layer.empty()) {
      add_encoder(parent(layer));
    } else if (is_attention(layer)) {
      add_attention(layer, layer, 0);
    } else if (has(join_path(layer, "weight_ih_l0"))) {
      const bool backward = name == "backward_layer";
      const bool wrapped = backward || name == "forward_layer";
      add_recurrent(layer, wrapped ? parent(layer) : layer, backward ? 2 + has(join_path(layer, "bias_ih_l0")) : 0);
    } else {
      std::vector<std::string> paths;
      for (const auto& [path, shape] : parameters) {
        if (parent(path) == layer) paths.push_back(path);
      }
      for (std::size_t i = 0; i < paths.size(); ++i) add_same(paths[i], layer, static_cast<Index>(i));
      // Of gamma and beta Keras leaves out the one that it has not, and the other has its shape.
      if (paths.size() == 2 && shapes_.at(paths[0]) == shapes_.at(paths[1])) {
        for (std::size_t i = 0; i < 2; ++i) moves[paths[i]].back().with = tensor(layer, static_cast<Index>(1 - i));
      }
    }
  }

  /// A parameter that Keras stores as it is.
  void add_same(const std::string& path, const std::string& layer, Index i) {
    const Shape& shape = shapes_.at(path);
    moves[path].push_back({.tensor = tensor(layer, i),
                           .extents = {shape.begin(), shape.end()},
                           .size = shape.size(),
                           .columns = shape.last()});
  }

  void add_recurrent(const std::string& path, const std::string& layer, Index i) {
    for (Index level = 0;; ++level) {
      const std::string suffix = "_l" + std::to_string(level);
      if (!has(join_path(path, "weight_ih" + suffix))) return;
      const std::string name = level == 0 ? layer : layer + suffix;
      i = add_direction(path, suffix, name, level == 0 ? i : 0);
      if (has(join_path(path, "weight_ih" + suffix + "_reverse"))) add_direction(path, suffix + "_reverse", name, i);
    }
  }

  Index add_direction(const std::string& path, const std::string& suffix, const std::string& layer, Index i) {
    const std::string input = join_path(path, "weight_ih" + suffix), state = join_path(path, "weight_hh" + suffix);
    const std::string first = join_path(path, "bias_ih" + suffix), second = join_path(path, "bias_hh" + suffix);
    const bool gru = shapes_.at(state)[1] == 3 * shapes_.at(state)[0];
    add_same(input, layer, i++);
    add_same(state, layer, i++);
    if (has(first)) add_same(first, layer, i++);
    if (has(first)) add_biases(first, second, gru && reset_after(path));
    for (const std::string* parameter : {&input, &state, &first, &second}) {
      if (gru && has(*parameter)) moves[*parameter].back().swap_gates = true;
    }
    return i;
  }

  bool reset_after(const std::string& path) const {
    const auto layer = layers_.reset_after.find(path);
    return layer == layers_.reset_after.end() || layer->second;
  }

  /// One bias in Keras is the first here; two, of a GRU with the reset gate after the product, are rows of one tensor.
  void add_biases(const std::string& first, const std::string& second, bool two) {
    const Index columns = shapes_.at(first).size();
    KerasMove& bias = moves[first].back();
    if (two) {
      bias.extents = {2, columns};
      bias.size = 2 * columns;
    }
    if (!has(second)) {
      if (two) bias.refused = "for reset_after goes with two biases, or none";
    } else if (two) {
      moves[second].push_back(bias);
      moves[second].back().stored_row = 1;
    } else {
      moves[second].push_back({.tensor = "", .extents = {}, .size = 0, .columns = columns});
    }
  }

  Index add_attention(const std::string& path, const std::string& layer, Index i) {
    const std::string output = join_path(path, "out_proj.weight"), output_bias = join_path(path, "out_proj.bias");
    const std::string together = join_path(path, "in_proj_weight"), biases = join_path(path, "in_proj_bias");
    const Index value_columns = shapes_.at(output)[0];
    const auto layer_heads = layers_.heads.find(path);
    const Index heads = layer_heads == layers_.heads.end() ? -1 : layer_heads->second;
    Index begin = 0;
    for (const char* part : {"q", "k", "v"}) {
      const bool apart = !has(together);
      const std::string weight = apart ? join_path(path, std::string(part) + "_proj_weight") : together;
      const Shape& shape = shapes_.at(weight);
      const Index columns = apart ? shape[1] : *part == 'v' ? value_columns : (shape[1] - value_columns) / 2;
      moves[weight].push_back({.tensor = tensor(layer, i++),
                               .extents = {shape[0], heads, -1},
                               .size = shape[0] * columns,
                               .columns = columns,
                               .begin = apart ? 0 : begin});
      if (has(biases)) {
        moves[biases].push_back({.tensor = tensor(layer, i++),
                                 .extents = {heads, -1},
                                 .size = columns,
                                 .columns = columns,
                                 .begin = begin});
      }
      begin += columns;
    }
    add_same(output, layer, i++);
    moves[output].back().extents = {heads, -1, shapes_.at(output)[1]};
    if (has(output_bias)) add_same(output_bias, layer, i++);
    return i;
  }

  void add_encoder(const std::string& layer) {
    Index i = add_attention(join_path(layer, "self_attn"), layer, 0);
    for (const char* part : {"norm1", "norm2", "linear1", "linear2"}) {
      for (const char* name : {"weight", "bias"}) {
        add_same(join_path(join_path(layer, part), name), layer, i++);
      }
    }
  }

  const KerasLayers& layers_;
  const std::map<std::string, std::string>& names_;
  std::map<std::string, Shape> shapes_;
};

[[gnu::cold]] inline bool fits(const KerasMove& move, const StoredTensor& tensor) {
  if (move.refused || !is_floating_point(tensor.type)) return false;
  Index size = 1;
  for (const Index extent : tensor.extents) size *= extent;  // checked when the file was opened
  const bool same = std::ranges::equal(move.extents, tensor.extents,
                                       [](Index expected, Index given) { return expected < 0 || expected == given; });
  return same && size == move.size;
}

/// Writes a stored tensor where it belongs in a parameter's values.
template <class T>
[[gnu::cold]] void apply(const KerasMove& move, const Tensor<T>& stored, Tensor<T>& values) {
  const Index width = values.shape().last(), third = move.columns / 3;
  for (Index row = 0; row < values.size() / width; ++row) {
    const T* const from = stored.data() + (row + move.stored_row) * move.columns;
    for (Index column = 0; column < move.columns; ++column) {
      const bool swapped = move.swap_gates && column < 2 * third;
      const Index place = swapped ? (column + third) % (2 * third) : column;
      values.data()[row * width + move.begin + column] = from[place];
    }
  }
}

}  // namespace detail

/// Reads a model's parameters from the weights of a Keras model. A lone layer's path is "".
/// @throws FileError as load() does; the model is then as it was
template <Module Model>
[[gnu::cold]] LoadReport load_keras(Model& model, const std::string& path, const KerasOptions& options = {}) {
  const SafetensorsReader reader(path);
  std::vector<std::pair<std::string, Shape>> parameters;
  const auto collect = [&](const std::string& name, const auto& parameter) {
    parameters.emplace_back(name, parameter.shape());
  };
  detail::visit_parameters(model, {}, collect);
  detail::KerasLayers layers;
  detail::find_layers(std::as_const(model), {}, layers);
  detail::KerasPlan plan(parameters, layers, options.names);

  LoadReport report;
  detail::StagedValues staged;
  std::set<std::string> used;
  const auto read = [&]<class T>(const std::string& name, Parameter<T>& parameter) {
    staged.name(parameter, name);
    Tensor<T> values(parameter.shape());
    bool complete = true;
    for (const detail::KerasMove& move : plan.moves[name]) {
      if (move.tensor.empty()) continue;
      used.insert(move.tensor);
      const StoredTensor* const tensor = reader.find(move.tensor);
      complete &= tensor && detail::fits(move, *tensor) && (move.with.empty() || reader.find(move.with));
      if (!tensor) {
        report.missing.push_back(name + " (" + move.tensor + ")");
      } else if (!detail::fits(move, *tensor)) {
        report.mismatched.push_back(name + " " + parameter.shape().to_string() + " rather than " + move.tensor + ", " +
                                    tensor->describe() + (move.refused ? std::string(", ") + move.refused : ""));
      } else {
        detail::apply(move, reader.read<T>(move.tensor), values);
      }
    }
    if (complete) staged.add(parameter, std::move(values));
  };
  detail::visit_parameters(model, {}, read);
  report.unexpected = detail::other_names(reader, {}, used);
  detail::finish_loading(reader, options.strict, report, staged);
  return report;
}

}}  // namespace tenure::TENURE_ABI
