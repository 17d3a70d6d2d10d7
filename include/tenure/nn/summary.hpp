/// A model as a table, in the manner of Keras's summary():
///
///   std::puts(summary(model, x).c_str());
///
///   Layer (type)             Output shape  Parameters
///   -------------------------------------------------
///   lstm (Lstm)              (30, 6, 64)       19,968
///   head (Linear)            (30, 6, 1)            65
///   -------------------------------------------------
///   Parameters: 20,033 (trainable: 20,033, frozen: 0)
///
/// A layer inside another has a row of its own below it, and its parameters are counted there: the column adds up. Tied
/// parameters are counted where they are met first. Numbers in buffers, if there are any, stand behind the total:
/// Keras's non-trainable ones together with the frozen.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../autograd/module.hpp"
#include "../autograd/tape.hpp"
#include "../core/print.hpp"
#include "../core/text.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// The rows of a summary, and what layers tell about their outputs.
class Summary final : public LayerObserver {
 public:
  template <class Model>
  [[gnu::cold]] explicit Summary(const Model& model) {
    add(model, {}, nullptr);
  }

  void layer(const void* layer, std::string_view type, const Shape& output) override {
    outputs_[{layer, type}] = output.to_string();
  }

  [[gnu::cold]] std::string to_string() const {
    const bool shapes = !outputs_.empty();
    std::vector<std::array<std::string, 3>> cells{{"Layer (type)", "Output shape", "Parameters"}};
    for (const Row& row : rows_) {
      const auto output = outputs_.find({row.layer, row.type});
      cells.push_back({row.name(), output == outputs_.end() ? "" : output->second,
                       text::with_thousands(std::to_string(row.parameters))});
    }
    std::array<std::size_t, 3> widths{};
    for (const auto& row : cells) {
      for (std::size_t i = 0; i < 3; ++i) widths[i] = (std::max)(widths[i], row[i].size());
    }
    std::string text;
    for (const auto& row : cells) {
      text += padded(row[0], widths[0]) + "  ";
      if (shapes) text += padded(row[1], widths[1]) + "  ";
      text += std::string(widths[2] - row[2].size(), ' ') + row[2] + '\n';
      if (&row == &cells.front()) text += rule(widths, shapes);
    }
    return text + rule(widths, shapes) + "Parameters: " + text::with_thousands(std::to_string(trainable_ + frozen_)) +
           " (trainable: " + text::with_thousands(std::to_string(trainable_)) +
           ", frozen: " + text::with_thousands(std::to_string(frozen_)) + ")" +
           (buffers_ > 0 ? ", in buffers: " + text::with_thousands(std::to_string(buffers_)) : "") + "\n";
  }

 private:
  struct Row {
    std::string path;
    std::string_view type;
    const void* layer;
    Index parameters = 0;

    std::string name() const { return path.empty() ? std::string(type) : path + " (" + std::string(type) + ")"; }
  };

  static std::string padded(const std::string& text, std::size_t width) {
    return text + std::string(width - text.size(), ' ');
  }
  static std::string rule(const std::array<std::size_t, 3>& widths, bool shapes) {
    return std::string(widths[0] + widths[2] + 2 + (shapes ? widths[1] + 2 : 0), '-') + '\n';
  }

  /// Rows for a module and all in it; `row` counts the parameters of the layer that it is directly in, if it is.
  template <class M>
  [[gnu::cold]] void add(const M& module, const std::string& path, Index* row) {
    if constexpr (is_leaf<M>) {
      if (!row) row = &add_row(path, is_parameter<M> ? "Parameter" : "Buffer", nullptr);
      if (!counted_.insert(&module).second) return;  // tied
      if constexpr (is_parameter<M>) {
        (module.trainable() ? trainable_ : frozen_) += module.size();
        *row += module.size();
      } else {
        buffers_ += module.size();
      }
    } else {
      if constexpr (requires { M::type; }) row = &add_row(path, M::type, &module);
      if constexpr (Module<const M> && !requires { M::type; }) row = nullptr;
      visit_parts(module, [&](const char* name, const auto& part) { add(part, join_path(path, name), row); });
    }
  }

  Index& add_row(const std::string& path, std::string_view type, const void* layer) {
    rows_.push_back({path, type, layer});
    return rows_.back().parameters;
  }

  std::deque<Row> rows_;  // whose elements stay in place
  std::set<const void*> counted_;
  Index trainable_ = 0, frozen_ = 0, buffers_ = 0;
  std::map<std::pair<const void*, std::string_view>, std::string> outputs_;
};

/// A tensor as a model takes it: a Var if it is of the model's numbers, a view if it is of integers.
template <class T, class U>
auto example(Tape<T>& tape, const Tensor<U>& x) {
  if constexpr (std::is_integral_v<U>) {
    return x.view();
  } else {
    return tape.input(x);
  }
}

template <class Model, class T, class... X>
void call_with(const Model& model, Tape<T>& tape, X... x) {
  if constexpr (std::is_invocable_v<const Model&, X...>) {
    model(x...);
  } else {
    model(tape, x...);
  }
}

}  // namespace detail

/// The table. With example inputs, floating-point tensors of the model's type or integers, the model is called with
/// them as for prediction, and the outputs' shapes are shown; a model of integers alone is called with a tape before
/// them.
/// @throws what the model throws
template <Module Model, class... Inputs>
[[gnu::cold]] std::string summary(const Model& model, const Tensor<Inputs>&... inputs) {
  detail::Summary summary(model);
  if constexpr (sizeof...(Inputs) > 0) {
    bool called = false;
    const auto examples = std::tie(inputs...);
    const auto call = [&]<class T>(const std::string&, const Parameter<T>&) {
      if (std::exchange(called, true)) return;
      Tape<T> tape;
      const NoGrad guard(tape);
      tape.set_observer(&summary);
      std::apply([&](const auto&... x) { detail::call_with(model, tape, detail::example(tape, x)...); }, examples);
    };
    detail::visit_parameters(model, {}, call);
  }
  return summary.to_string();
}

}}  // namespace tenure::TENURE_ABI
