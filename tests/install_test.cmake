# cmake -DBUILD=... -DPREFIX=... -P install_test.cmake
# The installed program runs from anywhere, in an empty environment, and has its examples beside it.
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND env -i ${PREFIX}/bin/understudy --version WORKING_DIRECTORY /
  RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(NOT code EQUAL 0 OR NOT out MATCHES "[0-9]+\\.[0-9]+")
  message(FATAL_ERROR "understudy --version: exit code ${code}, '${out}' '${err}'")
endif()
file(GLOB examples ${PREFIX}/share/understudy/inputs/*/run.ini)
if(NOT examples)
  message(FATAL_ERROR "no example in ${PREFIX}/share/understudy/inputs")
endif()
file(GLOB_RECURSE left_over ${PREFIX}/share/understudy/inputs/*/runs/*)
if(left_over)
  message(FATAL_ERROR "results of runs were installed: ${left_over}")
endif()
