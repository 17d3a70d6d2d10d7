/// What an expression's exception says.
#pragma once

#include <string>
#include <tenure/core/error.hpp>

/// The message of the E that `action` throws; "nothing thrown" if it returns. Other exceptions pass.
template <class E = tenure::Error, class F>
std::string message_of(F&& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing thrown";
}
