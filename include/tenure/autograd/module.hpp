/// Enumerating the parameters of a model.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>

#include "parameter.hpp"

namespace tenure::inline TENURE_ABI {

namespace detail {

template <class M>
inline constexpr bool is_parameter = false;
template <class T>
inline constexpr bool is_parameter<Parameter<T>> = true;

struct AnyField {
  void operator()(const char* name, auto& member) const;
};

}  // namespace detail

/// A plain struct that names its members: `static void fields(auto& self, auto&& f) { f("head", self.head); }`.
template <class M>
concept Module = requires(M& module) {
  std::remove_const_t<M>::fields(module, detail::AnyField{});
};

/// Calls f(path, parameter) for every Parameter in a module, in declaration order: paths are the names on the way
/// joined by dots, elements of arrays and vectors of modules being named by their index ("layers.0.weight"); an empty
/// optional has none.
template <class M, class F>
void for_each_parameter(M& module, F&& f, const std::string& path = {}) {
  if constexpr (detail::is_parameter<std::remove_const_t<M>>) {
    f(path, module);
  } else if constexpr (Module<M>) {
    std::remove_const_t<M>::fields(module, [&](const char* name, auto& member) {
      for_each_parameter(member, f, path.empty() ? name : path + "." + name);
    });
  } else if constexpr (requires { module.has_value(), *module; }) {
    if (module) for_each_parameter(*module, f, path);
  } else if constexpr (requires { module.begin() != module.end(); }) {
    Index i = 0;
    for (auto& element : module) {
      const std::string name = std::to_string(i++);
      for_each_parameter(element, f, path.empty() ? name : path + "." + name);
    }
  }
}

}  // namespace tenure::inline TENURE_ABI
