/// The losses and metrics of a model on a data set, and how a model and a loss are called on a batch. Nothing is recorded
/// or dropped out.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "../autograd/tape.hpp"
#include "../core/denormals.hpp"
#include "../core/function_ref.hpp"
#include "../data/dataset.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A loss that compares Vars of equal shape, as mse and mae. Naming it as a type lets those be passed by their name.
template <class T>
using LossFunction = Var<T> (*)(Var<T>, Var<T>);

/// A function of predictions and targets of a batch whose mean over the rows is reported.
template <class T, class Target = T>
struct Metric {
  std::string name;
  double (*value)(View<const T> prediction, View<const Target> target);
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

/// Means of a loss, a penalty and metrics over the rows of batches.
template <class T, class Target>
class Means {
 public:
  explicit Means(const std::vector<Metric<T, Target>>& metrics) : metrics_(metrics), sums_(metrics.size() + 2) {}

  void reset() noexcept {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    rows_ = 0;
  }

  void add(Index rows, const Outcome<T>& outcome, double penalty, View<const Target> target) {
    const auto weight = static_cast<double>(rows);
    sums_[0] += weight * static_cast<double>(outcome.loss.item());
    sums_[1] += weight * penalty;
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      sums_[i + 2] += weight * metrics_[i].value(outcome.prediction.value(), target);
    }
    rows_ += weight;
  }

  double loss() const noexcept { return sums_[0] / rows_; }
  double penalty() const noexcept { return sums_[1] / rows_; }
  double metric(std::size_t i) const noexcept { return sums_[i + 2] / rows_; }

 private:
  const std::vector<Metric<T, Target>>& metrics_;
  std::vector<double> sums_;  // times rows: loss, penalty, metrics
  double rows_ = 0;
};

}  // namespace detail

/// Of evaluate().
template <class Data>
struct EvaluateOptions {
  Index batch_size = 256;
  std::vector<Metric<typename Data::scalar_type, typename Data::target_type>> metrics = {};
};

/// Means over all rows.
struct Evaluation {
  double loss;  ///< without penalties of regularizers
  std::vector<double> metrics;
};

namespace detail {

template <class T, class Data>
[[gnu::cold, gnu::noinline]] Evaluation evaluate(ForwardPass<T, Data> forward, const Data& data,
                                                 const EvaluateOptions<Data>& options) {
  const FlushDenormals guard;
  Tape<T> tape;
  const NoGrad<T> inference(tape);
  Batches<Data> batches(data, 0, data.rows(), options.batch_size);
  Means<T, typename Data::target_type> means(options.metrics);
  for (Index i = 0; i < batches.count(); ++i) {
    const typename Data::Batch batch = batches[i];
    tape.reset();
    means.add(batch.rows, forward(tape, batch, nullptr), 0, batch.target);
  }
  Evaluation evaluation{means.loss(), {}};
  for (std::size_t i = 0; i < options.metrics.size(); ++i) evaluation.metrics.push_back(means.metric(i));
  return evaluation;
}

}  // namespace detail

/// The loss of a model on a data set. @throws what the model and loss throw; ValueError for a batch size below 1
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
