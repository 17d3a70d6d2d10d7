/// y = x · m / (1 − rate), m being 0 at the given rate and 1 otherwise (Srivastava et al., 2014); 0 at a rate of 1.
#pragma once

#include "../autograd/tape.hpp"
#include "../kernels/dropout.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace ops {

template <class T>
struct Dropout {
  static constexpr std::string_view name = "dropout";
  static constexpr Reads backward_reads{};

  T rate;
  Rng rng;
  std::uint64_t position;  // in the generator's stream, of the first element

  Shape shape(Inputs<T> x) const {
    if (!kernels::is_dropout_rate(rate)) throw ValueError(name, "a rate in [0, 1]", {rate});
    return x[0].shape();
  }

  void forward(const Forward<T>& f) const {
    kernels::dropout(f.y.size(), rng, position, rate, f.x[0].data(), f.y.data());
  }
  void backward(const Backward<T>& b) const {
    kernels::dropout_backward(b.dy.size(), rng, position, rate, b.dy.data(), b.dx[0].data());
  }
};

}  // namespace ops

/// Drops elements at random and scales up the rest; takes one number of `rng` per element. For training only: to
/// predict, leave it out. @throws ValueError
template <class T>
Var<T> dropout(Var<T> x, double rate, Rng& rng) {
  const Var<T> y = record(ops::Dropout<T>{static_cast<T>(rate), rng, rng.position()}, {x});
  rng.seek(rng.position() + static_cast<std::uint64_t>(x.size()));
  return y;
}

TENURE_COMPILED_OPERATION(ops::Dropout)

}}  // namespace tenure::TENURE_ABI
