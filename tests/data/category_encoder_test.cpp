#include "tenure/data/category_encoder.hpp"

#include <doctest/doctest.h>

#include "../message.hpp"
#include "state.hpp"

using namespace tenure;

namespace {

const std::vector<std::string> countries{"France", "UK", "Spain", "UK", "Eire", "Spain", "UK", "Österreich"};

}  // namespace

TEST_CASE("categories are by count, ties by name, both descending, after the unknown's: Keras's StringLookup") {
  const CategoryEncoder encoder(countries);
  CHECK(encoder.names() == std::vector<std::string>{"UK", "Spain", "Österreich", "France", "Eire"});
  CHECK(encoder.categories() == 6);
  CHECK(encoder.category("UK") == 1);
  CHECK(encoder.category("Eire") == 5);
  CHECK(encoder.category("Mars") == 0);
  CHECK(encoder.category("") == 0);
  CHECK(encoder.name(2) == "Spain");
  CHECK(encoder.name(0) == "");
}

TEST_CASE("ordinal and one-hot codes agree, and the unknown has one of its own") {
  const CategoryEncoder encoder(countries);
  const std::vector<std::string> values{"Spain", "Mars", "UK"};
  const Tensor<std::int64_t> categories = encoder.ordinal(values);
  CHECK(std::vector<std::int64_t>(categories.begin(), categories.end()) == std::vector<std::int64_t>{2, 0, 1});
  const Tensor<float> rows = encoder.one_hot<float>(values);
  CHECK(rows.shape() == Shape{3, 6});
  for (Index i = 0; i < 3; ++i) {
    for (Index j = 0; j < 6; ++j) CHECK(rows(i, j) == (j == categories(i) ? 1.0f : 0.0f));
  }
}

TEST_CASE("every name comes back from its category") {
  const CategoryEncoder encoder(countries);
  for (const std::string& name : encoder.names()) CHECK(encoder.name(encoder.category(name)) == name);
}

TEST_CASE("a text column gives the same categories, its missing values being unknown") {
  const TextColumn column{.codes = {0, 1, 2, 1, -1, 3, 2, 1, 4},
                          .names = {"France", "UK", "Spain", "Eire", "Österreich", "never seen"}};
  const CategoryEncoder encoder(column);
  CHECK(encoder.names() == CategoryEncoder(countries).names());
  const Tensor<std::int64_t> categories = encoder.ordinal(column);
  CHECK(std::vector<std::int64_t>(categories.begin(), categories.end()) ==
        std::vector<std::int64_t>{4, 1, 2, 1, 0, 5, 2, 1, 3});
  CHECK(encoder.one_hot<double>(column)(4, 0) == 1);
}

TEST_CASE("rare names can be made unknown") {
  CHECK(CategoryEncoder(countries, {.categories = 3}).names() == std::vector<std::string>{"UK", "Spain"});
  CHECK(CategoryEncoder(countries, {.categories = 1}).categories() == 1);
  CHECK(CategoryEncoder(countries, {.minimum_count = 3}).names() == std::vector<std::string>{"UK"});
  CHECK(CategoryEncoder().category("UK") == 0);
  test::check_throws<ValueError>([] { CategoryEncoder(countries, {.categories = -1}); }, {"-1 categories"});
  test::check_throws<IndexError>([] { CategoryEncoder(countries).name(6); }, {"[0, 6), got 6"});
}

TEST_CASE("an encoder that is restored from its state encodes as the one that was saved") {
  const CategoryEncoder saved(countries);
  CategoryEncoder restored;
  test::restore(restored, test::state_of(saved));
  CHECK(restored.names() == saved.names());
  CHECK(restored.category("France") == 4);
}
