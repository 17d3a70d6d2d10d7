# Finds nlohmann-json, for what reads and writes safetensors and other JSON. Defines tenure::json, or says in
# tenure_missing what is lacking and how to get it.

set(tenure_missing "")

if(NOT TARGET tenure::json)
  if(NOT TARGET nlohmann_json::nlohmann_json)
    find_package(nlohmann_json CONFIG QUIET)
    if(NOT nlohmann_json_FOUND)
      string(APPEND tenure_missing "\n  nlohmann-json 3.9 or later (CMake package nlohmann_json; on Debian and Ubuntu: "
                                   "sudo apt-get install nlohmann-json3-dev)")
    elseif(nlohmann_json_VERSION VERSION_LESS 3.9)
      string(APPEND tenure_missing "\n  nlohmann-json 3.9 or later: ${nlohmann_json_DIR} holds ${nlohmann_json_VERSION}")
    endif()
  endif()
  if(NOT tenure_missing)
    # Seen by the project that adds tenure as a subdirectory, too.
    add_library(tenure::json INTERFACE IMPORTED GLOBAL)
    target_link_libraries(tenure::json INTERFACE tenure::tenure nlohmann_json::nlohmann_json)
  endif()
endif()
