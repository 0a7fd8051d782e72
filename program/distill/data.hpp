#pragma once

#include "md/evaluator.hpp"
#include "program/distill/dataset.hpp"
#include "program/distill/options.hpp"
#include "program/distill/training.hpp"

namespace md {

/// Reads what a distillation will read later on, so that it fails before anything is written: files
/// that are not there, systems that the teacher does not know, periodic ones.
void check_files(const Input& input, const DistillOptions& options, const Evaluator& teacher);

/// The first data: frames of runs and files, with what was made of them, labelled and split.
/// Written to dataset.safetensors, which a continued distillation reads back. False: stopped early.
bool make_dataset(const Input& input, const DistillOptions& options, Evaluator& teacher,
                  Dataset& data);

/// What only tests and is not near anything in `learned`, in tests.safetensors. Throws InputError
/// when tests were given and none is left. False: stopped early.
bool make_tests(const Input& input, const DistillOptions& options, Evaluator& teacher,
                const Dataset& learned, Dataset& data);

/// One active round: the student runs; frames on which the committee disagrees (where there is one)
/// go to the teacher, and those on which the teacher objects are added to `data`. Frames
/// near those learned before, or near one of `tests`, are left out. False: stopped early.
bool explore(const Input& input, const DistillOptions& options, Evaluator& teacher,
             DistillTraining& training, int round, const Dataset& tests, Dataset& data);

}  // namespace md
