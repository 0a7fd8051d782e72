#pragma once

#include <map>
#include <optional>
#include <string>

#include "program/run/memory.hpp"
#include "program/run/samples.hpp"
#include "program/run/stage.hpp"

namespace md {

/// Wall time of a run's step loop and where it went.
struct Timings {
  double wall = 0;                        // s, the step loop
  double output = 0;                      // s, copying states and waiting for the disk
  std::map<std::string, double> watches;  // s, by phase; see Watch
  std::int64_t steps = 0;                 // made by this process
  PhaseTimes phases;
  std::optional<MemoryNeed> memory;  // of a run from its start
};

/// A run, at its end or on its way, in what its reports need of it.
struct FinishedRun {
  const Simulation& simulation;
  const Stage& stage;
  const Replicas& start;
  const Samples& samples;
  std::vector<Watch*> watches;
  std::string command, outcome;  // outcome: running | finished | stopped early | failed
};

std::string timings_json(const Timings& timings, const FinishedRun& run);
std::string summary_json(const FinishedRun& run);
/// How the run of a folder ended, from its summary.json: "finished", "failed", ...; empty where
/// there is none.
struct Outcome {
  std::string text;
  std::int64_t steps = -1;
};
Outcome outcome_of(const std::string& folder);

/// Time per phase, rates and where the files are, for people.
std::string report_table(const Timings& timings, const FinishedRun& run);

}  // namespace md
