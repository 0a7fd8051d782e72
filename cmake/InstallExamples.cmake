# While installing: the examples in `examples` write to runs/ of the checkout that they come from; installed, they
# have no place of their own and are told one, --output.directory=DIR.
file(GLOB inputs ${examples}/*/*.ini)
foreach(input ${inputs})
  file(READ ${input} text)
  string(REGEX REPLACE "(\n|^)directory = \\.\\./\\.\\./runs/[^\n]*" "\\1# directory: say where, --output.directory=DIR"
    text "${text}")
  file(WRITE ${input} "${text}")
endforeach()
