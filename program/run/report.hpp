#pragma once

#include <string>

#include "program/run/samples.hpp"
#include "program/run/stage.hpp"

namespace md {

/// Wall time of a run's step loop and where it went.
struct Timings {
  double wall = 0;         // s, the step loop
  double output = 0;       // s, copying states and waiting for the disk
  double teacher = 0;      // s, audits
  std::int64_t steps = 0;  // made by this process
  PhaseTimes phases;
};

std::string timings_json(const Timings& timings, const Simulation& simulation, const Stage& stage);
std::string summary_json(const Simulation& simulation, const Stage& stage, const Samples& samples,
                         const std::string& command, const std::string& outcome,
                         const std::string& audit_json);
/// How the run of a folder ended, from its summary.json: "finished", "failed", ...; empty where
/// there is none.
struct Outcome {
  std::string text;
  std::int64_t steps = -1;
};
Outcome outcome_of(const std::string& folder);

/// Time per phase, rates and where the files are, for people.
std::string report_table(const Timings& timings, const Simulation& simulation, const Stage& stage);

}  // namespace md
