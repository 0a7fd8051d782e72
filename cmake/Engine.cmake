# The target `engine`, libunderstudy.so, which the program, the tests and plug-ins link; and for plug-ins
# the package: find_package(understudy) gives the target understudy::engine, installed or from the build folder.
include(CMakePackageConfigHelpers)
set_target_properties(engine PROPERTIES OUTPUT_NAME understudy LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION}
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
target_compile_features(engine INTERFACE cxx_std_20)
target_compile_options(engine INTERFACE -ffp-contract=off)
set(_headers ${CMAKE_INSTALL_INCLUDEDIR}/understudy)
target_include_directories(engine INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<INSTALL_INTERFACE:${_headers}>)

set(_package ${CMAKE_INSTALL_LIBDIR}/cmake/understudy)
install(TARGETS engine EXPORT understudy)
install(EXPORT understudy NAMESPACE understudy:: DESTINATION ${_package} FILE understudyConfig.cmake)
export(EXPORT understudy NAMESPACE understudy:: FILE ${CMAKE_BINARY_DIR}/understudyConfig.cmake)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/understudyConfigVersion.cmake COMPATIBILITY ExactVersion)
install(FILES ${CMAKE_BINARY_DIR}/understudyConfigVersion.cmake DESTINATION ${_package})
# All of md/, and what authors of potentials and writers share; none needs more than the standard library,
# but md/random.hpp, which needs Random123.
install(DIRECTORY md DESTINATION ${_headers} FILES_MATCHING PATTERN "*.hpp" PATTERN "*.cuh")
install(FILES potentials/support/atom_energies.cuh DESTINATION ${_headers}/potentials/support)
install(DIRECTORY io DESTINATION ${_headers} FILES_MATCHING PATTERN "*.hpp")
