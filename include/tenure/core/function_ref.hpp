/// A function by reference: what takes one is compiled once and not for every function that it is given.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "../version.hpp"

namespace tenure { inline namespace TENURE_ABI {

template <class Signature>
class FunctionRef;

/// Refers to anything that can be called so, which must outlive it; two pointers, never allocates.
template <class Result, class... Arguments>
class FunctionRef<Result(Arguments...)> {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cv_t<F>, FunctionRef> && std::is_invocable_r_v<Result, F&, Arguments...>)
      FunctionRef(F& function)
  noexcept
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(function)))),
        call_([](void* object, Arguments... arguments) -> Result {
          return (*static_cast<F*>(object))(std::forward<Arguments>(arguments)...);
        }) {}

  Result operator()(Arguments... arguments) const { return call_(object_, std::forward<Arguments>(arguments)...); }

 private:
  void* object_;
  Result (*call_)(void*, Arguments...);
};

}}  // namespace tenure::TENURE_ABI
