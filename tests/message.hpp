/// What an expression's exception says.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <tenure/core/error.hpp>
#include <vector>

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

namespace tenure::test {

/// Checks that `action` throws E with a message that holds each of the parts.
template <class E>
void check_throws(const std::function<void()>& action, const std::vector<std::string>& parts) {
  const std::string message = message_of<E>(action);
  INFO("message: ", message);
  for (const std::string& part : parts) CHECK(message.find(part) != std::string::npos);
}

}  // namespace tenure::test
