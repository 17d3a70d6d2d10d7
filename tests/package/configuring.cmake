# What configuring says.
function(tenure_configure_test name directory expected)
  tenure_package_test(${name} COMMAND ${CMAKE_COMMAND} -S ${directory} -B ${work}/${name} --fresh ${compiler} ${ARGN})
  set_tests_properties(package/${name} PROPERTIES PASS_REGULAR_EXPRESSION "${expected}" FIXTURES_REQUIRED
                                                  tenure_installed)
endfunction()
set(eigen_and_xsimd_alone "")
foreach(package IN ITEMS CLI11 CURL doctest nlohmann_json PkgConfig Protobuf SQLite3 yaml-cpp ZLIB)
  list(APPEND eigen_and_xsimd_alone -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
tenure_configure_test(plain_configuration ${source}
                      "tests are left out.*install doctest-dev.*without hybrid_clv.*install libcli11-dev.*Configuring done"
                      ${eigen_and_xsimd_alone})
tenure_package_test(plain_install COMMAND ${CMAKE_COMMAND} --install ${work}/plain_configuration --prefix
                                          ${work}/plain_prefix)
tenure_package_test(plain_build_type COMMAND ${CMAKE_COMMAND} -N -L ${work}/plain_configuration)
set_tests_properties(package/plain_configuration PROPERTIES FIXTURES_SETUP tenure_plain)
set_tests_properties(package/plain_install package/plain_build_type PROPERTIES FIXTURES_REQUIRED tenure_plain)
set_tests_properties(package/plain_build_type PROPERTIES PASS_REGULAR_EXPRESSION "CMAKE_BUILD_TYPE:STRING=Release")
foreach(package IN ITEMS doctest CLI11 SQLite3)
  tenure_configure_test(missing_${package}_of_tests ${source}
                        "tests, which TENURE_BUILD_TESTS asks for, need:.*apt-get install.*Configuring incomplete"
                        -DTENURE_BUILD_TESTS=ON -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
set(tests_off -DTENURE_BUILD_TESTS=OFF -DTENURE_BUILD_EXAMPLES=OFF)
tenure_configure_test(missing_eigen ${source} "tenure needs:.*Eigen 3.4 or later.*apt-get install libeigen3-dev"
                      ${tests_off} -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON)
tenure_configure_test(missing_xsimd ${source} "tenure needs:.*xsimd 8.1 or later.*apt-get install libxsimd-dev"
                      ${tests_off} -DCMAKE_DISABLE_FIND_PACKAGE_xsimd=ON)
tenure_configure_test(missing_cli11 ${source}
                      "without tenure-data, which needs CLI11.*install libcli11-dev.*Configuring done"
                      -DTENURE_BUILD_TESTS=OFF -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON)
tenure_configure_test(missing_sqlite_in_examples ${source} "tenure-data is built without SQLite.*Configuring done"
                      -DTENURE_BUILD_TESTS=OFF -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON)
tenure_configure_test(newer_dependencies ${source} "Configuring done" ${tests_off}
                      -DEigen3_DIR=${CMAKE_CURRENT_SOURCE_DIR}/fake/eigen3
                      -Dxsimd_DIR=${CMAKE_CURRENT_SOURCE_DIR}/fake/xsimd)
tenure_configure_test(installed_missing_eigen ${downstream} "tenure needs:.*apt-get install libeigen3-dev"
                      -DTENURE_FROM=find_package -DCMAKE_PREFIX_PATH=${work}/prefix
                      -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON)
tenure_configure_test(installed_missing_json ${downstream} "component 'json' needs:.*apt-get install nlohmann-json3-dev"
                      -DTENURE_FROM=find_package -DCOMPONENT=json -DCMAKE_PREFIX_PATH=${work}/prefix
                      -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON)
tenure_configure_test(installed_missing_zlib ${downstream} "component 'zlib' needs:.*apt-get install zlib1g-dev"
                      -DTENURE_FROM=find_package -DCOMPONENT=zlib -DCMAKE_PREFIX_PATH=${work}/prefix
                      -DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON)
tenure_configure_test(installed_missing_sqlite ${downstream} "component 'sqlite' needs:.*apt-get install libsqlite3-dev"
                      -DTENURE_FROM=find_package -DCOMPONENT=sqlite -DCMAKE_PREFIX_PATH=${work}/prefix
                      -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON)
tenure_configure_test(installed_missing_protobuf ${downstream}
                      "component 'tensorboard' needs:.*apt-get install libprotobuf-dev protobuf-compiler"
                      -DTENURE_FROM=find_package -DCOMPONENT=tensorboard -DCMAKE_PREFIX_PATH=${work}/prefix
                      -DCMAKE_DISABLE_FIND_PACKAGE_Protobuf=ON)
tenure_configure_test(installed_missing_curl ${downstream}
                      "component 'mlflow' needs:.*apt-get install libcurl4-openssl-dev" -DTENURE_FROM=find_package
                      -DCOMPONENT=mlflow -DCMAKE_PREFIX_PATH=${work}/prefix -DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON)
tenure_configure_test(missing_components ${source} "Configuring done" ${tests_off}
                      -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON -DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON
                      -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON -DCMAKE_DISABLE_FIND_PACKAGE_Protobuf=ON
                      -DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON)
tenure_configure_test(unknown_component ${CMAKE_CURRENT_SOURCE_DIR}/components "has no component 'abacus'"
                      -DCMAKE_PREFIX_PATH=${work}/prefix)
