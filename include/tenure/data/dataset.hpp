/// Tensors whose first axes run over the same rows: what a model is trained on.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <tuple>
#include <vector>

#include "../core/rng.hpp"
#include "../core/tensor.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// The first floating-point type of some; float if there is none.
template <class... Scalars>
struct FirstReal {
  using type = float;
};
template <class Scalar, class... Scalars>
struct FirstReal<Scalar, Scalars...> {
  using type = typename std::conditional_t<std::is_floating_point_v<Scalar>, std::type_identity<Scalar>,
                                           FirstReal<Scalars...>>::type;
};

}  // namespace detail

/// Inputs (rows, …) and a target (rows, …): `TensorDataset data(x, y)`, `TensorDataset data(x, indices, y)`.
///
/// Target and Inputs are scalar types: float, double, or std::int64_t for indices and classes. The target may be left
/// empty where only predictions are wanted. A tensor that wraps memory is not copied.
template <class Target, class... Inputs>
class TensorDataset {
  static_assert(sizeof...(Inputs) > 0, "a data set has an input");

 public:
  using target_type = Target;
  /// What a model computes in that is called with these inputs.
  using scalar_type = typename detail::FirstReal<Inputs..., Target>::type;

  /// Some rows of all tensors, which live elsewhere.
  struct Batch {
    std::tuple<View<const Inputs>...> inputs;
    View<const Target> target;
    Index rows;

    /// Rows [begin, end) of these. @throws IndexError
    Batch slice(Index begin, Index end) const {
      return std::apply(
          [&](const auto&... input) {
            return Batch{{input.slice(begin, end)...},
                         target.empty() ? View<const Target>() : target.slice(begin, end),
                         end - begin};
          },
          inputs);
    }
  };

  /// @throws ShapeError unless all have as many rows
  [[gnu::cold]] TensorDataset(Tensor<Inputs>... inputs, Tensor<Target> target)
      : inputs_(std::move(inputs)...), target_(std::move(target)) {
    for_each([this](const auto& tensor) { check_rows(tensor.shape(), tensor.empty()); });
  }

  Index rows() const noexcept { return std::get<0>(inputs_).shape()[0]; }
  const std::tuple<Tensor<Inputs>...>& inputs() const noexcept { return inputs_; }
  const Tensor<Target>& target() const noexcept { return target_; }

  /// Rows [begin, end), without a copy. @throws IndexError
  Batch slice(Index begin, Index end) const {
    return std::apply(
               [&](const auto&... input) {
                 return Batch{{input...}, target_, rows()};
               },
               inputs_)
        .slice(begin, end);
  }

  /// Copies the rows of the given numbers, which must be in range, to the first rows of `to`, which has room for them.
  Batch gather(std::span<const Index> numbers, TensorDataset& to) const {
    gather_rows(numbers, target_, to.target_);
    gather_inputs(numbers, to, std::index_sequence_for<Inputs...>());
    return to.slice(0, static_cast<Index>(numbers.size()));
  }

  /// A data set of the rows of the given numbers. @throws IndexError for one out of range
  [[gnu::cold]] TensorDataset select(std::span<const Index> numbers) const {
    for (const Index number : numbers) {
      if (number < 0 || number >= rows()) {
        throw IndexError("select", {"rows in [0, ", rows(), ")"}, {number});
      }
    }
    TensorDataset selected = like(static_cast<Index>(numbers.size()));
    gather(numbers, selected);
    return selected;
  }

  /// The same with another number of rows, whose contents are left open.
  [[gnu::cold]] TensorDataset like(Index count) const {
    const auto resized = []<class T>(const Tensor<T>& tensor, Index extent) {
      return tensor.empty() ? Tensor<T>() : Tensor<T>::uninitialized(tensor.shape().with(0, extent));
    };
    return std::apply(
        [&](const auto&... input) { return TensorDataset(resized(input, count)..., resized(target_, count)); },
        inputs_);
  }

 private:
  template <class F>
  void for_each(F f) const {
    std::apply([&](const auto&... input) { (f(input), ...); }, inputs_);
    if (!target_.empty()) f(target_);
  }

  void check_rows(const Shape& shape, bool empty) const {
    const auto& first = std::get<0>(inputs_);
    if (empty || first.rank() == 0) throw ShapeError("data set", "inputs of (rows, …)", empty ? "an empty one" : "()");
    if (shape.rank() == 0 || shape[0] != rows()) throw ShapeError("data set", {rows(), " rows throughout"}, {shape});
  }

  template <class T>
  static void gather_rows(std::span<const Index> numbers, const Tensor<T>& from, Tensor<T>& to) noexcept {
    if (from.empty()) return;
    const Index width = from.size() / from.shape()[0];
    T* place = to.data();
    for (const Index number : numbers) {
      std::copy_n(from.data() + number * width, width, place);
      place += width;
    }
  }

  template <std::size_t... I>
  void gather_inputs(std::span<const Index> numbers, TensorDataset& to, std::index_sequence<I...>) const noexcept {
    (gather_rows(numbers, std::get<I>(inputs_), std::get<I>(to.inputs_)), ...);
  }

  std::tuple<Tensor<Inputs>...> inputs_;
  Tensor<Target> target_;
};

template <class A, class T>
TensorDataset(Tensor<A>, Tensor<T>) -> TensorDataset<T, A>;
template <class A, class B, class T>
TensorDataset(Tensor<A>, Tensor<B>, Tensor<T>) -> TensorDataset<T, A, B>;
template <class A, class B, class C, class T>
TensorDataset(Tensor<A>, Tensor<B>, Tensor<C>, Tensor<T>) -> TensorDataset<T, A, B, C>;
template <class A, class B, class C, class D, class T>
TensorDataset(Tensor<A>, Tensor<B>, Tensor<C>, Tensor<D>, Tensor<T>) -> TensorDataset<T, A, B, C, D>;

/// Cuts a range of a data set's rows into batches, the last of which may be smaller. In order they are views of the
/// data; once shuffled, their rows are gathered into buffers that are used again for every batch.
template <class Data>
class Batches {
 public:
  /// Of rows [begin, end), which the data must outlive. @throws ValueError for an empty range or batch
  [[gnu::cold]] Batches(const Data& data, Index begin, Index end, Index batch_size)
      : data_(data), begin_(begin), end_(end), batch_size_(batch_size) {
    if (begin < 0 || begin >= end || end > data.rows()) {
      throw ValueError("batches", {"a range of some of ", data.rows(), " rows"}, {"[", begin, ", ", end, ")"});
    }
    if (batch_size < 1) throw ValueError("batches", "a batch size of at least 1", {batch_size});
  }

  Index rows() const noexcept { return end_ - begin_; }
  Index count() const noexcept { return (rows() - 1) / batch_size_ + 1; }

  /// Another order (Fisher and Yates), which depends on the generator's stream alone, not on earlier orders.
  void shuffle(const Rng& rng) {
    if (order_.empty()) {
      order_.resize(static_cast<std::size_t>(rows()));
      buffers_.emplace_back(data_.like((std::min)(batch_size_, rows())));
    }
    std::iota(order_.begin(), order_.end(), begin_);
    std::array<std::uint32_t, 4> block{};
    for (std::size_t i = order_.size() - 1, drawn = 0; i > 0; --i, ++drawn) {
      // Two numbers from each block of the stream, so long that the bias of their remainders is below rows / 2⁶⁴.
      if (drawn % 2 == 0) block = rng.block(drawn / 2);
      const std::size_t half = drawn % 2 * 2;
      const std::uint64_t number = std::uint64_t{block[half]} << 32 | block[half + 1];
      std::swap(order_[i], order_[static_cast<std::size_t>(number % (i + 1))]);
    }
  }

  /// Deals the shuffled rows so that every batch has its share of each stratum, as deciles of a skewed target.
  /// `strata` has a number from 0 on for each of the data's rows.
  void balance(std::span<const Index> strata) {
    std::vector<Index>& totals = stratum_rows_;
    totals.assign(static_cast<std::size_t>(strata.empty() ? 0 : (std::ranges::max)(strata)) + 1, 0);
    for (const Index row : order_) ++totals[static_cast<std::size_t>(strata[static_cast<std::size_t>(row)])];
    std::vector<Index>& dealt = stratum_dealt_;
    dealt.assign(totals.size(), 0);
    // Row k of a stratum of m stands where (k + ½) / m of all rows are before it.
    placed_.clear();
    for (const Index row : order_) {
      const auto s = static_cast<std::size_t>(strata[static_cast<std::size_t>(row)]);
      placed_.emplace_back((static_cast<double>(dealt[s]++) + 0.5) / static_cast<double>(totals[s]), row);
    }
    std::ranges::sort(placed_);
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = placed_[i].second;
  }

  /// Batch i, 0 ≤ i < count(), until the next is asked for.
  typename Data::Batch operator[](Index i) {
    const Index first = i * batch_size_;
    const Index n = (std::min)(batch_size_, rows() - first);
    if (order_.empty()) return data_.slice(begin_ + first, begin_ + first + n);
    const std::span<const Index> order(order_);
    return data_.gather(order.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n)), buffers_.front());
  }

 private:
  const Data& data_;
  Index begin_;
  Index end_;
  Index batch_size_;
  std::vector<Index> order_;                      // row numbers; empty until shuffled
  std::vector<Data> buffers_;                     // one, once shuffled
  std::vector<std::pair<double, Index>> placed_;  // of balance()
  std::vector<Index> stratum_rows_, stratum_dealt_;
};

}}  // namespace tenure::TENURE_ABI
