# Finds Eigen and xsimd, for the source tree and, installed beside tenure-config.cmake, for those who find_package(tenure).
# Defines Eigen3::Eigen and tenure::xsimd, or says in tenure_missing what is lacking and how to get it.
#
# Versions are compared here because Eigen's own version file refuses 5.x to whoever asks for 3.4. Targets that the
# calling project already has (FetchContent) are taken as they are.

set(tenure_missing "")

if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 CONFIG QUIET)
  if(NOT Eigen3_FOUND)
    string(APPEND tenure_missing
           "\n  Eigen 3.4 or later (CMake package Eigen3; on Debian and Ubuntu: sudo apt-get install libeigen3-dev)")
  elseif(Eigen3_VERSION VERSION_LESS 3.4)
    string(APPEND tenure_missing "\n  Eigen 3.4 or later: ${Eigen3_DIR} holds ${Eigen3_VERSION}")
  endif()
endif()

if(NOT TARGET tenure::xsimd)
  if(NOT TARGET xsimd AND NOT TARGET xsimd::xsimd)
    find_package(xsimd CONFIG QUIET)
    if(NOT xsimd_FOUND)
      string(APPEND tenure_missing
             "\n  xsimd 8.1 or later (CMake package xsimd; on Debian and Ubuntu: sudo apt-get install libxsimd-dev)")
    elseif(xsimd_VERSION VERSION_LESS 8.1)
      string(APPEND tenure_missing "\n  xsimd 8.1 or later: ${xsimd_DIR} holds ${xsimd_VERSION}")
    endif()
  endif()
  # A target of our own, because the name differs between packagings, and for its include directories alone, because
  # Debian's links an `xtl` that is neither a dependency of its package nor needed.
  foreach(tenure_name IN ITEMS xsimd xsimd::xsimd)
    if(TARGET ${tenure_name} AND NOT TARGET tenure::xsimd)
      get_target_property(tenure_directories ${tenure_name} INTERFACE_INCLUDE_DIRECTORIES)
      add_library(tenure::xsimd INTERFACE IMPORTED)
      target_include_directories(tenure::xsimd INTERFACE ${tenure_directories})
    endif()
  endforeach()
endif()
