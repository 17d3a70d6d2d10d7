#include "tenure/train/fit.hpp"

#include <doctest/doctest.h>

#include <numeric>

#include "../message.hpp"
#include "models.hpp"
#include "tenure/optim/adam.hpp"
#include "tenure/optim/sgd.hpp"

using namespace tenure;
using test::make_regression;
using test::make_xor;

namespace {

using AdamMlp = test::Trained<test::Mlp, Adam<float>>;
using SgdMlp = test::Trained<test::Mlp, Sgd<float>>;

double mean_absolute_error(View<const float> prediction, View<const float> target) {
  return static_cast<double>(kernels::mean_absolute_error(target.size(), prediction.data(), target.data()));
}

}  // namespace

TEST_CASE("fit learns XOR, a batch of which may be smaller than the others") {
  AdamMlp t({.learning_rate = 0.03});
  const History history =
      fit(t.model, t.optimizer, mse, make_xor(), {.epochs = 300, .batch_size = 3, .progress = Progress::silent});
  CHECK(history.stop == Stop::completed);
  CHECK(history.epochs() == 300);
  CHECK(t.optimizer.steps() == 600);
  CHECK(history.last("loss") < 1e-3);
  CHECK(history["loss"].front() > 0.1);
  CHECK(history.last("learning_rate") == 0.03);
  CHECK(history.last("seconds") > 0);
}

TEST_CASE("fit learns a regression, and measures validation data and metrics") {
  SgdMlp t({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true});
  const auto data = make_regression(200);
  const auto validation = make_regression(60, 8);
  const History history = fit(t.model, t.optimizer, mse, data,
                              {.epochs = 60,
                               .validation_data = &validation,
                               .metrics = {{"mae", mean_absolute_error}},
                               .progress = Progress::silent});
  CHECK(history.last("val_loss") < 2e-3);
  CHECK(history.last("val_mae") == doctest::Approx(std::sqrt(history.last("val_loss"))).epsilon(0.5));
  CHECK(history.find("data_loss") == nullptr);
  const Evaluation evaluation =
      evaluate(t.model, mse, validation, {.batch_size = 25, .metrics = {{"mae", mean_absolute_error}}});
  CHECK(evaluation.loss == doctest::Approx(history.last("val_loss")).epsilon(1e-5));
  CHECK(evaluation.metrics[0] == doctest::Approx(history.last("val_mae")).epsilon(1e-5));
}

TEST_CASE("every parameter moves in one epoch, frozen ones aside") {
  AdamMlp t({});
  freeze(t.model.head);
  const std::vector<float> before = t.values();
  fit(t.model, t.optimizer, mse, make_regression(40), {.progress = Progress::silent});
  const std::vector<float> after = t.values();
  for (const auto& entry : t.parameters.entries()) {
    for (Index i = 0; i < entry.shape.size(); ++i) {
      const auto at = static_cast<std::size_t>(entry.offset + i);
      CHECK((after[at] != before[at]) == entry.trainable);
    }
  }
}

TEST_CASE("fit takes the steps that one writes by hand, bit for bit") {
  AdamMlp by_fit({}), by_hand({});
  by_fit.model.rate = by_hand.model.rate = 0.2;
  const auto data = make_regression(70);
  fit(by_fit.model, by_fit.optimizer, mse, data,
      {.epochs = 3, .shuffle = false, .seed = 5, .clipping = {.norm = 0.5}, .progress = Progress::silent});

  Tape<float> tape;
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    Rng rng(5, 2 * epoch + 1);
    for (Index begin = 0; begin < 70; begin += 32) {
      const auto batch = data.slice(begin, std::min<Index>(begin + 32, 70));
      tape.reset();
      mse(by_hand.model(tape.input(std::get<0>(batch.inputs)), &rng), tape.input(batch.target)).backward();
      clip_gradient_norm(by_hand.parameters, 0.5);
      by_hand.optimizer.step();
    }
  }
  CHECK(by_fit.values() == by_hand.values());
}

TEST_CASE("the same seed gives the same bits; another seed another order; a training resumes at any epoch") {
  const auto train = [](std::uint64_t seed, std::initializer_list<Index> stops) {
    AdamMlp t({.learning_rate = 0.01});
    t.model.rate = 0.3;
    Index epoch = 0;
    for (const Index stop : stops) {
      fit(t.model, t.optimizer, mse, make_regression(50),
          {.epochs = stop, .batch_size = 8, .seed = seed, .initial_epoch = epoch, .progress = Progress::silent});
      epoch = stop;
    }
    return t.values();
  };
  const std::vector<float> values = train(1, {5});
  CHECK(train(1, {5}) == values);
  CHECK(train(1, {2, 5}) == values);
  CHECK(train(2, {5}) != values);
}

TEST_CASE("the loss is the mean over rows and has the penalty in it, as Keras's; data_loss is without") {
  SgdMlp t({.learning_rate = 0});
  t.model.hidden.weight.set_regularizer({.l1 = 0.1, .l2 = 0.2});
  const auto data = make_regression(50);
  const double loss = evaluate(t.model, mse, data).loss;
  const History history = fit(t.model, t.optimizer, mse, data, {.validation_split = 0.3, .progress = Progress::silent});
  CHECK(history.find("val_data_loss") != nullptr);
  CHECK(0.7 * history.last("data_loss") + 0.3 * history.last("val_data_loss") == doctest::Approx(loss).epsilon(1e-5));
  CHECK(history.last("loss") - history.last("data_loss") == doctest::Approx(t.parameters.penalty()).epsilon(1e-6));
  CHECK(history.last("val_loss") - history.last("val_data_loss") ==
        doctest::Approx(t.parameters.penalty()).epsilon(1e-6));
}

TEST_CASE("a penalty makes weights smaller") {
  const auto norm = [](double l2) {
    AdamMlp t({.learning_rate = 0.01});
    t.model.hidden.weight.set_regularizer({.l2 = l2});
    fit(t.model, t.optimizer, mse, make_regression(50), {.epochs = 30, .progress = Progress::silent});
    return kernels::squared_norm(t.model.hidden.weight.value().size(), t.model.hidden.weight.value().data());
  };
  CHECK(norm(0.1) < 0.5 * norm(0));
}

TEST_CASE("validation data are the last rows, are not trained on, and leave the training as it is") {
  const auto data = make_regression(60);
  AdamMlp without({}), with({});
  std::vector<Index> rows(45);
  std::iota(rows.begin(), rows.end(), 0);
  const auto front = data.select(rows);
  fit(without.model, without.optimizer, mse, front, {.epochs = 3, .progress = Progress::silent});
  fit(with.model, with.optimizer, mse, data, {.epochs = 3, .validation_split = 0.25, .progress = Progress::silent});
  CHECK(with.values() == without.values());
}

TEST_CASE("a loss that is not finite ends the training before it reaches the weights") {
  AdamMlp t({});
  const auto good = make_regression(40);
  Tensor<float> x = std::get<0>(good.inputs());
  x(37, 1) = std::numeric_limits<float>::quiet_NaN();
  const TensorDataset data(x, good.target());
  const History history = fit(t.model, t.optimizer, mse, data,
                              {.epochs = 4, .batch_size = 8, .shuffle = false, .progress = Progress::silent});
  CHECK(history.stop == Stop::not_finite);
  CHECK(history.reason.find("a loss of ") == 0);
  CHECK(history.reason.find("nan in epoch 1, batch 5") != std::string::npos);
  CHECK(history.epochs() == 0);
  CHECK(t.optimizer.steps() == 4);
  for (const float value : t.values()) CHECK(is_finite(value));

  const History validated =
      fit(t.model, t.optimizer, mse, good, {.epochs = 4, .validation_data = &data, .progress = Progress::silent});
  CHECK(validated.stop == Stop::not_finite);
  CHECK(validated.reason.find("a validation loss of ") == 0);
  CHECK(validated.reason.find("nan in epoch 1") + 14 == validated.reason.size());
  for (const History::Series& series : validated.series()) CHECK(series.values.size() == 1);
}

namespace {

/// Two inputs, one of them indices, and a generator.
struct Mixed {
  Parameter<float> table{Tensor<float>({3, 2}, 0.1F)};
  Linear<float> head;
  explicit Mixed(Rng& rng) : head({.in_features = 2, .out_features = 1}, rng) {}
  static void fields(auto& self, auto&& f) {
    f("table", self.table);
    f("head", self.head);
  }
  Var<float> operator()(Var<float> x, View<const std::int64_t> index, Rng*) const {
    return head(x + embedding(index, x.tape().parameter(table)));
  }
};

/// Indices alone, and integers as a target.
struct IndexModel {
  Parameter<float> table{Tensor<float>({3, 1}, 0.1F)};
  explicit IndexModel(Rng&) {}
  static void fields(auto& self, auto&& f) { f("table", self.table); }
  Var<float> operator()(Tape<float>& tape, View<const std::int64_t> index) const {
    return embedding(index, tape.parameter(table));
  }
};

}  // namespace

TEST_CASE("models take any number of inputs, indices among them, and a loss may compare with integers") {
  const auto x = make_regression(30);
  Tensor<std::int64_t> index({30});
  for (Index i = 0; i < 30; ++i) index(i) = i % 3;
  test::Trained<Mixed, Adam<float>> mixed({.learning_rate = 0.05});
  const TensorDataset data(std::get<0>(x.inputs()), index, x.target());
  const History history = fit(mixed.model, mixed.optimizer, mae, data, {.epochs = 40, .progress = Progress::silent});
  CHECK(history.last("loss") < 0.3 * history["loss"].front());

  test::Trained<IndexModel, Sgd<float>> counted({.learning_rate = 0.4});
  const auto loss = [](Var<float> prediction, View<const std::int64_t> target) {
    Tensor<float> wanted(prediction.shape());
    std::transform(target.begin(), target.end(), wanted.begin(), [](auto k) { return static_cast<float>(k); });
    return mse(prediction, prediction.tape().input(std::move(wanted)));
  };
  fit(counted.model, counted.optimizer, loss, TensorDataset(index, index),
      {.epochs = 80, .progress = Progress::silent});
  for (Index k = 0; k < 3; ++k) {
    CHECK(counted.model.table.value()(k, 0) == doctest::Approx(static_cast<double>(k)).epsilon(1e-3));
  }
}

TEST_CASE("a loss may be any function of the batch") {
  AdamMlp t({.learning_rate = 0.02});
  const auto loss = [&](Tape<float>& tape, const auto& batch, Rng* rng) {
    const Var<float> x = tape.input(std::get<0>(batch.inputs));
    return huber(t.model(x, rng), tape.input(batch.target), 0.5) + mse(t.model(x), tape.input(batch.target)) * 0.1;
  };
  const auto data = make_regression(64);
  const History history =
      fit(t.optimizer, loss, data, {.epochs = 30, .validation_split = 0.2, .progress = Progress::silent});
  CHECK(history.last("val_loss") < 0.02);
  test::check_throws<ValueError>(
      [&] {
        fit(t.optimizer, loss, data, {.metrics = {{"mae", mean_absolute_error}}});
      },
      {"fit", "metrics"});
}

TEST_CASE("fit says what is wrong with its options and data") {
  AdamMlp t({});
  const auto data = make_xor();
  const auto fits = [&](const FitOptions<float, TensorDataset<float, float>>& options) {
    return [&, options] { fit(t.model, t.optimizer, mse, data, options); };
  };
  test::check_throws<ValueError>(fits({.epochs = 0}), {"fit", "one epoch", "got 0"});
  test::check_throws<ValueError>(fits({.batch_size = 0}), {"batch size", "got 0"});
  test::check_throws<ValueError>(fits({.validation_split = 1}), {"validation split", "got 1"});
  test::check_throws<ValueError>(fits({.validation_split = 0.9}), {"validation split", "some of 4 rows", "got 0.9"});
  test::check_throws<ValueError>(fits({.validation_data = &data, .validation_split = 0.5}), {"validation", "both"});
  const TensorDataset<float, float> without(Tensor<float>({4, 2}), {});
  test::check_throws<ValueError>([&] { fit(t.model, t.optimizer, mse, without); }, {"loss", "target"});
  freeze(t.model);
  const bool flushing = FlushDenormals::active();
  test::check_throws<StateError>(fits({.progress = Progress::silent}), {"backward", "trainable"});
  CHECK(FlushDenormals::active() == flushing);
}

TEST_CASE("the gradients' norm is in the history where it is asked for, as it was before clipping") {
  SgdMlp t({.learning_rate = 0.1});
  const auto data = make_xor();
  Tape<float> tape;
  mse(t.model(tape.input(std::get<0>(data.inputs()))), tape.input(data.target())).backward();
  const double expected = gradient_norm(t.parameters);
  t.parameters.zero_gradients();
  const History history =
      fit(t.model, t.optimizer, mse, data,
          {.epochs = 1, .clipping = {.norm = 1e-3}, .gradient_norm = true, .progress = Progress::silent});
  CHECK(history.last("gradient_norm") == doctest::Approx(expected).epsilon(1e-6));
  const History without = fit(t.model, t.optimizer, mse, data, {.progress = Progress::silent});
  CHECK(without.find("gradient_norm") == nullptr);
}
