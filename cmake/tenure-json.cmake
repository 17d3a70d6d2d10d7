# Finds nlohmann-json, for what reads and writes safetensors and other JSON.
include(${CMAKE_CURRENT_LIST_DIR}/tenure-component.cmake)
set(tenure_missing "")
tenure_find(nlohmann_json::nlohmann_json nlohmann_json "nlohmann-json" nlohmann-json3-dev 3.9)
tenure_add_component(json nlohmann_json::nlohmann_json)
