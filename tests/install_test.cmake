# cmake -DBUILD=... -DPREFIX=... -P install_test.cmake
# The installed program runs from anywhere, in an empty environment, and has its examples beside it; a
# plug-in is built against what is installed, and works; one of another version is refused.
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

# understudy(CODE PATTERN ARGUMENT...): the installed program ends with that code and says that.
function(understudy wanted pattern)
  execute_process(COMMAND env -i ${PREFIX}/bin/understudy ${ARGN} WORKING_DIRECTORY /
    RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT code EQUAL wanted OR NOT "${out}${err}" MATCHES "${pattern}")
    message(FATAL_ERROR "understudy ${ARGN}: exit code ${code} and not ${wanted}, or no '${pattern}' in\n${out}${err}")
  endif()
endfunction()

understudy(0 "[0-9]+\\.[0-9]+" --version)
foreach(document bash-completion/completions/understudy man/man1/understudy.1)
  file(STRINGS ${PREFIX}/share/${document} keys REGEX "time_step")
  if(NOT keys)
    message(FATAL_ERROR "${PREFIX}/share/${document} does not know time_step")
  endif()
endforeach()
file(GLOB examples ${PREFIX}/share/understudy/inputs/*/run.ini)
if(NOT examples)
  message(FATAL_ERROR "no example in ${PREFIX}/share/understudy/inputs")
endif()
file(GLOB_RECURSE left_over ${PREFIX}/share/understudy/inputs/*/runs/* ${PREFIX}/share/understudy/inputs/*/build/*)
if(left_over)
  message(FATAL_ERROR "results of runs were installed: ${left_over}")
endif()
if(EXISTS ${BUILD}/lib/understudy/libunderstudy_torch.so AND NOT EXISTS ${PREFIX}/lib/understudy/libunderstudy_torch.so)
  message(FATAL_ERROR "the part of LibTorch was not installed")
endif()

# Examples do not write into the installation.
understudy(2 "output.directory" run ${PREFIX}/share/understudy/inputs/argon/equilibrate.ini)
understudy(0 "written to" run ${PREFIX}/share/understudy/inputs/argon/equilibrate.ini --system.replicas=1
  --output.directory=${PREFIX}/argon --integrator.time=0.1\ ps)
if(EXISTS ${PREFIX}/share/understudy/runs)
  message(FATAL_ERROR "an example wrote into ${PREFIX}/share")
endif()

# A plug-in, against the installed package.
set(example ${PREFIX}/share/understudy/inputs/own_potential)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${example} -B ${example}/build -DCMAKE_PREFIX_PATH=${PREFIX}
  -DCMAKE_CXX_FLAGS=${FLAGS}
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${example}/build OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
set(out ${PREFIX}/out)
set(ini ${example}/run.ini --run.progress=off)
understudy(0 "0 failed" verify ${ini} --potential.precision=float64)
understudy(0 "written to" run ${ini} --output.directory=${out} --integrator.time=0.2\ ps --checkpoint.every=50)
understudy(0 "written to" restart ${out} --integrator.time=0.4\ ps)
understudy(0 "morse +Morse potential" models --run.plugins=${example}/build/morse.so)
understudy(2 "run.plugins: .*nowhere.so: the plug-in cannot be read" check ${ini} --run.plugins=nowhere.so)
understudy(2 "argon.xyz: is not a plug-in" check ${ini}
  --run.plugins=${PREFIX}/share/understudy/inputs/argon/argon.xyz)

# One of another version: the same file with another number in its stamp, of the same length.
file(STRINGS ${PREFIX}/include/understudy/md/version.hpp version REGEX "version\\[\\] =")
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" version "${version}")
string(REGEX REPLACE "[0-9]" "9" other "${version}")
file(MAKE_DIRECTORY ${PREFIX}/old)
execute_process(COMMAND sed "s/version ${version}/version ${other}/" ${example}/build/morse.so
  OUTPUT_FILE ${PREFIX}/old/morse.so COMMAND_ERROR_IS_FATAL ANY)
understudy(2 "is a plug-in for version ${other} of understudy, this is ${version};" check ${ini}
  --run.plugins=${PREFIX}/old/morse.so)
