/// Enumerating the parameters and buffers of a model.
///
/// | a member that `fields` names                | is walked, its parts being named         |
/// |---------------------------------------------|------------------------------------------|
/// | Parameter, Buffer, a struct with `fields`   | by its name                              |
/// | std::optional, unique_ptr, shared_ptr       | as itself; nothing while it is empty     |
/// | std::variant                                | as the alternative that it has           |
/// | array, std::array, vector, deque, list      | "layers.0", "layers.1"                   |
/// | std::pair, tuple                            | the same                                 |
/// | std::map, by strings or integers            | "heads.KEY"                              |
/// | an empty struct or lambda, a function       | as nothing: it has no state              |
///
/// Anything else is refused when the program is compiled: a Tensor (a Parameter or a Buffer is meant), a number, a pointer
/// that owns nothing, a struct without `fields`, an unordered map, whose order is none.
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "buffer.hpp"

namespace tenure { inline namespace TENURE_ABI {

namespace detail {

template <class M>
inline constexpr bool is_parameter = false;
template <class T>
inline constexpr bool is_parameter<Parameter<T>> = true;

template <class M>
inline constexpr bool is_leaf = is_parameter<M>;
template <class T>
inline constexpr bool is_leaf<Buffer<T>> = true;

// Has a body, for gcc wants one where a member's type is local.
struct AnyField {
  void operator()(const char*, auto&) const {}
};

template <class M>
concept HasFields = requires(M& module) {
  std::remove_const_t<M>::fields(module, AnyField{});
};

// A local struct can't have templates; its `fields` gives a generic lambda.
template <class M>
concept GivesFields = requires(M& module) {
  std::remove_const_t<M>::fields()(module, AnyField{});
};

}  // namespace detail

/// A plain struct that names its members: `static void fields(auto& self, auto&& f) { f("head", self.head); }`, or, in a
/// struct within a function, where there are no templates,
/// `static auto fields() { return [](auto& self, auto&& f) { f("head", self.head); }; }`.
///
/// A parameter or layer that is reached under several names is tied: it is counted, penalized and saved once, by the
/// first of them. One name for two is a ValueError.
template <class M>
concept Module = detail::HasFields<M> || detail::GivesFields<M>;

/// A parameter and its path in the model.
template <class T>
struct NamedParameter {
  std::string name;
  Parameter<T>* parameter;
};

/// A buffer and its path in the model.
template <class T>
struct NamedBuffer {
  std::string name;
  Buffer<T>* buffer;
};

namespace detail {

[[gnu::cold]] inline std::string join_path(const std::string& path, std::string_view name) {
  if (name.empty()) return path;
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

template <class M>
concept Stateless = std::is_empty_v<M> ||(std::is_pointer_v<M>&& std::is_function_v<std::remove_pointer_t<M>>) ||
                    std::is_same_v<M, std::nullptr_t>;
template <class M>
concept OptionalPart = requires(M& m) {
  m.has_value(), *m;
};
template <class M>
concept OwningPointer = requires(M& m) {
  typename M::element_type;
  m.get(), m.reset(), *m;
};
template <class M>
concept OneOfSeveral = requires(M& m) {
  m.valueless_by_exception(), m.index();
};
template <class M>
concept Elements = std::is_array_v<M> || requires(M& m) {
  m.begin() != m.end(), m.size();
};
template <class M>
concept Keyed = Elements<M> && requires {
  typename M::mapped_type;
};
template <class M>
concept Unordered = requires {
  typename M::hasher;
};
template <class M>
concept TupleOfParts = requires {
  std::tuple_size<M>::value;
};

/// Whether a view, a tensor, a text or the like, whose elements are numbers.
template <class M>
concept Numbers = Elements<M> && std::is_arithmetic_v<std::remove_cvref_t<decltype(*std::begin(std::declval<M&>()))>>;

/// Refuses a member that can't be walked. The compiler shows what type it is: `Member`.
template <class Member>
constexpr void refuse_member() {
  constexpr bool pointer = std::is_pointer_v<Member>, numbers = std::is_arithmetic_v<Member> || Numbers<Member>,
                 unordered = Unordered<Member>;
  static_assert(
      !numbers,
      "`fields` names numbers or a text, which would not be saved: make the member a Parameter<T>, to be trained, or a "
      "Buffer<T>, to be saved only, or leave it out of `fields`");
  static_assert(
      !pointer,
      "`fields` names a pointer that owns nothing: make the member the layer itself, or a std::unique_ptr, or "
      "a std::shared_ptr");
  static_assert(!unordered,
                "`fields` names a container whose order is none: make the member a std::map or std::vector");
  static_assert(numbers || pointer || unordered,
                "`fields` names a member that is no Parameter, Buffer, container of them or struct with `fields`: give "
                "its type `static void fields(auto& self, auto&& f)`, for const and other objects, or leave it out");
}

template <class Key>
std::string key_name(const Key& key) {
  if constexpr (std::is_integral_v<Key>) {
    return std::to_string(key);
  } else {
    return std::string(key);
  }
}

/// f(name, part) for each part of a module or container in order; the name is empty for a part that has none of its own.
template <class M, class F>
[[gnu::cold]] void visit_parts(M& whole, const F& f) {
  using Plain = std::remove_const_t<M>;
  if constexpr (HasFields<M>) {
    Plain::fields(whole, f);
  } else if constexpr (GivesFields<M>) {
    Plain::fields()(whole, f);
  } else if constexpr (Stateless<Plain>) {
  } else if constexpr (OptionalPart<M> || OwningPointer<Plain>) {
    if (whole) f("", *whole);
  } else if constexpr (OneOfSeveral<M>) {
    visit([&](auto& alternative) { f("", alternative); }, whole);
  } else if constexpr (Numbers<M> || Unordered<Plain>) {
    refuse_member<Plain>();
  } else if constexpr (Keyed<M>) {
    for (auto& [key, part] : whole) f(key_name(key).c_str(), part);
  } else if constexpr (Elements<M>) {
    Index i = 0;
    for (auto& part : whole) f(std::to_string(i++).c_str(), part);
  } else if constexpr (TupleOfParts<Plain>) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (f(std::to_string(I).c_str(), get<I>(whole)), ...); }
    (std::make_index_sequence<std::tuple_size_v<Plain>>{});
  } else {
    refuse_member<Plain>();
  }
}

/// f(path, leaf) for each parameter and buffer in declaration order, tied ones under each of their names.
template <class M, class F>
[[gnu::cold]] void visit_leaves(M& module, const std::string& path, const F& f) {
  if constexpr (is_leaf<std::remove_const_t<M>>) {
    f(path, module);
  } else {
    visit_parts(module, [&](const char* name, auto& part) { visit_leaves(part, join_path(path, name), f); });
  }
}

/// The same for parameters alone.
template <class M, class F>
[[gnu::cold]] void visit_parameters(M& module, const std::string& path, F& f) {
  visit_leaves(module, path, [&](const std::string& name, auto& leaf) {
    if constexpr (is_parameter<std::remove_cvref_t<decltype(leaf)>>) f(name, leaf);
  });
}

template <class T>
Parameter<T>& tensor_of(Parameter<T>& parameter) noexcept {
  return parameter;
}
template <class T>
const Parameter<T>& tensor_of(const Parameter<T>& parameter) noexcept {
  return parameter;
}

/// A name of a parameter or buffer.
struct LeafName {
  std::string name;
  const void* leaf;
  std::size_t hash;
  std::size_t first = 0;  ///< the place among all names of the first that the leaf has
};

/// Finds tied leaves. @throws ValueError for a name that is there twice
[[gnu::cold]] inline void find_ties(std::vector<LeafName>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i].first = i;
    for (std::size_t j = i; j-- > 0;) {
      if (names[j].leaf == names[i].leaf) names[i].first = names[j].first;
      if (names[j].hash == names[i].hash && names[j].name == names[i].name) {
        throw ValueError("fields", "a name of its own for each member", {'"' + names[i].name + "\" twice"});
      }
    }
  }
}

/// The names of all parameters and buffers, in the order of visit_leaves().
/// @throws ValueError for a name that is there twice, and for an empty parameter or buffer
template <class M>
[[gnu::cold]] std::vector<LeafName> leaf_names(M& module) {
  std::vector<LeafName> names;
  visit_leaves(module, {}, [&](const std::string& path, auto& leaf) {
    if (leaf.value().empty()) {
      throw ValueError(path.empty() ? "parameter" : path, "values, or a shape of zeros",
                       "an empty one, which was made without either");
    }
    names.push_back({path, &leaf, std::hash<std::string>{}(path)});
  });
  find_ties(names);
  return names;
}

/// f(i, leaf) for each parameter and buffer once, i being the place of its first name.
template <class M, class F>
[[gnu::cold]] void visit_distinct(M& module, const std::vector<LeafName>& names, const F& f) {
  std::size_t i = 0;
  visit_leaves(module, {}, [&](const std::string&, auto& leaf) {
    if (names[i].first == i) f(i, leaf);
    ++i;
  });
}

}  // namespace detail

/// The parameters of a model in declaration order, each once. Paths are the names on the way joined by dots, elements of
/// arrays and vectors of modules being named by their index ("layers.0.weight"); an empty optional has none.
/// @throws ValueError for one name of two parameters, and for an empty parameter
template <class T, class M>
[[gnu::cold]] std::vector<NamedParameter<T>> named_parameters(M& module) {
  std::vector<NamedParameter<T>> parameters;
  const std::vector<detail::LeafName> names = detail::leaf_names(module);
  detail::visit_distinct(module, names, [&](std::size_t i, auto& leaf) {
    using Leaf = std::remove_reference_t<decltype(leaf)>;
    if constexpr (detail::is_parameter<std::remove_const_t<Leaf>>) {
      static_assert(std::is_same_v<Leaf, Parameter<T>>, "a model's parameters have one scalar type");
      parameters.push_back({names[i].name, &leaf});
    }
  });
  return parameters;
}

/// The buffers of that scalar type, the same way. @throws as above
template <class T, class M>
[[gnu::cold]] std::vector<NamedBuffer<T>> named_buffers(M& module) {
  std::vector<NamedBuffer<T>> buffers;
  const std::vector<detail::LeafName> names = detail::leaf_names(module);
  detail::visit_distinct(module, names, [&](std::size_t i, auto& leaf) {
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(leaf)>, Buffer<T>>) {
      buffers.push_back({names[i].name, &leaf});
    }
  });
  return buffers;
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
