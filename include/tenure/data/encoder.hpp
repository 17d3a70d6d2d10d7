/// Categories as numbers: ordinal places and one-hot rows, with a place for the unknown.
///
/// Place 0 is for what was not seen when the encoder was fitted; the names follow in the order of Keras's StringLookup:
/// by count, ties by name, both descending.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/tensor.hpp"

namespace tenure::inline TENURE_ABI {

struct EncoderConfig {
  Index places = 0;         ///< at most, the unknown's included: rarer names are unknown; 0: no limit
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
  /// The same of a dictionary-coded column: codes into names; a negative code is a missing value, which is not counted.
  /// @throws IndexError for a code beyond the names
  [[gnu::cold]] CategoryEncoder(std::span<const std::int32_t> codes, std::span<const std::string> names,
                                EncoderConfig config = {}) {
    std::map<std::string_view, Index> counts;
    for (const std::int32_t code : codes) {
      if (code >= 0) ++counts[name_of(code, names)];
    }
    assign(counts, config);
  }

  /// Number of places, the unknown's included.
  Index places() const noexcept { return static_cast<Index>(names_.size()) + 1; }
  /// By place, from place 1 on.
  const std::vector<std::string>& names() const noexcept { return names_; }

  /// 0 for the unknown.
  Index place(std::string_view name) const noexcept {
    const auto found = std::lower_bound(order_.begin(), order_.end(), name,
                                        [&](std::size_t i, std::string_view wanted) { return names_[i] < wanted; });
    return found == order_.end() || names_[*found] != name ? 0 : static_cast<Index>(*found) + 1;
  }

  /// The name at a place; "" for the unknown. @throws IndexError
  std::string_view name(Index place) const {
    if (place < 0 || place >= places()) throw IndexError("encoder", {"a place in [0, ", places(), ")"}, {place});
    return place == 0 ? std::string_view() : names_[static_cast<std::size_t>(place - 1)];
  }

  /// Places of values: indices for an embedding. // (values)  @throws ShapeError for no values
  [[gnu::cold]] Tensor<std::int64_t> ordinal(std::span<const std::string> values) const {
    Tensor<std::int64_t> y({static_cast<Index>(values.size())});
    std::transform(values.begin(), values.end(), y.begin(), [&](const std::string& value) { return place(value); });
    return y;
  }
  /// The same of a dictionary-coded column, a missing value being unknown. @throws IndexError as the constructor
  [[gnu::cold]] Tensor<std::int64_t> ordinal(std::span<const std::int32_t> codes,
                                             std::span<const std::string> names) const {
    Tensor<std::int64_t> y({static_cast<Index>(codes.size())});
    std::vector<Index> places;  // by code
    for (const std::string& known : names) places.push_back(place(known));
    std::transform(codes.begin(), codes.end(), y.begin(), [&](std::int32_t code) {
      if (code >= 0) name_of(code, names);
      return code < 0 ? 0 : places[static_cast<std::size_t>(code)];
    });
    return y;
  }

  /// A row of zeros but for a one at each value's place. // (values, places)
  template <class T, class... Column>
  [[gnu::cold]] Tensor<T> one_hot(const Column&... column) const {
    const Tensor<std::int64_t> row_places = ordinal(column...);
    Tensor<T> y({row_places.size(), places()});
    for (Index i = 0; i < row_places.size(); ++i) y(i, row_places(i)) = T{1};
    return y;
  }

  /// All that an encoder knows: to be saved with the model.
  static void state(auto& self, auto&& f) {
    f("names", self.names_);
    if constexpr (!std::is_const_v<std::remove_reference_t<decltype(self)>>) self.index();
  }

 private:
  static std::string_view name_of(std::int32_t code, std::span<const std::string> names) {
    if (static_cast<std::size_t>(code) >= names.size()) {
      throw IndexError("encoder", {"codes below ", names.size()}, {code});
    }
    return names[static_cast<std::size_t>(code)];
  }

  void assign(const std::map<std::string_view, Index>& counts, EncoderConfig config) {
    if (config.places < 0 || config.minimum_count < 0) {
      throw ValueError("encoder", "settings of at least 0",
                       {config.places, " places, a minimum count of ", config.minimum_count});
    }
    std::vector<std::pair<Index, std::string_view>> sorted;
    for (const auto& [name, count] : counts) {
      if (count >= config.minimum_count) sorted.emplace_back(count, name);
    }
    std::sort(sorted.rbegin(), sorted.rend());
    if (config.places > 0) sorted.resize(std::min(sorted.size(), static_cast<std::size_t>(config.places) - 1));
    for (const auto& [count, name] : sorted) names_.emplace_back(name);
    index();
  }

  void index() {
    order_.resize(names_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
    std::sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) { return names_[a] < names_[b]; });
  }

  std::vector<std::string> names_;  // by place, from 1 on
  std::vector<std::size_t> order_;  // of names_, sorted by name
};

}  // namespace tenure::inline TENURE_ABI
