/// Saves and restores what names its state, as a file would.
#pragma once

#include <any>
#include <map>
#include <string>
#include <type_traits>

namespace tenure::test {

using State = std::map<std::string, std::any>;

/// Copies of all that `static void state(auto& self, auto&& f)` names.
template <class Saved>
State state_of(const Saved& saved) {
  State state;
  Saved::state(saved, [&](const char* name, const auto& member) { state[name] = member; });
  return state;
}

template <class Restored>
void restore(Restored& restored, const State& state) {
  Restored::state(restored, [&](const char* name, auto& member) {
    member = std::any_cast<std::remove_reference_t<decltype(member)>>(state.at(name));
  });
}

}  // namespace tenure::test
