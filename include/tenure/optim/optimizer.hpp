/// What optimizers have in common: the parameters' buffers, groups of parameters, and how many steps each has taken.
#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../autograd/parameters.hpp"
#include "not_finite.hpp"
#include "parameter_groups.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI {

/// Base of optimizers. One that derives has `config` with a `learning_rate`, `step()`, and
/// `static void state(auto& self, auto&& f)`, which names all that the next step depends on: f(name, member) for
/// tensors of one element per parameter's element (T), tensors of counts, one per parameter (Index), counts (Index) and
/// numbers (double). A checkpoint needs no more.
///
/// One that also has `update()`, which is step() for gradients that are known to be finite, lets fit() spare a second
/// test of them.
template <class T>
class Optimizer {
 public:
  using value_type = T;

  /// How often step() was called.
  Index steps() const noexcept { return steps_; }

  /// The steps that are in each parameter's state, in the order of the storage's entries: none of those that it was
  /// frozen in, nor, in Sgd, of those without momentum.
  std::span<const Index> parameter_steps() const noexcept { return counts_.view().span(); }

  /// The buffers of the parameters that are optimized.
  ParameterStorage<T>& storage() const noexcept { return *storage_; }

  /// The learning rates of the groups, as multiples of config.learning_rate.
  std::span<GroupRate> group_rates() noexcept { return std::span(rates_).subspan(1); }

 protected:
  /// Keeps the parameters' buffers alive; `name` is what errors name. Groups' rates are in proportion to the given one.
  /// @throws ValueError for a group that takes no parameter, one that another takes, or options outside their domain
  [[gnu::cold]] explicit Optimizer(std::string_view name, const Parameters<T>& parameters, double learning_rate = 0,
                                   const std::vector<ParameterGroup>& groups = {})
      : storage_(parameters.storage()),
        counts_({static_cast<Index>(storage_->entries.size())}),
        rates_(groups.size() + 1),
        groups_(groups) {
    groups_.insert(groups_.begin(), ParameterGroup{});
    for (std::size_t g = 1; g < groups_.size(); ++g) add_group(name, g, learning_rate);
    for (std::size_t i = 0; i < group_of_.size(); ++i) {
      if (!groups_[group_of_[i]].trainable) storage_->entries[i].trainable = false;
    }
  }
  [[gnu::cold]] explicit Optimizer(const Parameters<T>& parameters) : Optimizer("optimizer", parameters) {}
  Optimizer(Optimizer&&) noexcept = default;
  ~Optimizer() = default;

  /// Zeros, one for each parameter. // (size)
  Tensor<T> zeros() const { return Tensor<T>(storage_->values.shape()); }

  /// @throws StateError for a gradient that is not finite, or buffers that the model has left
  void check_step(std::string_view name) const {
    if (storage_->left || storage_.use_count() == 1) fail_gone(name);
    check_gradients_finite(*storage_, name);
  }

  /// Counts a step of every trainable parameter, and calls f(begin, n, values, gradients, step) for each longest
  /// stretch of them that are in one group and at one step: a single one where all are. `make(config, t)` is the t-th
  /// step's, t ≥ 1, with the options of a group; `counts` is false where the step leaves no trace in a parameter's
  /// state.
  template <class Config, class Make, class F>
  void for_each_run(const Config& config, bool counts, Make make, F f) noexcept {
    ++steps_;
    ++storage_->version;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const Config options = g == 0 ? config : options_of(g, config);
      Index made = -1;
      std::optional<std::invoke_result_t<Make&, const Config&, Index>> step;
      for (std::size_t i = 0; i < storage_->entries.size();) {
        if (!takes(g, i)) {
          ++i;
          continue;
        }
        const auto& first = storage_->entries[i];
        const Index t = counts_.data()[i] + 1;
        Index n = 0;
        for (; i < storage_->entries.size() && takes(g, i) && counts_.data()[i] + 1 == t; ++i) {
          n += storage_->entries[i].extent;
          counts_.data()[i] += counts;
        }
        if (made != t) step.emplace(make(options, made = t));
        f(first.offset, n, storage_->values.data() + first.offset, storage_->gradients.data() + first.offset, *step);
      }
    }
  }

  /// The same for an optimizer that knows no steps of single parameters: f(begin, n, values, gradients) for each
  /// longest stretch of trainable ones, whatever their groups.
  template <class F>
  void for_each_run(F f) const {
    ++storage_->version;
    storage_->for_each_trainable_run([&](Index begin, Index n) {
      f(begin, n, storage_->values.data() + begin, storage_->gradients.data() + begin);
    });
  }

  /// Names what all optimizers keep.
  static void base_state(auto& self, auto&& f) {
    f("steps", self.steps_);
    f("step", self.counts_);
    f("learning_rate", self.config.learning_rate);
    for (std::size_t g = 1; g < self.rates_.size(); ++g) {
      f(("group." + std::to_string(g - 1) + ".rate").c_str(), self.rates_[g].current);
    }
  }

  /// @throws ValueError "adam: expected beta_1 in [0, 1), got 1" unless valid
  static void check(std::string_view name, std::string_view expected, double value, bool valid) {
    if (!valid || !is_finite(value)) throw ValueError(name, expected, {value});
  }

  std::shared_ptr<ParameterStorage<T>> storage_;
  Index steps_ = 0;

 private:
  bool takes(std::size_t group, std::size_t entry) const noexcept {
    return storage_->entries[entry].trainable && (group_of_.empty() ? 0 : group_of_[entry]) == group;
  }

  template <class Config>
  Config options_of(std::size_t g, Config config) const noexcept {
    config.learning_rate *= rates_[g].current;
    config.l2 = groups_[g].l2.value_or(config.l2);
    config.weight_decay = groups_[g].weight_decay.value_or(config.weight_decay);
    return config;
  }

  [[gnu::cold]] void add_group(std::string_view name, std::size_t g, double learning_rate) {
    const ParameterGroup& group = groups_[g];
    const std::string number = "group " + std::to_string(g - 1);
    if (!group.parameters) throw ValueError(name, {"a function of names that tells whom ", number, " takes"}, "none");
    for (const auto& [what, value] : {std::pair("a learning rate", group.learning_rate),
                                      {"an l2", group.l2},
                                      {"a weight decay", group.weight_decay}}) {
      if (value) check(name, std::string(what) + " of at least 0 in " + number, *value, *value >= 0);
    }
    if (group.learning_rate) {
      if (!(learning_rate > 0)) {
        throw ValueError(name, {"a learning rate above 0 that those of groups are in proportion to"}, {learning_rate});
      }
      rates_[g].initial = rates_[g].current = *group.learning_rate / learning_rate;
    }
    group_of_.resize(storage_->entries.size());
    bool any = false;
    for (std::size_t i = 0; i < group_of_.size(); ++i) {
      auto& entry = storage_->entries[i];
      if (entry.buffer || !group.parameters(entry.name)) continue;
      if (group_of_[i] != 0) {
        throw ValueError(name, {"each parameter in one group at most"},
                         {entry.name, " in groups ", group_of_[i] - 1, " and ", g - 1});
      }
      group_of_[i] = g;
      any = true;
    }
    if (!any) throw ValueError(name, {"parameters that ", number, " takes"}, {"none of ", group_of_.size()});
  }

  [[noreturn, gnu::cold, gnu::noinline]] static void fail_gone(std::string_view name) {
    throw StateError(name, "buffers that a model's parameters lie in",
                     "those of a model that is gone, or was gathered anew since: make the optimizer anew, too");
  }

  Tensor<Index> counts_;          // (entries)
  std::vector<GroupRate> rates_;  // by group; the first is of those that no group takes
  std::vector<ParameterGroup> groups_;
  std::vector<std::size_t> group_of_;  // by entry; empty without groups
};

/// What fit() takes.
template <class O>
concept AnyOptimizer = std::derived_from<O, Optimizer<typename O::value_type>> && requires(O& optimizer) {
  { optimizer.config.learning_rate } -> std::convertible_to<double&>;
  optimizer.step();
};

}}  // namespace tenure::TENURE_ABI
TENURE_CONTRACTION_AS_BEFORE
