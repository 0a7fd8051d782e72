#include "potentials/painn/gpu/program_run-inl.cuh"

namespace md::painn {

template void run_program<float, Operand::fp16>(Stream&, const ProgramView<float>&,
                                                const ProgramSchedule&);
template int compiled_capability<float, Operand::fp16>(const Device&);
template int blocks_per_replica<float, Operand::fp16>(const Device&, int, int, Schedule);

}  // namespace md::painn
