#pragma once

#include <set>
#include <string>
#include <vector>

#include "io/checkpoint.hpp"
#include "program/run/samples.hpp"
#include "program/run/stage.hpp"

namespace md {

/// Everything an exact continuation needs, in double.
Checkpoint make_checkpoint(Simulation& simulation, const Stage& stage, const Samples& samples,
                           const std::vector<FileMark>& marks);

/// Systems and settings of a stage from a checkpoint. Throws InputError when the model file is
/// another one than before.
void read_systems(const Checkpoint& checkpoint, Stage& stage);
/// State, neighbor lists and kept good states, bit for bit; the simulation was made from systems
/// that read_systems() gave.
void restore(const Checkpoint& checkpoint, Simulation& simulation, Samples& samples);
/// After restore(): these replicas are the teacher's again.
void restore_handover(const Checkpoint& checkpoint, const Stage& stage,
                      const std::set<int>& replicas, Simulation& simulation);
std::vector<FileMark> read_marks(const Checkpoint& checkpoint);

}  // namespace md
