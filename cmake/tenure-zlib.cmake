# Finds zlib, for what reads files packed by gzip. Defines tenure::zlib, or says in tenure_missing what is lacking and how
# to get it.

set(tenure_missing "")

if(NOT TARGET tenure::zlib)
  if(NOT TARGET ZLIB::ZLIB)
    find_package(ZLIB QUIET)
    if(NOT ZLIB_FOUND)
      string(APPEND tenure_missing "\n  zlib (on Debian and Ubuntu: sudo apt-get install zlib1g-dev)")
    endif()
  endif()
  if(NOT tenure_missing)
    # Seen by the project that adds tenure as a subdirectory, too.
    add_library(tenure::zlib INTERFACE IMPORTED GLOBAL)
    target_link_libraries(tenure::zlib INTERFACE tenure::tenure ZLIB::ZLIB)
  endif()
endif()
