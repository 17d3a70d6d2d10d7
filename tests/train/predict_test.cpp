#include "tenure/train/predict.hpp"

#include <doctest/doctest.h>

#include "../message.hpp"
#include "models.hpp"
#include "tenure/core/thread_pool.hpp"

using namespace tenure;

TEST_CASE("predictions in batches are those of all rows at once, with nothing dropped out") {
  Rng rng(1);
  test::Mlp model(rng);
  model.rate = 0.5;
  const auto data = test::make_regression(50);
  const Tensor<float>& x = std::get<0>(data.inputs());
  Tape<float> tape;
  const Var<float> expected = model(tape.input(x));
  for (const Index batch_size : {1, 8, 50, 1000}) {
    const Tensor<float> y = predict(model, data, {.batch_size = batch_size});
    CHECK(y.shape() == Shape{50, 1});
    for (Index i = 0; i < 50; ++i) CHECK(y(i, 0) == doctest::Approx(expected.value()(i, 0)).epsilon(1e-5));
  }
  const Tensor<float> of_tensor = predict(model, x);
  CHECK(of_tensor(49, 0) == doctest::Approx(expected.value()(49, 0)).epsilon(1e-5));
}

TEST_CASE("a model in double predicts from doubles, and one of indices alone from indices") {
  const auto lookup = [](Tape<float>& tape, View<const std::int64_t> index) {
    return embedding(index, tape.input(Tensor<float>::from({{1, 2}, {3, 4}})));
  };
  const Tensor<float> rows = predict(lookup, Tensor<std::int64_t>::from({1, 0, 1}), {.batch_size = 2});
  CHECK(rows.shape() == Shape{3, 2});
  CHECK(rows(2, 1) == 4);
  const auto square_of = [](Var<double> x) { return square(x); };
  CHECK(predict(square_of, Tensor<double>::from({{1}, {3}}))(1, 0) == 9);
}

TEST_CASE("a prediction must have a row for each row") {
  const auto total = [](Var<float> x) { return mae(x, x); };
  test::check_throws<ShapeError>([&] { predict(total, Tensor<float>({4, 1})); }, {"predict", "4 rows", "()"});
}

TEST_CASE("threads that predict batches give what one gives") {
  ThreadPool pool(3);
  Rng rng(1);
  test::Mlp model(rng);
  const Tensor<float> x = std::get<0>(test::make_regression(103).inputs());
  for (const Index batch_size : {1, 10, 60, 103, 200}) {
    const Tensor<float> alone = predict(model, x, {.batch_size = batch_size});
    const Tensor<float> together = predict(model, x, {.batch_size = batch_size, .executor = &pool});
    CHECK(std::ranges::equal(alone.view(), together.view()));
  }
}
