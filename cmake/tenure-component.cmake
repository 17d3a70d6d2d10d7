# What the files of the components share. Each of those finds what its component needs and defines tenure::COMPONENT, or
# says in tenure_missing what is lacking and how to get it:
#
#   set(tenure_missing "")
#   tenure_find(ZLIB::ZLIB ZLIB "zlib" zlib1g-dev)
#   tenure_add_component(zlib ZLIB::ZLIB)

# Finds a CMake package, unless the calling project has its target (FetchContent), which is then taken as it is. The least
# version, where there is one, is compared here because Eigen's own version file refuses 5.x to whoever asks for 3.4.
function(tenure_find target package name debian)
  if(TARGET ${target})
    return()
  endif()
  set(mode "")
  if(ARGN)
    string(APPEND name " ${ARGN} or later")
    set(mode CONFIG)  # the package's own file, which knows its version
  endif()
  find_package(${package} QUIET ${mode})
  if(NOT ${package}_FOUND)
    string(APPEND tenure_missing
           "\n  ${name} (CMake package ${package}; on Debian and Ubuntu: sudo apt-get install ${debian})")
  elseif(ARGN AND ${package}_VERSION VERSION_LESS "${ARGN}")
    string(APPEND tenure_missing "\n  ${name}: ${${package}_DIR} holds ${${package}_VERSION}")
  endif()
  set(tenure_missing "${tenure_missing}" PARENT_SCOPE)
endfunction()

# Defines tenure::COMPONENT of the libraries given, where nothing is missing.
function(tenure_add_component component)
  if(NOT tenure_missing AND NOT TARGET tenure::${component})
    # Seen by the project that adds tenure as a subdirectory, too.
    add_library(tenure::${component} INTERFACE IMPORTED GLOBAL)
    target_link_libraries(tenure::${component} INTERFACE tenure::tenure ${ARGN})
  endif()
endfunction()
