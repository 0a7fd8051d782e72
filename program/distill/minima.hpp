#pragma once

#include "md/evaluator.hpp"
#include "program/distill/dataset.hpp"
#include "program/distill/options.hpp"

namespace md {

/// What trajectories never visit, since they are warm: the minimum of the teacher that is nearest
/// to the first frame of each group, and copies of it. Of these, options.displaced have all atoms
/// displaced by normal random numbers, their standard deviation log-uniform between 1/100 of
/// options.displacement and all of it; options.moved have one atom moved alone, by 1/25 of
/// options.displacement up to it, out of a place where its neighbors' directions cancel. There
/// every vector feature vanishes, far from anything else that a network sees.
void add_minima(SampledFrames& frames, Evaluator& teacher, const DistillOptions& options);

}  // namespace md
