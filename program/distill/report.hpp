#pragma once

#include <map>
#include <string>

#include "program/distill/dataset.hpp"
#include "program/distill/options.hpp"

namespace md {

/// Test errors of the finished student, by composition, the worst first, and in all, to errors.csv
/// and the screen. Returns what the student's file says of them; nothing where there are no tests.
std::map<std::string, std::string> report_errors(const DistillOptions& o,
                                                 const painn::PainnModel& model,
                                                 const Dataset& data);

}  // namespace md
