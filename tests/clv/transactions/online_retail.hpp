/// UCI's Online Retail file, which is not part of the repository. Tests of it stand in files of their own whose names
/// begin with online_retail: CTest then says of them that they were skipped where there is no such file.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

namespace tenure::test {

/// The path that the environment variable TENURE_ONLINE_RETAIL holds; nothing, and a line on stdout, without one.
inline std::optional<std::string> online_retail() {
  const char* const path = std::getenv("TENURE_ONLINE_RETAIL");
  if (path && *path) return path;
  std::puts("skipped: TENURE_ONLINE_RETAIL is not set (examples/download-online-retail.sh gets the file)");
  return {};
}

}  // namespace tenure::test
