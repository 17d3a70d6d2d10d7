# Builds the API reference, and fails for any of Doxygen's warnings: cmake -DDOXYGEN=doxygen -DOUTPUT=folder of the
# Doxyfile -P build.cmake
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${OUTPUT}/html)
execute_process(COMMAND ${DOXYGEN} ${OUTPUT}/Doxyfile RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(result)
  message(FATAL_ERROR "doxygen failed:\n${said}")
endif()
file(STRINGS ${OUTPUT}/warnings.txt warnings)
# What stands in a namespace has a comment. Members may speak for themselves, as may operations behind the functions that
# record them, macros and deduction guides.
list(FILTER warnings EXCLUDE REGEX "of (class|struct) .* is not documented")
list(FILTER warnings EXCLUDE REGEX "(Compound|of namespace) tenure::ops.*is not documented")
list(FILTER warnings EXCLUDE REGEX "(\\(macro definition\\)|\\) -> [A-Z].*\\(function\\)) of .* is not documented")
if(warnings)
  list(JOIN warnings "\n" text)
  message(NOTICE "${text}")
  message(FATAL_ERROR "doxygen has warnings")
endif()
message(STATUS "API reference: ${OUTPUT}/html/index.html")
