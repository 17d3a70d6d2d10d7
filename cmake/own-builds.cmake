# What our own tests, examples and benchmarks are compiled with, and nobody else's programs.

if(PROJECT_IS_TOP_LEVEL)
  # No type at all would mean no optimization, and programs that train ten times as long.
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  endif()
  find_program(CCACHE_PROGRAM ccache)
  if(CCACHE_PROGRAM AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  endif()
endif()

set(CMAKE_CXX_EXTENSIONS OFF)

find_package(Threads REQUIRED)
add_library(tenure_own INTERFACE)
target_link_libraries(tenure_own INTERFACE tenure::tenure Threads::Threads)
target_compile_options(tenure_own INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12's own AVX-512 intrinsics start from variables that are uninitialized on purpose.
  target_compile_options(tenure_own INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized)
endif()
if(TENURE_WARNINGS_AS_ERRORS)
  target_compile_options(tenure_own INTERFACE -Werror)
endif()
if(TENURE_SANITIZE)
  target_compile_options(tenure_own INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all
                                              -fno-omit-frame-pointer)
  target_link_options(tenure_own INTERFACE -fsanitize=address,undefined)
endif()

# Examples and benchmarks show what the library can do on this machine.
add_library(tenure_program INTERFACE)
target_link_libraries(tenure_program INTERFACE tenure_own)
if(TENURE_NATIVE)
  target_compile_options(tenure_program INTERFACE -march=native)
endif()

# What tests have in common, compiled once for all of them, and for the programs that they test.
if(TENURE_BUILD_TESTS)
  tenure_add_compiled(tenure_compiled_own)
  target_link_libraries(tenure_compiled_own PRIVATE tenure_own)
  if(NOT TENURE_NATIVE)
    target_link_libraries(tenure_program INTERFACE tenure_compiled_own)
  endif()
endif()
