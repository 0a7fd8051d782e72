#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "md/input/input.hpp"
#include "md/potential.hpp"

namespace md {

/// Section [teacher] as numbers, checked.
struct AuditOptions {
  enum class Policy { log, harvest, handover, stop };
  bool in_doubt = false;       // only replicas whose potential doubts itself are looked at
  double max_uncertainty = 0;  // eV/A, above which it does; 0: its own threshold
  std::int64_t every = 100;    // steps
  std::int64_t discard = 1;    // steps at the start that the report leaves out
  int replicas = 0;            // per audit; 0: all
  double budget = std::numeric_limits<double>::infinity();            // share of the run time
  double max_energy_error = std::numeric_limits<double>::infinity();  // eV per atom
  double max_force_error = std::numeric_limits<double>::infinity();   // eV/A, any component
  Policy policy = Policy::log;
  std::int64_t min_steps = 0;  // with the teacher
  double release = 0.5;        // part of the limits
};

/// Of an input with [teacher]. Throws InputError for anything impossible. time_step in fs.
AuditOptions read_audit_options(const Input& input, double time_step);
/// The potential of section [teacher].
std::unique_ptr<Potential> make_teacher(const Input& input, const Device& device);
/// "painn, student.safetensors" of [potential] or [teacher].
std::string name_of_potential(const Input& input, const std::string& section);

}  // namespace md
