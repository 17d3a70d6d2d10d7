/// What a model predicts for all rows of a data set. Nothing is recorded or dropped out.
///
///   const Tensor<float> y = predict(model, x);
#pragma once

#include <algorithm>
#include <type_traits>

#include "../core/executor.hpp"
#include "evaluate.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// Of predict().
struct PredictOptions {
  Index batch_size = 256;
  Executor* executor = nullptr;  ///< works on several batches at once, with a model that several threads may call
};

/// The model's predictions for all rows (rows, …). The data's target is not read. @throws what the model throws;
/// ShapeError when it does not give a row for each row; ValueError for a batch size below 1
template <class Model, detail::AnyDataset Data>
Tensor<typename Data::scalar_type> predict(Model& model, const Data& data, PredictOptions options = {}) {
  using T = typename Data::scalar_type;
  Batches<Data> batches(data, 0, data.rows(), options.batch_size);
  Tensor<T> predictions;  // made when the first batch shows what they are like
  const auto run = [&](Index begin, Index end) {
    const FlushDenormals guard;
    Tape<T> tape;
    const NoGrad<T> inference(tape);
    for (Index i = begin; i < end; ++i) {
      const typename Data::Batch batch = batches[i];
      tape.reset();
      const View<const T> y = detail::predict_batch<T>(model, tape, batch, nullptr).value();
      if (y.rank() == 0 || y.shape()[0] != batch.rows) {
        throw ShapeError("predict", {"a prediction of ", batch.rows, " rows"}, {y.shape()});
      }
      if (i == 0) predictions = Tensor<T>::uninitialized(y.shape().with(0, data.rows()));
      std::copy_n(y.data(), y.size(), predictions.data() + i * options.batch_size * (y.size() / batch.rows));
    }
  };
  if (!options.executor) {
    run(0, batches.count());
    return predictions;
  }
  run(0, 1);
  const Index rest = batches.count() - 1, parts = (std::min)(rest, options.executor->threads());
  const auto part = [&](Index p) { run(1 + rest * p / parts, 1 + rest * (p + 1) / parts); };
  options.executor->run(parts, part);
  return predictions;
}

/// The same for a model of one input.
template <class Model, class T>
auto predict(Model& model, const Tensor<T>& x, PredictOptions options = {}) {
  using Real = typename detail::FirstReal<T>::type;
  auto* rows = const_cast<T*>(x.data());  // which a data set's tensors only read
  return predict(model, TensorDataset<Real, T>(Tensor<T>::wrap(x.shape(), rows), Tensor<Real>()), options);
}

}}  // namespace tenure::TENURE_ABI
