#pragma once

#include <string>
#include <vector>

namespace md {

/// What the value of an input key means; decides which units it takes.
enum class Kind {
  text,           // any text
  choice,         // one of `choices`, separated by '|'
  file,           // one path
  files,          // comma-separated paths
  flag,           // yes | no
  integer,        // whole number
  number,         // number without unit
  length,         // A, nm, bohr
  energy,         // eV, meV, hartree, kcal/mol, kJ/mol, K
  stiffness,      // eV/A^2
  force,          // eV/A
  mass,           // u
  time,           // fs, ps, ns: time of the simulation
  wall_time,      // s, min, h, d: time on the clock
  temperature,    // K
  temperatures,   // K: one, a list with one per replica, geometric(a, b), ladder(a, b)
  frictions,      // 1/ps: one, or a list with one per replica
  steps_or_time,  // a number of steps or a simulation time
  steps_or_wall,  // a number of steps or a time on the clock
};

/// One key of the input file: documentation, default and reader in one place.
struct Key {
  std::string name;  // within its section: "time_step"
  Kind kind = Kind::text;
  std::string initial;  // the default as it would be typed; empty: none
  std::string help;     // one line for `understudy help`
  std::string choices;  // Kind::choice only: "quarantine|stop"
  /// Kind::choice: gives names that are registered and come before `choices`.
  std::vector<std::string> (*registered_choices)() = nullptr;
};

}  // namespace md
