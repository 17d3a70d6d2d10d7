/// Enumerating the parameters of a model.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

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

/// A parameter and its path in the model.
template <class T>
struct NamedParameter {
  std::string name;
  Parameter<T>* parameter;
};

namespace detail {

[[gnu::cold]] inline std::string join_path(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

template <class T, class M>
[[gnu::cold]] void collect_parameters(M& module, const std::string& path, std::vector<NamedParameter<T>>& parameters) {
  if constexpr (is_parameter<M>) {
    static_assert(std::is_same_v<M, Parameter<T>>, "a model's parameters have one scalar type");
    parameters.push_back({path, &module});
  } else if constexpr (Module<M>) {
    M::fields(module, [&](const char* name, auto& member) {
      collect_parameters<T>(member, join_path(path, name), parameters);
    });
  } else if constexpr (requires { module.has_value(), *module; }) {
    if (module) collect_parameters<T>(*module, path, parameters);
  } else if constexpr (requires { module.begin() != module.end(); }) {
    Index i = 0;
    for (auto& element : module) collect_parameters<T>(element, join_path(path, std::to_string(i++)), parameters);
  }
}

}  // namespace detail

/// The parameters of a model in declaration order. Paths are the names on the way joined by dots, elements of arrays
/// and vectors of modules being named by their index ("layers.0.weight"); an empty optional has none.
template <class T, class M>
[[gnu::cold]] std::vector<NamedParameter<T>> named_parameters(M& module) {
  std::vector<NamedParameter<T>> parameters;
  detail::collect_parameters<T>(module, {}, parameters);
  return parameters;
}

}  // namespace tenure::inline TENURE_ABI
