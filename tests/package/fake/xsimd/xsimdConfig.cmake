# Stands for a packaging of xsimd 14 that gives its target a namespace.
add_library(xsimd::xsimd INTERFACE IMPORTED)
set_target_properties(xsimd::xsimd PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_CURRENT_LIST_DIR})
