# Builds the API reference, and fails for any of Doxygen's warnings: cmake -DDOXYGEN=doxygen -DOUTPUT=folder of the
# Doxyfile -P build.cmake
file(REMOVE_RECURSE ${OUTPUT}/html)
execute_process(COMMAND ${DOXYGEN} ${OUTPUT}/Doxyfile RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(result)
  message(FATAL_ERROR "doxygen failed:\n${said}")
endif()
file(STRINGS ${OUTPUT}/warnings.txt warnings)
if(warnings)
  list(JOIN warnings "\n" text)
  message(FATAL_ERROR "doxygen warns:\n${text}")
endif()
message(STATUS "API reference: ${OUTPUT}/html/index.html")
