/// A network of dense layers that tells what a customer will spend, several times over.
///
///   h = ReLU(layer(h)), dropped out, for each hidden layer; z = layer(h) + offset      (batch, outputs)
///   y = [z of each member, side by side]                                       (batch, members · outputs)
///
/// x (batch, inputs), offset (batch, outputs): what is thought of a customer before the network looks at it, which has
/// to learn by how much that is wrong. Members differ by their initial weights and by what is dropped out; the mean of
/// what they say is better than what any of them does.
#pragma once

#include "../../core/range.hpp"
#include "../../nn/dropout.hpp"
#include "../../nn/linear.hpp"
#include "../../ops/activations.hpp"
#include "../../ops/arithmetic.hpp"
#include "../../ops/concatenate.hpp"
#include "../../ops/losses.hpp"
#include "../../ops/slice.hpp"
#include "ziln.hpp"

TENURE_NO_CONTRACTION
namespace tenure { inline namespace TENURE_ABI { namespace clv {

/// What the network is trained by: huber with a threshold of 1, ziln as in ziln.hpp.
enum class AnnLoss { mse, huber, ziln };

/// By the values of AnnLoss.
inline constexpr std::array<const char*, 3> ann_loss_names = {"mse", "huber", "ziln"};

struct AnnConfig {
  Index inputs = 1;
  std::vector<Index> hidden = {64, 32, 16};
  double dropout = 0.2;
  Index members = 5;
  AnnLoss loss = AnnLoss::ziln;

  static void state(auto& self, auto&& f) {
    f("inputs", self.inputs);
    f("hidden", self.hidden);
    f("dropout", self.dropout);
    f("members", self.members);
    f("loss", self.loss);
  }
  /// Of what was read. @throws ValueError
  [[gnu::cold]] void check_state() const {
    constexpr Index largest = 1'000'000;
    check_range("inputs", inputs, Index{1}, largest);
    check_range("hidden", static_cast<Index>(hidden.size()), Index{0}, Index{1000});
    for (const Index units : hidden) check_range("hidden", units, Index{1}, largest);
    check_range("dropout", dropout, 0.0, 1.0);
    check_range("members", members, Index{1}, largest);
    check_range("loss", static_cast<int>(loss), 0, 2);
  }

  /// How many numbers are learnt. As double, which no sizes overflow.
  double parameters() const noexcept {
    double of_member = 0;
    auto width = static_cast<double>(inputs);
    const auto add = [&](Index units) {
      of_member += static_cast<double>(units) * (width + 1);
      width = static_cast<double>(units);
    };
    for (const Index units : hidden) add(units);
    add(outputs());
    return static_cast<double>(members) * of_member;
  }

  /// Of a member.
  Index outputs() const noexcept { return loss == AnnLoss::ziln ? 3 : 1; }
};

/// One of the networks whose mean is taken.
template <class T>
struct AnnMember {
  std::vector<Linear<T>> layers;

  static void fields(auto& self, auto&& f) { f("layers", self.layers); }
};

template <class T>
struct Ann {
  AnnConfig config;
  std::vector<AnnMember<T>> members;

  static constexpr std::string_view type = "Ann";

  /// PyTorch's initial weights. @throws ShapeError for sizes below 1, ValueError for no member
  [[gnu::cold]] Ann(const AnnConfig& with, Rng& rng) : config(with) {
    if (config.members < 1) throw ValueError(type, "at least one member", {config.members});
    members.resize(static_cast<std::size_t>(config.members));
    for (AnnMember<T>& member : members) {
      Index inputs = config.inputs;
      for (const Index units : config.hidden) {
        member.layers.push_back(Linear<T>({.in_features = inputs, .out_features = units}, rng));
        inputs = units;
      }
      member.layers.push_back(Linear<T>({.in_features = inputs, .out_features = config.outputs()}, rng));
    }
  }

  static void fields(auto& self, auto&& f) { f("members", self.members); }

  /// @throws ShapeError
  Var<T> operator()(Var<T> x, Var<T> offset, Rng* rng = nullptr) const {
    const Dropout drop{config.dropout};
    Var<T> all;
    for (const AnnMember<T>& member : members) {
      Var<T> h = x;
      for (std::size_t i = 0; i + 1 < member.layers.size(); ++i) h = drop(relu(member.layers[i](h)), rng);
      const Var<T> z = member.layers.back()(h) + offset;
      all = &member == &members.front() ? z : concatenate({all, z}, 1);
    }
    return observed(*this, all);
  }
};

/// The mean of the members' losses, for targets (batch, 1).
template <class T>
Var<T> ann_loss(const AnnConfig& config, Var<T> prediction, Var<T> target) {
  const Index outputs = config.outputs();
  Var<T> total;
  for (Index m = 0; m < config.members; ++m) {
    const Var<T> z = slice(prediction, 1, m * outputs, (m + 1) * outputs);
    const Var<T> loss = config.loss == AnnLoss::ziln    ? ziln(z, target)
                        : config.loss == AnnLoss::huber ? huber(z, target)
                                                        : mse(z, target);
    total = m == 0 ? loss : total + loss;
  }
  return scale(total, 1 / static_cast<double>(config.members));
}

}}}  // namespace tenure::TENURE_ABI::clv
TENURE_CONTRACTION_AS_BEFORE
