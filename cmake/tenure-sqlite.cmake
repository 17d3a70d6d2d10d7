# Finds SQLite, for what reads transactions from a database.
include(${CMAKE_CURRENT_LIST_DIR}/tenure-component.cmake)
set(tenure_missing "")
tenure_find(SQLite::SQLite3 SQLite3 "SQLite 3" libsqlite3-dev)
tenure_add_component(sqlite SQLite::SQLite3)
