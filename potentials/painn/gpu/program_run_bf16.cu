#include "potentials/painn/gpu/program_run-inl.cuh"

namespace md::painn {

template void run_program<float, Operand::bf16>(Stream&, const ProgramView<float>&,
                                                const ProgramSchedule&);
template int compiled_capability<float, Operand::bf16>(const Device&);
template int blocks_per_replica<float, Operand::bf16>(const Device&, int, int, Schedule);

}  // namespace md::painn
