/// Layers one after the other, y = f₂(f₁(f₀(x))): torch.nn.Sequential, Keras's Sequential. The layers may be of any
/// types; they are named "0", "1", ... as PyTorch's are.
///
///   const auto model = Sequential(Linear<float>({.in_features = 12, .out_features = 64}, rng), Relu{},
///                                Dropout{.p = 0.2});
#pragma once

#include <array>
#include <tuple>
#include <utility>

#include "../autograd/tape.hpp"
#include "../core/rng.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

/// "0", "1", ..., "99".
template <std::size_t I>
inline constexpr std::array<char, 3> layer_number =
    I < 10 ? std::array{static_cast<char>('0' + I), '\0', '\0'}
           : std::array{static_cast<char>('0' + I / 10), static_cast<char>('0' + I % 10), '\0'};

}  // namespace detail

template <class... Layers>
struct Sequential {
  static_assert(sizeof...(Layers) > 0 && sizeof...(Layers) <= 100);

  std::tuple<Layers...> layers;

  static constexpr std::string_view type = "Sequential";

  explicit Sequential(Layers... parts) : layers(std::move(parts)...) {}

  static void fields(auto& self, auto&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (f(detail::layer_number<I>.data(), std::get<I>(self.layers)), ...);
    }
    (std::index_sequence_for<Layers...>{});
  }

  /// All layers drop out with the generator, whether they take one or find it on their tape; null: with the tape's,
  /// which fit() sets. @throws what the layers throw
  template <class T>
  auto operator()(Var<T> x, Rng* rng = nullptr) const {
    const WithRng<T> scope(x.tape(), rng);
    return observed(*this, apply<0>(x, x.tape().rng()));
  }

 private:
  template <std::size_t I>
  auto apply(auto x, Rng* rng) const {
    if constexpr (I == sizeof...(Layers)) {
      return x;
    } else {
      const auto& layer = std::get<I>(layers);
      if constexpr (requires { layer(x, rng); }) {
        return apply<I + 1>(layer(x, rng), rng);
      } else {
        return apply<I + 1>(layer(x), rng);
      }
    }
  }
};

}}  // namespace tenure::TENURE_ABI
