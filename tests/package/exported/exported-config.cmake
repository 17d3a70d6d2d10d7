include(CMakeFindDependencyMacro)
find_dependency(tenure COMPONENTS json tensorboard)
include(${CMAKE_CURRENT_LIST_DIR}/exported-targets.cmake)
