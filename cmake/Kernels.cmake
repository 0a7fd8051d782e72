# md_kernels(TARGET FILE.cu...): adds kernel files, as CUDA where it is enabled, else as C++ (host path).
function(md_kernels target)
  target_sources(${target} PRIVATE ${ARGN})
  if(MD_CUDA STREQUAL "emulated")
    emulated_kernels(${target} ${ARGN})
  elseif(MD_CUDA)
    set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES COMPILE_OPTIONS
      "--extended-lambda;--expt-relaxed-constexpr;-fmad=false;-Xcompiler=-Wall,-ffp-contract=off,-fno-semantic-interposition")
    target_compile_definitions(${target} PUBLIC MD_CUDA=1)
    target_link_libraries(${target} PUBLIC cudart)
  else()
    set_source_files_properties(${ARGN} TARGET_DIRECTORY ${target} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-xc++")
  endif()
endfunction()
