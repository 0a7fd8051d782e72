#pragma once

#include "program/run/stage.hpp"

namespace md {

/// What safety.max_temperature = auto comes to: K, for a replica of so many degrees of freedom that
/// was given `temperature` K. Ten times that and at least 10,000 K; more where few degrees of
/// freedom fluctuate further: twice the kinetic energy over k_B T is distributed as chi-square, and
/// exceeds x times their number n with a probability below (x exp(1 - x))^(n/2) (Chernoff), which
/// is made 1e-24. A healthy run of up to 1e12 steps, those of all replicas counted, then passes
/// with a probability of 1 - 1e-12.
double default_max_temperature(double temperature, int freedom);

/// safety.max_temperature of a replica in K; infinite where it is off.
double max_temperature(const RunOptions& options, double temperature, int freedom);
/// All limits of a stage for these replicas.
SafetyLimits safety_limits(const Stage& stage, const Replicas& replicas);

/// Takes the temperatures that replicas start with into Replicas::warmest. Throws InputError where
/// velocities of a structure file, which `from_file` marks, make a replica hotter than it may
/// become.
void take_start_temperatures(const Stage& stage, Replicas& replicas,
                             const std::vector<bool>& from_file);

}  // namespace md
