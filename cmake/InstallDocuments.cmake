# While installing: `program` writes its completion and its manual page into the folder `documents`. Where it
# cannot run here, as after a build for another machine, the installation goes on without them.
file(MAKE_DIRECTORY ${documents})
function(write_document name option)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env --unset=UNDERSTUDY_PLUGINS ${program} help ${option}
    OUTPUT_FILE ${documents}/${name} RESULT_VARIABLE failed)
  if(failed)
    file(REMOVE ${documents}/${name})
    message(WARNING "${program} cannot run here: ${name} is not installed")
  endif()
endfunction()
write_document(understudy --bash-completion)
write_document(understudy.1 --man)
