/// Enumerating the parameters of a model.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "parameter.hpp"

namespace tenure { inline namespace TENURE_ABI {

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

/// f(path, parameter) for each parameter in declaration order.
template <class M, class F>
[[gnu::cold]] void visit_parameters(M& module, const std::string& path, F& f) {
  if constexpr (is_parameter<std::remove_const_t<M>>) {
    f(path, module);
  } else if constexpr (Module<M>) {
    M::fields(module, [&](const char* name, auto& member) { visit_parameters(member, join_path(path, name), f); });
  } else if constexpr (requires { module.has_value(), *module; }) {
    if (module) visit_parameters(*module, path, f);
  } else if constexpr (requires { module.begin() != module.end(); }) {
    Index i = 0;
    for (auto& element : module) visit_parameters(element, join_path(path, std::to_string(i++)), f);
  }
}

}  // namespace detail

/// The parameters of a model in declaration order. Paths are the names on the way joined by dots, elements of arrays
/// and vectors of modules being named by their index ("layers.0.weight"); an empty optional has none.
template <class T, class M>
[[gnu::cold]] std::vector<NamedParameter<T>> named_parameters(M& module) {
  std::vector<NamedParameter<T>> parameters;
  const auto collect = [&](const std::string& path, auto& parameter) {
    static_assert(std::is_same_v<std::remove_reference_t<decltype(parameter)>, Parameter<T>>,
                  "a model's parameters have one scalar type");
    parameters.push_back({path, &parameter});
  };
  detail::visit_parameters(module, {}, collect);
  return parameters;
}

/// Makes all parameters of a model, or of a part of one, trainable or not: `freeze(model.encoder)`. A frozen parameter
/// gets no gradient and no penalty, and optimizers leave it alone.
template <class M>
[[gnu::cold]] void set_trainable(M& module, bool trainable) {
  const auto set = [&](const std::string&, auto& parameter) { parameter.set_trainable(trainable); };
  detail::visit_parameters(module, {}, set);
}
template <class M>
void freeze(M& module) {
  set_trainable(module, false);
}
template <class M>
void unfreeze(M& module) {
  set_trainable(module, true);
}

}}  // namespace tenure::TENURE_ABI
