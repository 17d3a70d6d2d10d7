# Finds SQLite, for what reads transactions from a database. Defines tenure::sqlite, or says in tenure_missing what is
# lacking and how to get it.

set(tenure_missing "")

if(NOT TARGET tenure::sqlite)
  if(NOT TARGET SQLite::SQLite3)
    find_package(SQLite3 QUIET)
    if(NOT SQLite3_FOUND)
      string(APPEND tenure_missing "\n  SQLite 3 (on Debian and Ubuntu: sudo apt-get install libsqlite3-dev)")
    endif()
  endif()
  if(NOT tenure_missing)
    # Seen by the project that adds tenure as a subdirectory, too.
    add_library(tenure::sqlite INTERFACE IMPORTED GLOBAL)
    target_link_libraries(tenure::sqlite INTERFACE tenure::tenure SQLite::SQLite3)
  endif()
endif()
