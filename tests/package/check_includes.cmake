# The include rule: cmake -DINCLUDE=include/tenure -P check_includes.cmake
cmake_minimum_required(VERSION 3.25)

# A header includes only what stands above its own folder in this list; folders on one line do not include each other, so
# that no model includes another. A folder without a line belongs to the one that it lies in.
set(layers
    "core"
    "kernels"
    "autograd"
    "ops"
    "nn|optim"
    "io"
    "data"
    "metrics"
    "train"
    "report"
    "track"
    "clv"
    "clv/transactions"
    "clv/features"
    "clv/probabilistic"
    "clv/hybrid|clv/bigru|clv/daily_ltv|clv/ann")
# Headers that need more than Eigen and xsimd, a component's or the platform's threads, and which tenure.hpp therefore
# leaves out.
set(component_headers
    core/json.hpp
    core/thread_pool.hpp
    io/json.hpp
    io/keras_weights.hpp
    io/model_file.hpp
    io/safetensors.hpp
    io/safetensors_inl.hpp
    io/state_json.hpp
    io/training_state.hpp
    train/model_checkpoint.hpp)
# Folders whose headers a program includes one by one, as it needs them: tenure.hpp is what a model needs.
set(by_themselves "data|metrics|report|track|clv")
set(forbidden "<iostream>" "<regex>" "<Eigen/Dense>")
set(only_in_core/eigen.hpp "^<Eigen/")
set(only_in_kernels/simd.hpp "^<xsimd/")
set(only_in_core/json.hpp "^<nlohmann/")

set(violations "")
function(violation file text)
  set(violations "${violations}\n  ${file} ${text}" PARENT_SCOPE)
endfunction()

# The folder of the list that a header belongs to, and its layer: its place in the list, below all for version.hpp, above
# all for tenure.hpp.
function(layer_of file result_folder result)
  cmake_path(GET file PARENT_PATH folder)
  set(layer unknown)
  if(file STREQUAL "version.hpp")
    set(layer -1)
  elseif(file STREQUAL "tenure.hpp")
    set(layer 1000)
  endif()
  while(layer STREQUAL "unknown" AND NOT folder STREQUAL "")
    set(place 0)
    foreach(names IN LISTS layers)
      if(folder MATCHES "^(${names})$")
        set(layer ${place})
        break()
      endif()
      math(EXPR place "${place} + 1")
    endforeach()
    if(layer STREQUAL "unknown")
      cmake_path(GET folder PARENT_PATH folder)
    endif()
  endwhile()
  set(${result_folder} "${folder}" PARENT_SCOPE)
  set(${result} ${layer} PARENT_SCOPE)
endfunction()

cmake_path(ABSOLUTE_PATH INCLUDE BASE_DIRECTORY $ENV{PWD})
file(GLOB_RECURSE headers RELATIVE ${INCLUDE} ${INCLUDE}/*)

foreach(header IN LISTS headers)
  set(includes_${header} "")
  layer_of(${header} layer_folder layer)
  if(layer STREQUAL "unknown")
    violation(${header} "is in a folder that is no layer")
    continue()
  endif()
  cmake_path(GET header PARENT_PATH folder)

  file(STRINGS ${INCLUDE}/${header} lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^[ \t]*#[ \t]*include[ \t]*([<\"][^>\"]*[>\"]).*" "\\1" name "${line}")

    if(name MATCHES "^<")
      if(name IN_LIST forbidden)
        violation(${header} "includes ${name}")
      endif()
      if(name MATCHES "^<tenure/")
        violation(${header} "includes ${name} rather than a relative path")
      endif()
      foreach(place IN ITEMS core/eigen.hpp kernels/simd.hpp)
        if(name MATCHES "${only_in_${place}}" AND NOT header STREQUAL place)
          violation(${header} "includes ${name}, which only ${place} may")
        endif()
      endforeach()
      continue()
    endif()

    string(REPLACE "\"" "" name "${name}")
    cmake_path(APPEND folder "${name}" OUTPUT_VARIABLE included)
    cmake_path(NORMAL_PATH included)
    if(NOT included IN_LIST headers)
      violation(${header} "includes \"${name}\", which is no header of tenure")
      continue()
    endif()
    list(APPEND includes_${header} ${included})
    layer_of(${included} included_folder included_layer)
    if(NOT included_folder STREQUAL layer_folder OR layer_folder STREQUAL "")
      if(NOT included_layer LESS layer)
        violation(${header} "includes ${included}, which does not stand above it")
      endif()
    endif()
  endforeach()
  # By one step or many it leads to version.hpp, which is then read before anything of tenure that an older C++ lacks.
  if(NOT includes_${header} AND NOT header STREQUAL "version.hpp")
    violation(${header} "does not lead to version.hpp")
  endif()
endforeach()

# What is left after taking away, again and again, every header whose includes are all taken away lies on a cycle or
# above one.
set(left "${headers}")
set(before "")
while(NOT "${left}" STREQUAL "${before}")
  set(before "${left}")
  foreach(header IN LISTS before)
    set(waits FALSE)
    foreach(included IN LISTS includes_${header})
      if(included IN_LIST left)
        set(waits TRUE)
      endif()
    endforeach()
    if(NOT waits)
      list(REMOVE_ITEM left ${header})
    endif()
  endforeach()
endwhile()
if(left)
  list(JOIN left ", " left)
  violation("${left}" "include each other in a cycle, or what does")
endif()

set(reached tenure.hpp)
set(next tenure.hpp)
while(next)
  list(POP_FRONT next header)
  foreach(included IN LISTS includes_${header})
    if(NOT included IN_LIST reached)
      list(APPEND reached ${included})
      list(APPEND next ${included})
    endif()
  endforeach()
endwhile()
foreach(header IN LISTS headers)
  if(NOT header IN_LIST reached AND NOT header IN_LIST component_headers AND NOT header MATCHES "^(${by_themselves})/")
    violation(${header} "is neither reached from tenure.hpp nor a component's")
  endif()
endforeach()

if(violations)
  message(FATAL_ERROR "The include rule is broken:${violations}")
endif()
list(LENGTH headers count)
message(STATUS "${count} headers follow the include rule")
