#include "potentials/painn/gpu/program_run-inl.cuh"

namespace md::painn {

template void run_program<float, Operand::tf32x3>(Stream&, const ProgramView<float>&,
                                                  const ProgramSchedule&);
template int compiled_capability<float, Operand::tf32x3>(const Device&);
template int blocks_per_replica<float, Operand::tf32x3>(const Device&, int, int, Schedule);

}  // namespace md::painn
