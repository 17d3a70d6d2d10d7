# Finds what the tests need beside tenure itself. Where something is lacking they are left out or, where somebody set
# TENURE_BUILD_TESTS to ON, the configuration stops.
set(tenure_missing "")
tenure_find(doctest::doctest doctest "doctest" doctest-dev)
if(TENURE_BUILD_EXAMPLES)
  tenure_find(CLI11::CLI11 CLI11 "CLI11" libcli11-dev)
endif()
# The server that tests of MLflow are against. Where it is a compiled library its flags are part of its interface.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(cpp-httplib QUIET IMPORTED_TARGET cpp-httplib)
endif()
if(NOT TARGET PkgConfig::cpp-httplib)
  string(APPEND tenure_missing "\n  cpp-httplib and pkg-config (on Debian and Ubuntu: sudo apt-get install "
                               "libcpp-httplib-dev pkg-config)")
endif()
string(PREPEND tenure_missing "${tenure_components_missing}")

if(tenure_missing AND TENURE_BUILD_TESTS STREQUAL "AUTO")
  message(NOTICE "tenure: the tests are left out, for they need:${tenure_missing}")
  set(TENURE_BUILD_TESTS OFF)
elseif(tenure_missing)
  message(FATAL_ERROR "tenure's tests, which TENURE_BUILD_TESTS asks for, need:${tenure_missing}")
endif()
