# The installed package: headers, the target tenure::tenure, and what find_package(tenure) and pkg-config read.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(tenure_package_directory ${CMAKE_INSTALL_DATADIR}/cmake/tenure)

configure_package_config_file(cmake/tenure-config.cmake.in ${PROJECT_BINARY_DIR}/tenure-config.cmake
                              INSTALL_DESTINATION ${tenure_package_directory})
# Below 1.0 a minor version may break what the one before it promised.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tenure-config-version.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)

install(DIRECTORY include/tenure DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS tenure EXPORT tenure INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT tenure NAMESPACE tenure:: FILE tenure-targets.cmake DESTINATION ${tenure_package_directory})
foreach(component IN LISTS tenure_components)
  install(FILES cmake/tenure-${component}.cmake DESTINATION ${tenure_package_directory})
endforeach()
install(FILES cmake/tenure-component.cmake cmake/tenure-dependencies.cmake cmake/tenure-compiled.cmake cmake/tensorboard_event.proto
              ${PROJECT_BINARY_DIR}/tenure-config.cmake ${PROJECT_BINARY_DIR}/tenure-config-version.cmake
        DESTINATION ${tenure_package_directory})
install(DIRECTORY cmake/compiled DESTINATION ${tenure_package_directory})

# Its paths are relative to itself, so that the installed tree may be moved.
set(tenure_pkgconfig_directory ${CMAKE_INSTALL_DATADIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR BASE_DIRECTORY ${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig
           OUTPUT_VARIABLE tenure_include_directory)
configure_file(cmake/tenure.pc.in ${PROJECT_BINARY_DIR}/tenure.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tenure.pc DESTINATION ${tenure_pkgconfig_directory})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
