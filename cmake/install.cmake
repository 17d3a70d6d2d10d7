# The installed package: headers, the target tenure::tenure, and what find_package(tenure) reads.
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
install(FILES cmake/tenure-dependencies.cmake cmake/tenure-compiled.cmake cmake/tensorboard_event.proto
              ${PROJECT_BINARY_DIR}/tenure-config.cmake ${PROJECT_BINARY_DIR}/tenure-config-version.cmake
        DESTINATION ${tenure_package_directory})
install(DIRECTORY cmake/compiled DESTINATION ${tenure_package_directory})
