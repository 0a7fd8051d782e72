#pragma once

#include <string>
#include <vector>

#include "io/checkpoint.hpp"
#include "program/run/samples.hpp"
#include "program/run/stage.hpp"

namespace md {

/// SHA-256 of the model of [potential], "none" without one.
std::string model_hash(const Stage& stage);
/// Everything an exact continuation needs, in double. `model`: see model_hash.
Checkpoint make_checkpoint(Simulation& simulation, const std::string& model, const Samples& samples,
                           const std::vector<FileMark>& marks);

/// What of its replicas is in no simulation.
void add_replicas(Checkpoint& checkpoint, const Replicas& replicas);

/// The replicas of a checkpoint, with the temperatures and frictions that they had.
Replicas read_replicas(const Checkpoint& checkpoint);
/// The same for a stage that goes on with them: as its input says now, and checked. Throws
/// InputError when the model file is another one than before.
Replicas continued_replicas(const Checkpoint& checkpoint, const Stage& stage);
/// State, neighbor lists and kept good states, bit for bit; the simulation was made from the
/// replicas of this checkpoint.
void restore(const Checkpoint& checkpoint, Simulation& simulation, Samples& samples);
/// Numbers of a checkpoint as n vectors, and the other way round.
std::vector<Vec3> vectors(const Checkpoint& checkpoint, const std::string& name, std::size_t n);
std::vector<double> flat(const std::vector<Vec3>& vectors);

}  // namespace md
