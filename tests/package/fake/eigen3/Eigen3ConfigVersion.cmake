# As Eigen's own, which refuses another major version than its own.
set(PACKAGE_VERSION 5.0.1)
if(NOT PACKAGE_FIND_VERSION OR PACKAGE_FIND_VERSION_MAJOR EQUAL 5)
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
