/// Finding infinities and NaN among gradients, weights and what optimizers keep of them, before they spread.
///
///   check_gradients_finite(parameters);   // throws StateError "gradients: expected finite values, got nan in head.weight"
#pragma once

#include "../autograd/parameters.hpp"
#include "../kernels/finite.hpp"

namespace tenure { inline namespace TENURE_ABI {

/// A value that is not finite, and the parameter that it belongs to; null where there is none.
template <class T>
struct NotFinite {
  const typename ParameterStorage<T>::Entry* entry = nullptr;
  T value = T{};

  explicit operator bool() const noexcept { return entry != nullptr; }
};

/// The first value in a buffer laid out as the parameters that is not finite. // values: (size)
template <class T>
[[gnu::cold, gnu::noinline]] NotFinite<T> find_not_finite(const ParameterStorage<T>& storage,
                                                          const T* values) noexcept {
  for (const auto& entry : storage.entries) {
    for (Index i = 0; i < entry.extent; ++i) {
      if (!is_finite(values[entry.offset + i])) return {&entry, values[entry.offset + i]};
    }
  }
  return {};
}

/// Whether all gradients of trainable parameters are finite, by their bits. Not inlined, for fit(), which calls it in
/// every step, is compiled for size.
template <class T>
[[gnu::noinline]] bool gradients_finite(const ParameterStorage<T>& storage) noexcept {
  bool finite = true;
  storage.for_each_trainable_run(
      [&](Index begin, Index n) { finite = finite && kernels::all_finite(n, storage.gradients.data() + begin); });
  return finite;
}
template <class T>
bool gradients_finite(const Parameters<T>& parameters) noexcept {
  return gradients_finite(*parameters.storage());
}

/// The first gradient of a trainable parameter that is not finite.
template <class T>
[[gnu::cold, gnu::noinline]] NotFinite<T> find_not_finite_gradient(const ParameterStorage<T>& storage) noexcept {
  for (const auto& entry : storage.entries) {
    for (Index i = 0; i < entry.extent && entry.trainable; ++i) {
      const T gradient = storage.gradients.data()[entry.offset + i];
      if (!is_finite(gradient)) return {&entry, gradient};
    }
  }
  return {};
}

/// @throws StateError "NAME: expected finite gradients, got nan in head.weight"
template <class T>
void check_gradients_finite(const ParameterStorage<T>& storage, std::string_view name = "gradients") {
  if (gradients_finite(storage)) return;
  const NotFinite<T> found = find_not_finite_gradient(storage);
  throw StateError(name, "finite gradients", {found.value, " in ", found.entry->name});
}
template <class T>
void check_gradients_finite(const Parameters<T>& parameters) {
  check_gradients_finite(*parameters.storage());
}

}}  // namespace tenure::TENURE_ABI
