# tenure_add_compiled(NAME): a static library of what most programs use of tenure (its operations for float and double and,
# where component json was found, its reading and writing of safetensors), for projects of several source files: what links
# it compiles declarations instead. It must have the compiler flags of what links it, and does not link otherwise.
#
#   tenure_add_compiled(tenure_compiled)
#   target_compile_options(tenure_compiled PRIVATE -O3 -march=native)
#   target_link_libraries(app PRIVATE tenure_compiled)
set(tenure_compiled_directory ${CMAKE_CURRENT_LIST_DIR}/compiled CACHE INTERNAL "")

function(tenure_add_compiled name)
  add_library(${name} STATIC ${tenure_compiled_directory}/float.cpp ${tenure_compiled_directory}/double.cpp)
  # It may be linked into a shared library.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${name} PUBLIC tenure::tenure)
  target_compile_definitions(${name} PUBLIC TENURE_COMPILED)
  if(TARGET tenure::json)
    target_sources(${name} PRIVATE ${tenure_compiled_directory}/json.cpp)
    target_link_libraries(${name} PUBLIC tenure::json)
    target_compile_definitions(${name} PUBLIC TENURE_COMPILED_JSON)
  endif()
endfunction()
