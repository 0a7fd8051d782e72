#pragma once

#include "md/evaluator.hpp"
#include "program/distill/dataset.hpp"
#include "program/distill/options.hpp"

namespace md {

/// Runs the inputs that have not finished in `folder`/NAME yet and adds the frames of their
/// trajectories, a group for each replica. With `student` the runs take that model instead of the
/// potential they name. The runs are stages from `stage` on (integrator.stage), so that no two of a
/// distillation draw the same random numbers. Returns false when a signal or run.max_time ended a
/// run early.
bool sample(const Input& input, const std::vector<std::string>& runs, const std::string& folder,
            Part part, const std::string& student, std::size_t stage, SampledFrames& frames);

/// Adds the frames of structure files. Those that follow each other in a file and have the same
/// atoms are a group, as a trajectory is.
void add_files(const Input& input, const std::vector<std::string>& paths, Part part,
               SampledFrames& frames);

/// Gives every group of `frames` from `first` on that is for training to validation with this
/// probability; one at least stays for training.
void choose_validation(SampledFrames& frames, std::size_t first, double share, std::uint32_t seed);

/// Energies and forces of the frames by `teacher`; those with a force above options.max_force, or
/// that are not finite, are left out; `kept`, where given, gets the indices of the others.
Dataset label(const DistillOptions& options, Evaluator& teacher, const SampledFrames& frames,
              std::vector<std::size_t>* kept = nullptr);

}  // namespace md
