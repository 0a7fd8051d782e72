#pragma once

#include "program/distill/dataset.hpp"
#include "program/distill/options.hpp"

namespace md {

/// Fits what `student` says of its own errors (potentials/painn/uncertainty.hpp) to the training
/// part of the data, and calibrates it on the validation part. Without one of the two the student
/// has none, which is warned of.
void fit_uncertainty(const Input& input, const Dataset& data, painn::PainnModel& student);
/// distill.epochs = 0: writes `given`, the student of distill.initial, with an uncertainty from
/// these data and what its file says, to student.safetensors. Throws InputError where the data have
/// no part for training or none for validation.
void add_uncertainty(const Input& input, const DistillOptions& o, const Dataset& data,
                     painn::PainnModel given);

}  // namespace md
