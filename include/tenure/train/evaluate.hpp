/// The losses and metrics of a model on a data set, and how a model and a loss are called on a batch. Nothing is recorded
/// or dropped out.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "../autograd/tape.hpp"
#include "../core/denormals.hpp"
#include "../core/finite.hpp"
#include "../core/function_ref.hpp"
#include "../data/dataset.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A loss that compares Vars of equal shape, as mse and mae. Naming it as a type lets those be passed by their name.
template <class T>
using LossFunction = Var<T> (*)(Var<T>, Var<T>);

/// Any function of all predictions (rows, …) and targets of a data set or an epoch: `{"rmse", metrics::rmse}`, a lambda.
/// The rows are in the order of the batches.
template <class T, class Target = T>
struct Metric {
  std::string name;
  std::function<double(View<const T> prediction, View<const Target> target)> value;
};

namespace detail {

template <class Data>
concept AnyDataset = requires {
  typename Data::Batch;
};

/// What the forward pass of a batch gives; the prediction refers to nothing where a loss is computed without one.
template <class T>
struct Outcome {
  Var<T> loss;
  Var<T> prediction;
};

/// How a tensor of a data set is handed to a model or loss: values as Vars, indices as views.
template <class T, class U>
auto as_argument(Tape<T>& tape, View<const U> view) {
  if constexpr (std::is_same_v<T, U>) {
    return tape.input(view);
  } else {
    static_assert(std::is_integral_v<U>, "a model and its data have one floating-point type");
    return view;
  }
}

/// model(x…), with a trailing `Rng*` where the model takes one, and a leading `Tape<T>&` where none of its inputs is on
/// a tape. What is in the model finds the generator on the tape, too.
template <class Model, class T, class... X>
auto call_model(Model& model, Tape<T>& tape, Rng* rng, X... x) {
  const WithRng<T> scope(tape, rng);
  if constexpr (std::is_invocable_v<Model&, X..., Rng*>) {
    return model(x..., rng);
  } else if constexpr (std::is_invocable_v<Model&, Tape<T>&, X..., Rng*>) {
    return model(tape, x..., rng);
  } else if constexpr (std::is_invocable_v<Model&, Tape<T>&, X...>) {
    return model(tape, x...);
  } else {
    return model(x...);
  }
}

template <class T, class Model, class Batch>
Var<T> predict_batch(Model& model, Tape<T>& tape, const Batch& batch, Rng* rng) {
  return std::apply([&](auto... x) { return call_model(model, tape, rng, as_argument(tape, x)...); }, batch.inputs);
}

/// The forward pass of a batch, in training with a generator.
template <class T, class Data>
using ForwardPass = FunctionRef<Outcome<T>(Tape<T>&, const typename Data::Batch&, Rng*)>;

/// That of a model and a loss.
template <class T, class Data, class Model, class Loss>
auto forward_of(Model& model, Loss& loss) {
  return [&](Tape<T>& tape, const typename Data::Batch& batch, Rng* rng) {
    if (batch.target.empty()) throw ValueError("loss", "a data set with a target", "one without");
    const Var<T> prediction = predict_batch<T>(model, tape, batch, rng);
    return Outcome<T>{loss(prediction, as_argument(tape, batch.target)), prediction};
  };
}

/// Means of a loss and a penalty over the rows of batches.
class Means {
 public:
  void reset() noexcept { *this = {}; }

  void add(Index rows, double loss, double penalty) noexcept {
    const auto weight = static_cast<double>(rows);
    loss_ += weight * loss;
    penalty_ += weight * penalty;
    rows_ += weight;
  }

  double loss() const noexcept { return loss_ / rows_; }
  double penalty() const noexcept { return penalty_ / rows_; }

 private:
  double loss_ = 0, penalty_ = 0;  // times rows
  double rows_ = 0;
};

/// All that was predicted in an epoch, beside the targets, for metrics. Allocates in the first epoch alone.
template <class T, class Target>
class Predictions {
 public:
  using Metrics = std::vector<Metric<T, Target>>;

  /// Keeps nothing without metrics. @param rows of an epoch
  Predictions(const Metrics& metrics, Index rows) : metrics_(metrics), rows_(rows) {}

  void reset() noexcept { done_ = 0; }

  /// The next rows. @throws ShapeError unless the prediction and the target have a row for each
  void add(Index rows, View<const T> prediction, View<const Target> target) {
    if (metrics_.empty()) return;
    append("a prediction", rows, prediction, predictions_);
    append("a target", rows, target, targets_);
    done_ += rows;
  }

  /// The i-th metric of all rows; NaN where the loss is none of numbers, which metrics would not take.
  [[gnu::cold]] double metric(std::size_t i, double loss) const {
    if (!is_finite(loss)) return missing_value;
    return metrics_[i].value(predictions_.view(), targets_.view());
  }

 private:
  template <class U>
  void append(std::string_view what, Index rows, View<const U> batch, Tensor<U>& all) {
    if (batch.rank() == 0 || batch.shape()[0] != rows) fail(what, rows, batch.shape());
    if (all.empty()) all = Tensor<U>::uninitialized(batch.shape().with(0, rows_));
    if (batch.shape().with(0, rows_) != all.shape()) fail(what, rows, batch.shape());
    std::copy_n(batch.data(), batch.size(), all.data() + done_ * (all.size() / rows_));
  }

  [[noreturn, gnu::cold, gnu::noinline]] static void fail(std::string_view what, Index rows, const Shape& shape) {
    throw ShapeError("metrics", {what, " of ", rows, " rows, each as those of other batches"}, {shape});
  }

  const Metrics& metrics_;
  Index rows_;
  Index done_ = 0;         // rows of the epoch so far
  Tensor<T> predictions_;  // (rows, …)
  Tensor<Target> targets_;
};

/// @throws ValueError for a metric without a function, or with a name that another has
template <class T, class Target>
[[gnu::cold]] void check_metrics(std::string_view who, const std::vector<Metric<T, Target>>& metrics) {
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (metrics[i].name.empty()) throw ValueError(who, {"a name for metric ", i}, "none");
    if (!metrics[i].value) throw ValueError(who, {"a function for the metric ", metrics[i].name}, "none");
    for (std::size_t j = 0; j < i; ++j) {
      if (metrics[i].name == metrics[j].name)
        throw ValueError(who, "metrics of different names", {"two ", metrics[i].name});
    }
  }
}

}  // namespace detail

/// Of evaluate().
template <class Data>
struct EvaluateOptions {
  Index batch_size = 256;
  std::vector<Metric<typename Data::scalar_type, typename Data::target_type>> metrics = {};
};

/// Of all rows.
struct Evaluation {
  double loss;  ///< the mean, without penalties of regularizers
  std::vector<double> metrics;
};

namespace detail {

template <class T, class Data>
[[gnu::cold, gnu::noinline]] Evaluation evaluate(ForwardPass<T, Data> forward, const Data& data,
                                                 const EvaluateOptions<Data>& options) {
  check_metrics("evaluate", options.metrics);
  const FlushDenormals guard;
  Tape<T> tape;
  const NoGrad<T> inference(tape);
  Batches<Data> batches(data, 0, data.rows(), options.batch_size);
  Means means;
  Predictions<T, typename Data::target_type> predictions(options.metrics, data.rows());
  for (Index i = 0; i < batches.count(); ++i) {
    const typename Data::Batch batch = batches[i];
    tape.reset();
    const Outcome<T> outcome = forward(tape, batch, nullptr);
    means.add(batch.rows, static_cast<double>(outcome.loss.item()), 0);
    if (!options.metrics.empty()) predictions.add(batch.rows, outcome.prediction.value(), batch.target);
  }
  Evaluation evaluation{means.loss(), {}};
  for (std::size_t i = 0; i < options.metrics.size(); ++i) {
    evaluation.metrics.push_back(predictions.metric(i, evaluation.loss));
  }
  return evaluation;
}

}  // namespace detail

/// The loss and the metrics of a model on a data set. @throws what the model and loss throw; ValueError for a batch size below 1
template <class Model, class Loss, detail::AnyDataset Data>
Evaluation evaluate(Model& model, Loss&& loss, const Data& data,
                    const EvaluateOptions<std::type_identity_t<Data>>& options = {}) {
  using T = typename Data::scalar_type;
  const auto forward = detail::forward_of<T, Data>(model, loss);
  return detail::evaluate<T, Data>(forward, data, options);
}
template <class Model, detail::AnyDataset Data>
Evaluation evaluate(Model& model, LossFunction<typename Data::scalar_type> loss, const Data& data,
                    const EvaluateOptions<std::type_identity_t<Data>>& options = {}) {
  const auto forward = detail::forward_of<typename Data::scalar_type, Data>(model, loss);
  return detail::evaluate<typename Data::scalar_type, Data>(forward, data, options);
}

}}  // namespace tenure::TENURE_ABI
