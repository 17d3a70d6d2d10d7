/// What every example program does with its arguments.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>

namespace tenure {

/// Parses a program's arguments, which calls what it does as their callbacks. Errors go to standard error. @returns the
/// exit code: 2 for wrong arguments, 1 for what fails
inline int run_program(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", app.get_name().c_str(), error.what());
    return 1;
  }
}

}  // namespace tenure
