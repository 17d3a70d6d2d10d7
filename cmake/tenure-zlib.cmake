# Finds zlib, for what reads files packed by gzip.
include(${CMAKE_CURRENT_LIST_DIR}/tenure-component.cmake)
set(tenure_missing "")
tenure_find(ZLIB::ZLIB ZLIB "zlib" zlib1g-dev)
tenure_add_component(zlib ZLIB::ZLIB)
