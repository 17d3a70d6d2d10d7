# Breaks the include rule in every way and sees that check_includes.cmake finds it: cmake -DWORK=DIR -P ...
cmake_minimum_required(VERSION 3.25)

# `changes` are pairs of a header and its text, laid over a tree that follows the rule.
function(expect expected)
  file(REMOVE_RECURSE ${WORK})
  set(files version.hpp "" core/a.hpp "#include <vector>\n#include \"../version.hpp\"" core/eigen.hpp
            "#include <Eigen/Core>\n#include \"a.hpp\"" kernels/simd.hpp "#include \"../core/a.hpp\"\n#include <xsimd/xsimd.hpp>" optim/o.hpp
            "#include \"../kernels/simd.hpp\"" nn/n.hpp "#include \"../core/eigen.hpp\"" tenure.hpp
            "#include \"optim/o.hpp\"\n#include \"nn/n.hpp\"" ${ARGN})
  while(files)
    list(POP_FRONT files name text)
    file(WRITE ${WORK}/${name} "#pragma once\n${text}\n")
  endwhile()
  execute_process(COMMAND ${CMAKE_COMMAND} -DINCLUDE=${WORK} -P ${CMAKE_CURRENT_LIST_DIR}/check_includes.cmake
                  OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  string(FIND "${output}" "${expected}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "Expected: ${expected}\nGot: ${output}")
  endif()
endfunction()

expect("7 headers follow the include rule")
expect("8 headers follow the include rule" data/d.hpp "#include \"../nn/n.hpp\"")
expect("core/a.hpp includes kernels/simd.hpp, which does not stand above it" core/a.hpp
       "#include \"../kernels/simd.hpp\"")
expect("optim/o.hpp includes nn/n.hpp, which does not stand above it" optim/o.hpp "#include \"../nn/n.hpp\"")
expect("nn/n.hpp includes optim/o.hpp, which does not stand above it" nn/n.hpp "  #  include \"../optim/o.hpp\"")
expect("version.hpp includes core/a.hpp, which does not stand above it" version.hpp "#include \"core/a.hpp\"")
expect("nn/n.hpp includes tenure.hpp, which does not stand above it" nn/n.hpp "#include \"../tenure.hpp\"")
expect("include each other in a cycle" nn/n.hpp "#include \"m.hpp\"" nn/m.hpp "#include \"n.hpp\"")
expect("nn/n.hpp includes <iostream>" nn/n.hpp "#include <iostream>")
expect("nn/n.hpp includes <regex>" nn/n.hpp "#include <regex>")
expect("core/eigen.hpp includes <Eigen/Dense>" core/eigen.hpp "#include <Eigen/Dense>\n#include \"a.hpp\"")
expect("nn/n.hpp includes <Eigen/Core>, which only core/eigen.hpp may" nn/n.hpp "#include <Eigen/Core>")
expect("nn/n.hpp includes <xsimd/xsimd.hpp>, which only kernels/simd.hpp may" nn/n.hpp "#include <xsimd/xsimd.hpp>")
expect("nn/n.hpp includes <tenure/core/a.hpp> rather than a relative path" nn/n.hpp "#include <tenure/core/a.hpp>")
expect("nn/n.hpp includes \"core/a.hpp\", which is no header of tenure" nn/n.hpp "#include \"core/a.hpp\"")
expect("misc/m.hpp is in a folder that is no layer" misc/m.hpp "")
expect("nn/m.hpp is neither reached from tenure.hpp nor a component's" nn/m.hpp "")
expect("core/b.hpp does not lead to version.hpp" core/b.hpp "#include <vector>")
