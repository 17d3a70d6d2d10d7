/// What every example program does with its arguments.
#pragma once

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <tenure/core/error.hpp>
#include <tenure/core/text.hpp>

namespace tenure {

/// Has all that was printed where it is to go. A program that was started without a standard output has nobody to tell.
/// @throws Error where a disk is full
inline void finish_output() {
  std::cout.flush();
  if ((std::fflush(stdout) != 0 || std::ferror(stdout)) && errno != EBADF) {
    throw FileError("standard output", "to be able to write to it", std::generic_category().message(errno));
  }
}

/// Parses a program's arguments, which calls what it does as their callbacks. Errors go to standard error, without what
/// would steer the terminal. @returns the exit code: 2 for wrong arguments, 1 for what fails
inline int run_program(CLI::App& app, int argc, char** argv) {
  try {
    int code = 0;
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      std::ostringstream said;
      code = app.exit(error, std::cout, said) == 0 ? 0 : 2;
      std::fputs(text::printable(said.str(), true).c_str(), stderr);
    }
    finish_output();
    return code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), text::printable(error.what(), true).c_str());
    return 1;
  }
}

}  // namespace tenure
