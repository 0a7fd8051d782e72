#include "potentials/painn/gpu/program_run-inl.cuh"

namespace md::painn {

template void run_program<double, Operand::full>(Stream&, const ProgramView<double>&,
                                                 const ProgramSchedule&);
template int compiled_capability<double, Operand::full>(const Device&);
template int blocks_per_replica<double, Operand::full>(const Device&, int, int, Schedule);

}  // namespace md::painn
