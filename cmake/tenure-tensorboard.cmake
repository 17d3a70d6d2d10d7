# Finds protobuf, for what writes TensorBoard's event files, and compiles the messages of tensorboard_event.proto beside
# this file.
include(${CMAKE_CURRENT_LIST_DIR}/tenure-component.cmake)
set(tenure_missing "")

if(NOT TARGET tenure::tensorboard)
  if(NOT TARGET protobuf::libprotobuf-lite OR NOT TARGET protobuf::protoc)
    # Newer versions need their own package file, older ones have none.
    find_package(Protobuf CONFIG QUIET)
    if(NOT Protobuf_FOUND)
      find_package(Protobuf MODULE QUIET)
    endif()
    if(NOT TARGET protobuf::libprotobuf-lite OR NOT TARGET protobuf::protoc)
      string(APPEND tenure_missing "\n  protobuf and its compiler (on Debian and Ubuntu: sudo apt-get install "
                                   "libprotobuf-dev protobuf-compiler)")
    endif()
  endif()
  if(NOT tenure_missing)
    set(tenure_directory ${CMAKE_CURRENT_BINARY_DIR}/tenure-tensorboard)
    file(MAKE_DIRECTORY ${tenure_directory})
    add_custom_command(
      OUTPUT ${tenure_directory}/tensorboard_event.pb.cc ${tenure_directory}/tensorboard_event.pb.h
      COMMAND protobuf::protoc --cpp_out=${tenure_directory} --proto_path=${CMAKE_CURRENT_LIST_DIR}
              ${CMAKE_CURRENT_LIST_DIR}/tensorboard_event.proto
      DEPENDS ${CMAKE_CURRENT_LIST_DIR}/tensorboard_event.proto
      VERBATIM)
    # A library of its own, so that the generated code is compiled once and without the program's warnings.
    add_library(tenure_tensorboard_event STATIC EXCLUDE_FROM_ALL ${tenure_directory}/tensorboard_event.pb.cc
                                                                 ${tenure_directory}/tensorboard_event.pb.h)
    set_target_properties(tenure_tensorboard_event PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_compile_features(tenure_tensorboard_event PUBLIC cxx_std_20)
    target_include_directories(tenure_tensorboard_event SYSTEM PUBLIC ${tenure_directory})
    target_link_libraries(tenure_tensorboard_event PUBLIC protobuf::libprotobuf-lite)
    tenure_add_component(tensorboard tenure_tensorboard_event)
  endif()
endif()
