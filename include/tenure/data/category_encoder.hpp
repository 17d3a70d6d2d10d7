/// Categories as numbers: ordinal ones and one-hot rows, with a category for the unknown.
///
/// Category 0 is for what was not seen when the encoder was fitted; the names follow in the order of Keras's StringLookup:
/// by count, ties by name, both descending.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "../core/tensor.hpp"
#include "csv/text_column.hpp"

namespace tenure { inline namespace TENURE_ABI {

struct EncoderConfig {
  Index categories = 0;     ///< at most, the unknown's included: rarer names are unknown; 0: no limit
  Index minimum_count = 1;  ///< names that are seen less often are unknown
};

class CategoryEncoder {
 public:
  /// Everything is unknown to it.
  CategoryEncoder() = default;

  /// Of the training part's values. @throws ValueError for settings below 0
  [[gnu::cold]] explicit CategoryEncoder(std::span<const std::string> values, EncoderConfig config = {}) {
    std::map<std::string_view, Index> counts;
    for (const std::string& value : values) ++counts[value];
    assign(counts, config);
  }
  /// The same of a column, whose missing values are not counted.
  [[gnu::cold]] explicit CategoryEncoder(const TextColumn& column, EncoderConfig config = {}) {
    std::vector<Index> by_code(column.names.size());
    for (const std::int32_t code : column.codes) {
      if (code >= 0) ++by_code[static_cast<std::size_t>(code)];
    }
    std::map<std::string_view, Index> counts;
    for (std::size_t code = 0; code < by_code.size(); ++code) {
      if (by_code[code] > 0) counts[column.names[code]] += by_code[code];
    }
    assign(counts, config);
  }

  /// Their number, the unknown's included.
  Index categories() const noexcept { return static_cast<Index>(names_.size()) + 1; }
  /// By category, from category 1 on.
  const std::vector<std::string>& names() const noexcept { return names_; }

  /// 0 for the unknown.
  Index category(std::string_view name) const noexcept {
    const auto found = std::find(names_.begin(), names_.end(), name);
    return found == names_.end() ? 0 : found - names_.begin() + 1;
  }

  /// The name of a category; "" for the unknown. @throws IndexError
  std::string_view name(Index category) const {
    if (category < 0 || category >= categories()) {
      throw IndexError("encoder", {"a category in [0, ", categories(), ")"}, {category});
    }
    return category == 0 ? std::string_view() : names_[static_cast<std::size_t>(category - 1)];
  }

  /// Categories of values: indices for an embedding. // (values)  @throws ShapeError for no values
  [[gnu::cold]] Tensor<std::int64_t> ordinal(std::span<const std::string> values) const {
    const std::map<std::string_view, Index> by_name = index();
    Tensor<std::int64_t> y({static_cast<Index>(values.size())});
    std::transform(values.begin(), values.end(), y.begin(), [&](const std::string& v) { return find(by_name, v); });
    return y;
  }
  /// The same of a column, whose missing values are unknown. // (rows)
  [[gnu::cold]] Tensor<std::int64_t> ordinal(const TextColumn& column) const {
    const std::map<std::string_view, Index> by_name = index();
    std::vector<Index> by_code;
    for (const std::string& name : column.names) by_code.push_back(find(by_name, name));
    Tensor<std::int64_t> y({static_cast<Index>(column.codes.size())});
    std::transform(column.codes.begin(), column.codes.end(), y.begin(),
                   [&](std::int32_t code) { return code < 0 ? 0 : by_code[static_cast<std::size_t>(code)]; });
    return y;
  }

  /// A row of zeros but for a one at each value's category. // (values, categories)  @throws ShapeError for no values
  template <class T>
  [[gnu::cold]] Tensor<T> one_hot(std::span<const std::string> values) const {
    return rows<T>(ordinal(values));
  }
  template <class T>
  [[gnu::cold]] Tensor<T> one_hot(const TextColumn& column) const {
    return rows<T>(ordinal(column));
  }

  /// All that an encoder knows: to be saved with the model.
  static void state(auto& self, auto&& f) { f("names", self.names_); }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    std::set<std::string_view> seen;
    for (const std::string& name : names_) {
      if (!seen.insert(name).second) throw ValueError("names", "each name once", {"\"", name, "\" twice"});
    }
  }

 private:
  void assign(const std::map<std::string_view, Index>& counts, EncoderConfig config) {
    if (config.categories < 0 || config.minimum_count < 0) {
      throw ValueError("encoder", "settings of at least 0",
                       {config.categories, " categories, a minimum count of ", config.minimum_count});
    }
    std::vector<std::pair<Index, std::string_view>> sorted;
    for (const auto& [name, count] : counts) {
      if (count >= config.minimum_count) sorted.emplace_back(count, name);
    }
    std::sort(sorted.rbegin(), sorted.rend());
    if (config.categories > 0) {
      sorted.resize((std::min)(sorted.size(), static_cast<std::size_t>(config.categories) - 1));
    }
    for (const auto& [count, name] : sorted) names_.emplace_back(name);
  }

  std::map<std::string_view, Index> index() const {
    std::map<std::string_view, Index> by_name;
    for (const std::string& name : names_) by_name.emplace(name, static_cast<Index>(by_name.size()) + 1);
    return by_name;
  }

  static Index find(const std::map<std::string_view, Index>& by_name, std::string_view name) {
    const auto found = by_name.find(name);
    return found == by_name.end() ? 0 : found->second;
  }

  template <class T>
  Tensor<T> rows(const Tensor<std::int64_t>& ordinal) const {
    Tensor<T> y({ordinal.size(), categories()});
    for (Index i = 0; i < ordinal.size(); ++i) y(i, ordinal(i)) = T{1};
    return y;
  }

  std::vector<std::string> names_;  // by category, from 1 on
};

}}  // namespace tenure::TENURE_ABI
