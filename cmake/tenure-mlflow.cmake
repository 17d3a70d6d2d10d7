# Finds libcurl, yaml-cpp, nlohmann-json and threads, for what tells MLflow of a training.
include(${CMAKE_CURRENT_LIST_DIR}/tenure-json.cmake)
tenure_find(CURL::libcurl CURL "libcurl" libcurl4-openssl-dev)
# Newer versions give their target a namespace.
if(NOT TARGET yaml-cpp::yaml-cpp)
  tenure_find(yaml-cpp yaml-cpp "yaml-cpp" libyaml-cpp-dev)
endif()
tenure_find(Threads::Threads Threads "threads" libc6-dev)
tenure_add_component(mlflow tenure::json CURL::libcurl Threads::Threads
                     $<IF:$<TARGET_EXISTS:yaml-cpp::yaml-cpp>,yaml-cpp::yaml-cpp,yaml-cpp>)
