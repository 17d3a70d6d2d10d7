#include "tenure/train/fit.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <numeric>

#include "../message.hpp"
#include "models.hpp"
#include "tenure/metrics/ranking.hpp"
#include "tenure/metrics/regression.hpp"
#include "tenure/ops/reduce.hpp"
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
  test::check_throws<StateError>(fits({.progress = Progress::silent}), {"backward", "not frozen"});
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

namespace {

/// One weight whose gradient is 0/0 for an input of 0, though the output is 0.
struct RootOfSquare {
  Linear<float> linear;
  explicit RootOfSquare(Rng& rng) : linear({.in_features = 1, .out_features = 1, .bias = false}, rng) {}
  static void fields(auto& self, auto&& f) { f("linear", self.linear); }
  Var<float> operator()(Var<float> x) const { return sqrt(square(linear(x))); }
};

}  // namespace

TEST_CASE("a gradient that is not finite ends the training before it reaches the weights, however it is clipped") {
  Tensor<float> x({8, 1}, 1), y({8, 1}, 1);
  for (Index row = 4; row < 8; ++row) x(row, 0) = 0;
  const TensorDataset data(x, y);
  for (const GradientClipping& clipping :
       {GradientClipping{}, GradientClipping{.value = 1}, GradientClipping{.norm_each = 1, .norm = 1}}) {
    test::Trained<RootOfSquare, Adam<float>> t({.learning_rate = 0.01}), one_step({.learning_rate = 0.01});
    fit(one_step.model, one_step.optimizer, mse, TensorDataset(Tensor<float>({4, 1}, 1), Tensor<float>({4, 1}, 1)),
        {.batch_size = 4, .clipping = clipping, .progress = Progress::silent});
    const History history =
        fit(t.model, t.optimizer, mse, data,
            {.batch_size = 4, .shuffle = false, .clipping = clipping, .progress = Progress::silent});
    CHECK(history.stop == Stop::not_finite);
    CHECK(history.reason.find("a gradient of ") == 0);
    CHECK(history.reason.find("nan in linear.weight in epoch 1, batch 2") != std::string::npos);
    CHECK(history.epochs() == 0);
    CHECK(t.optimizer.steps() == 1);
    CHECK(t.values() == one_step.values());
    CHECK(t.parameters.gradients()(0) == 0);
  }
}

TEST_CASE("what finite gradients make infinite ends the training, too") {
  test::Trained<test::Mlp, Sgd<float>> t({.learning_rate = 1e38});
  const auto steep = [](Var<float> prediction, Var<float> target) { return mse(prediction, target) * 1e4F; };
  const History history = fit(t.model, t.optimizer, steep, make_regression(8), {.progress = Progress::silent});
  CHECK(history.stop == Stop::not_finite);
  CHECK(history.reason.find("a weight of ") == 0);
  CHECK(history.reason.find(" in epoch 1") + 11 == history.reason.size());

  AdamMlp squares({});
  const auto loss = [](Var<float> prediction, Var<float> target) { return mse(prediction, target) * 1e30F; };
  const History spoilt =
      fit(squares.model, squares.optimizer, loss, make_regression(8), {.progress = Progress::silent});
  CHECK(spoilt.stop == Stop::not_finite);
  CHECK(spoilt.reason.find("a value among the optimizer's squares of inf in ") == 0);
}

namespace {

/// The metrics of a data set's predictions, all at once, from what evaluate() does not share with fit().
template <class F>
double by_hand(const test::Mlp& model, const TensorDataset<float, float>& data, F metric) {
  const Tensor<float> prediction = predict(model, data);
  return metric(prediction.view(), data.target().view());
}

}  // namespace

TEST_CASE("metrics are those of all predictions of an epoch, and any callable is one") {
  SgdMlp t({.learning_rate = 0});
  const auto data = make_regression(50), validation = make_regression(23, 8);
  double factor = 2;
  const auto twice = [&](auto prediction, auto target) { return factor * metrics::rmse(prediction, target); };
  const std::vector<Metric<float>> measured = {
      {"rmse", metrics::rmse}, {"r2", metrics::r2}, {"spearman", metrics::spearman}, {"twice", twice}};
  for (const Index batch_size : {50, 7}) {
    const History history = fit(
        t.model, t.optimizer, mse, data,
        {.batch_size = batch_size, .validation_data = &validation, .metrics = measured, .progress = Progress::silent});
    CHECK(history.last("rmse") == doctest::Approx(by_hand(t.model, data, metrics::rmse)).epsilon(1e-6));
    CHECK(history.last("rmse") == doctest::Approx(std::sqrt(history.last("loss"))).epsilon(1e-6));
    CHECK(history.last("r2") == doctest::Approx(by_hand(t.model, data, metrics::r2)).epsilon(1e-6));
    CHECK(history.last("spearman") == doctest::Approx(by_hand(t.model, data, metrics::spearman)).epsilon(1e-6));
    CHECK(history.last("twice") == 2 * history.last("rmse"));
    CHECK(history.last("val_r2") == doctest::Approx(by_hand(t.model, validation, metrics::r2)).epsilon(1e-6));
    const Evaluation evaluation = evaluate(t.model, mse, validation, {.batch_size = batch_size, .metrics = measured});
    CHECK(evaluation.metrics[1] == doctest::Approx(history.last("val_r2")).epsilon(1e-6));
  }
}

TEST_CASE("metrics of a training are of the predictions that were made on the way, as Keras's") {
  SgdMlp t({.learning_rate = 0.1}), by_hand({.learning_rate = 0.1});
  const auto data = make_regression(24);
  const History history =
      fit(t.model, t.optimizer, mse, data,
          {.batch_size = 8, .shuffle = false, .metrics = {{"mse", metrics::mse}}, .progress = Progress::silent});
  CHECK(history.last("mse") == doctest::Approx(history.last("loss")).epsilon(1e-6));
  CHECK(history.last("mse") != doctest::Approx(evaluate(t.model, mse, data).loss).epsilon(1e-3));
}

TEST_CASE("a function of a batch may give its predictions for metrics") {
  SgdMlp t({.learning_rate = 0.05});
  const auto data = make_regression(30);
  const auto loss = [&](Tape<float>& tape, const auto& batch, Rng*) {
    const Var<float> prediction = t.model(tape.input(std::get<0>(batch.inputs)));
    return LossAndPrediction<float>{mse(prediction, tape.input(batch.target)), prediction};
  };
  const History history = fit(
      t.optimizer, loss, data,
      {.batch_size = 8, .validation_split = 0.2, .metrics = {{"rmse", metrics::rmse}}, .progress = Progress::silent});
  CHECK(history.last("rmse") == doctest::Approx(std::sqrt(history.last("loss"))).epsilon(1e-6));
  CHECK(history.last("val_rmse") == doctest::Approx(std::sqrt(history.last("val_loss"))).epsilon(1e-6));
}

TEST_CASE("metrics that can't be are named before the first step") {
  AdamMlp t({});
  const auto data = make_xor();
  const auto fits = [&](std::vector<Metric<float>> measured) {
    return [&, measured] { fit(t.model, t.optimizer, mse, data, {.metrics = measured, .progress = Progress::silent}); };
  };
  test::check_throws<ValueError>(fits({{"mae", nullptr}}), {"fit", "function for the metric mae"});
  test::check_throws<ValueError>(fits({{"", metrics::mae}}), {"fit", "a name for metric 0"});
  test::check_throws<ValueError>(fits({{"a", metrics::mae}, {"a", metrics::mse}}), {"fit", "two a"});
  test::check_throws<ValueError>(fits({{"loss", metrics::mae}}), {"fit", "two loss"});
  test::check_throws<ValueError>(fits({{"seconds", metrics::mae}}), {"fit", "two seconds"});
  test::check_throws<ValueError>([&] { evaluate(t.model, mse, data, {.metrics = {{"mae", nullptr}}}); }, {"evaluate"});
  CHECK(t.optimizer.steps() == 0);
  const auto of_all = [](Var<float> x) { return sum(x); };
  Tape<float> tape;
  test::check_throws<ShapeError>(
      [&] {
        evaluate(of_all, [](Var<float> p, Var<float>) { return p; }, data, {.metrics = {{"mae", metrics::mae}}});
      },
      {"metrics: expected a prediction of 4 rows", "got ()"});
}

TEST_CASE("a validation loss that is not finite ends the training with no number for its metrics") {
  AdamMlp t({});
  Tensor<float> x({2, 2}, std::numeric_limits<float>::quiet_NaN());
  const TensorDataset validation(x, Tensor<float>({2, 1}));
  const History history =
      fit(t.model, t.optimizer, mse, make_xor(),
          {.validation_data = &validation, .metrics = {{"rmse", metrics::rmse}}, .progress = Progress::silent});
  CHECK(history.stop == Stop::not_finite);
  CHECK(is_nan(history.last("val_rmse")));
  CHECK(is_finite(history.last("rmse")));
}

TEST_CASE("an optimizer of another model, and one of before a model was gathered anew, are errors") {
  AdamMlp t({}), other({});
  const auto data = make_xor();
  const std::vector<float> before = t.values();
  test::check_throws<StateError>([&] { fit(t.model, other.optimizer, mse, data); },
                                 {"fit: expected an optimizer of the model's parameters", "hidden.weight"});
  Rng rng(1);
  test::Mlp not_gathered(rng);
  test::check_throws<StateError>([&] { fit(not_gathered, other.optimizer, mse, data); }, {"fit", "none of them"});
  const auto loss = [&](Tape<float>& tape, const auto& batch, Rng*) {
    return mse(t.model(tape.input(std::get<0>(batch.inputs))), tape.input(batch.target));
  };
  test::check_throws<StateError>([&] { fit(other.optimizer, loss, data); }, {"hidden.weight", "gathered elsewhere"});
  CHECK(t.values() == before);
  for (const float gradient : t.parameters.gradients()) CHECK(gradient == 0);

  auto parameters = std::make_unique<Parameters<float>>(not_gathered);
  Adam<float> old(*parameters);
  fit(not_gathered, old, mse, data, {.progress = Progress::silent});
  parameters.reset();
  const Parameters<float> anew(not_gathered);
  test::check_throws<StateError>([&] { fit(not_gathered, old, mse, data); }, {"fit: expected an optimizer"});
  test::check_throws<StateError>([&] { fit(old, loss, data); }, {"fit: expected an optimizer", "gathered anew"});
}

TEST_CASE("part of a model may be trained, the rest being frozen, gathered nowhere or elsewhere") {
  Rng rng(1);
  test::Mlp model(rng);
  freeze(model.hidden);
  const Parameters<float> head(model.head);
  Adam<float> adam(head);
  const float before = model.head.weight.value()(0, 0);
  fit(model, adam, mse, make_xor(), {.progress = Progress::silent});
  CHECK(model.head.weight.value()(0, 0) != before);
  const Parameters<float> hidden(model.hidden);
  unfreeze(model.hidden);
  test::check_throws<StateError>([&] { fit(model, adam, mse, make_xor()); }, {"hidden.weight"});
  freeze(model.hidden);
  fit(model, adam, mse, make_xor(), {.progress = Progress::silent});
}

TEST_CASE("options at their extremes are errors that name them, or what they say") {
  AdamMlp t({});
  const auto data = make_xor();
  using Options = FitOptions<float, TensorDataset<float, float>>;
  constexpr Index most = std::numeric_limits<Index>::max();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto fits = [&](const Options& options) {
    return [&, options] { fit(t.model, t.optimizer, mse, data, options); };
  };
  test::check_throws<ValueError>(fits({.batch_size = -1}), {"batch size", "got -1"});
  test::check_throws<ValueError>(fits({.epochs = -most}), {"one epoch"});
  test::check_throws<ValueError>(fits({.epochs = 2, .initial_epoch = -1}), {"initial epoch from 0", "got -1"});
  test::check_throws<ValueError>(fits({.epochs = most, .batch_size = 1, .initial_epoch = most - 1}),
                                 {"initial epoch", std::to_string(most - 1)});
  test::check_throws<ValueError>(fits({.validation_split = nan}), {"validation split", "nan"});
  test::check_throws<ValueError>(fits({.validation_split = -0.5}), {"validation split", "-0.5"});
  test::check_throws<ValueError>(fits({.validation_split = 1e-20}), {"validation split", "some of 4 rows"});
  test::check_throws<ValueError>(fits({.clipping = {.value = -1}}), {"clipping.value", "got -1"});
  test::check_throws<ValueError>(fits({.clipping = {.norm_each = nan}}), {"clipping.norm_each", "nan"});
  test::check_throws<ValueError>(fits({.clipping = {.norm = -1}}), {"clipping.norm:", "got -1"});
  test::check_throws<ValueError>(fits({.callbacks = {nullptr}}), {"callback 0", "null"});
  OnEpochEnd nothing([](Training&) {});
  test::check_throws<ValueError>(fits({.callbacks = {&nothing, &nothing}}), {"each callback once", "callback 1"});
  const std::vector<Index> below = {0, 1, -1, 0}, above = {0, 1, most, 0}, few = {0, 1};
  test::check_throws<ValueError>(fits({.strata = below}), {"strata", "got -1"});
  test::check_throws<ValueError>(fits({.strata = above}), {"strata", std::to_string(most)});
  test::check_throws<ShapeError>(fits({.strata = few}), {"a stratum for each of 4 rows", "got 2"});
  CHECK(t.optimizer.steps() == 0);

  fit(t.model, t.optimizer, mse, data, {.batch_size = most, .progress = Progress::silent});
  CHECK(t.optimizer.steps() == 1);
  CHECK(predict(t.model, data, {.batch_size = most}).size() == 4);
  CHECK(evaluate(t.model, mse, data, {.batch_size = most}).loss > 0);
}

namespace {

struct SignConfig {
  double learning_rate = 0.01;
};

/// As a program may write one: θ −= learning_rate · sign(g).
class SignDescent : public Optimizer<float> {
 public:
  explicit SignDescent(const Parameters<float>& parameters, const SignConfig& settings = {})
      : Optimizer<float>(parameters), config(settings) {}
  void step() {
    check_step("sign descent");
    ++steps_;
    for_each_run([&](Index, Index n, float* values, float* gradients) {
      for (Index i = 0; i < n; ++i) {
        if (gradients[i] != 0) values[i] -= std::copysign(static_cast<float>(config.learning_rate), gradients[i]);
        gradients[i] = 0;
      }
    });
  }
  static void state(auto& self, auto&& f) { f("steps", self.steps_); }
  SignConfig config;
};

}  // namespace

TEST_CASE("an optimizer of one's own needs a config, a step and a state") {
  test::Trained<test::Mlp, SignDescent> t({});
  const History history =
      fit(t.model, t.optimizer, mse, make_regression(64), {.epochs = 20, .progress = Progress::silent});
  CHECK(t.optimizer.steps() == 40);
  CHECK(history.last("loss") < 0.1 * history["loss"].front());
}
