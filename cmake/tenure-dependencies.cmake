# Finds Eigen and xsimd, for the source tree and, installed beside tenure-config.cmake, for those who find_package(tenure).
# Defines Eigen3::Eigen and tenure::xsimd, or says in tenure_missing what is lacking and how to get it.
include(${CMAKE_CURRENT_LIST_DIR}/tenure-component.cmake)
set(tenure_missing "")

tenure_find(Eigen3::Eigen Eigen3 "Eigen" libeigen3-dev 3.4)

if(NOT TARGET tenure::xsimd)
  if(NOT TARGET xsimd::xsimd)
    tenure_find(xsimd xsimd "xsimd" libxsimd-dev 8.1)
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
