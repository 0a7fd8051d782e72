# md_precompile(TARGET OUR-HEADER...): what almost every file includes is parsed once for the target: half of the
# compile time of a small file. Not with sanitizers, whose builds show a file that forgets an include, and not for CUDA.
option(MD_PRECOMPILED "Precompile common headers" ON)
function(md_precompile target)
  if(NOT MD_PRECOMPILED OR CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    return()
  endif()
  foreach(header fmt/format.h algorithm chrono cmath filesystem functional map memory set span string vector
      ${ARGN})
    list(APPEND headers $<$<COMPILE_LANGUAGE:CXX>:<${header}$<ANGLE-R>>)
  endforeach()
  target_precompile_headers(${target} PRIVATE ${headers})
endfunction()
