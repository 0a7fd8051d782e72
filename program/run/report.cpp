#include "program/run/report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <fstream>

#include "md/device/host_memory.hpp"
#include "md/json.hpp"
#include "md/version.hpp"
#include "program/components.hpp"
#include "program/progress.hpp"
#include "program/version.hpp"

namespace md {
namespace {

struct Rates {
  double steps, atom_steps, ns_per_day, ms_per_molecule_step;
};

Rates rates(const Timings& t, const State& state, double time_step) {
  const double steps = t.wall > 0 ? t.steps / t.wall : 0;
  const double molecule_steps = static_cast<double>(t.steps) * state.n_replicas();
  return {steps, steps * state.n_atoms(), steps * time_step * 86400e-6,
          molecule_steps > 0 ? 1e3 * t.wall / molecule_steps : 0};
}

double rest(const Timings& t) {
  double known = t.output + t.phases.neighbors + t.phases.potential + t.phases.integrator;
  for (const auto& [phase, time] : t.watches) known += time;
  return std::max(0.0, t.wall - known);
}

std::string now_text() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

}  // namespace

std::string timings_json(const Timings& t, const FinishedRun& run) {
  const State& state = run.simulation.state();
  const Stage& stage = run.stage;
  const Rates rate = rates(t, state, stage.options.time_step);
  Json json{{"device", describe(stage.device, stage.options.threads)},
            {"atoms", state.n_atoms()},
            {"replicas", state.n_replicas()},
            {"steps", t.steps},
            {"wall_s", t.wall},
            {"steps_per_s", rate.steps},
            {"atom_steps_per_s", rate.atom_steps},
            {"ns_per_day", rate.ns_per_day},
            {"ms_per_molecule_step", rate.ms_per_molecule_step},
            {"peak_memory_MB", static_cast<double>(peak_memory()) / 1e6},
            {"phases",
             {{"neighbors", t.phases.neighbors},
              {"potential", t.phases.potential},
              {"integrator", t.phases.integrator},
              {"output", t.output},
              {"other", rest(t)}}}};
  for (const auto& [phase, time] : t.watches) json["phases"][phase] = time;
  if (t.memory)
    json["memory_need_MB"] = {{"state_and_neighbors", t.memory->engine / 1e6},
                              {"potential", t.memory->potential / 1e6},
                              {"copies", t.memory->copies / 1e6},
                              {"program", t.memory->program / 1e6}};
  return json.dump(2) + "\n";
}

std::string summary_json(const FinishedRun& run) {
  const State& state = run.simulation.state();
  const Stage& stage = run.stage;
  const std::vector<int> status = state.status.download(), fault = state.fault.download();
  const std::vector<std::int64_t> fault_step = state.fault_step.download();
  const std::int64_t step = run.simulation.step();
  Json files = Json::array(), replicas = Json::array();
  for (const auto* list : {&stage.files, &run.start.files})
    for (const HashedFile& file : *list)
      files.push_back({{"path", file.path}, {"sha256", file.sha256}});
  const bool temperatures = !stage.input.text("integrator.temperature").empty();
  for (int r = 0; r < state.n_replicas(); ++r) {
    Status now = static_cast<Status>(status[r]);
    const bool bad = now == Status::quarantined;
    if (now == Status::running && run.outcome == "finished") now = Status::finished;
    if (now == Status::running && run.outcome != "running") now = Status::stopped;
    const Origin& origin = run.start.origins[r];
    Json replica{
        {"replica", r},
        {"id", run.start.settings[r].id},
        {"status", name(now)},
        {"source", origin.source},
        {"frame", origin.frame},
        {"name", origin.name},
        {"copy", origin.copy},
        {"target_temperature_K", temperatures ? Json(run.start.settings[r].temperature) : Json()},
        {"steps", bad ? fault_step[r] : step},
        {"atoms", run.start.systems[r].size()},
        {"formula", formula(run.start.systems[r].numbers)},
        {"energy_drift_eV_per_ps", run.samples.energy_drift(r)},
        {"mean_temperature_K", run.samples.mean_temperature(r)}};
    if (!run.start.systems[r].masses.empty()) replica["masses_u"] = run.start.systems[r].masses;
    if (const int held = run.start.systems[r].n_fixed(); held > 0) replica["fixed_atoms"] = held;
    if (bad) {
      replica["fault"] = describe_fault(fault[r]);
      replica["fault_step"] = fault_step[r];
      replica["fault_time_ps"] =
          static_cast<double>(fault_step[r]) * stage.options.time_step * 1e-3;
    }
    replicas.push_back(std::move(replica));
  }
  Json json{{"program", "understudy"},
            {"version", version},
            {"build", version_text()},
            {"command", run.command},
            {"outcome", run.outcome},
            {"ended", run.outcome == "running" ? Json() : Json(now_text())},
            {"device", describe(stage.device, stage.options.threads)},
            {"potential", stage.input.text("potential.name")},
            {"model", lines_of(stage.potential_description)},
            {"integrator", stage.input.text("integrator.method")},
            {"seed", stage.options.seed},
            {"stage", stage.options.stage},
            {"steps", step},
            {"time_ps", static_cast<double>(step) * stage.options.time_step * 1e-3},
            {"files", files},
            {"replicas", replicas}};
  for (const Watch* watch : run.watches) watch->summarize(json);
  return json.dump(2) + "\n";
}

Outcome outcome_of(const std::string& folder) {
  std::ifstream file(folder + "/summary.json");
  const Json json = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  // One that says nothing we know counts as none.
  if (!json.contains("outcome") || !json.at("outcome").is_text() || !json.contains("steps") ||
      !json.at("steps").is_natural())
    return {};
  return {json.at("outcome").text(), json.at("steps").integer()};
}

std::string report_table(const Timings& t, const FinishedRun& run) {
  const State& state = run.simulation.state();
  const Stage& stage = run.stage;
  const Rates rate = rates(t, state, stage.options.time_step);
  std::string text = fmt::format("\n{:<12}{:>12}{:>9}\n", "phase", "time (s)", "share");
  const auto row = [&](const char* name, double time) {
    text += fmt::format("{:<12}{:>12.3f}{:>7.1f} %\n", name, time,
                        t.wall > 0 ? 100 * time / t.wall : 0);
  };
  row("neighbors", t.phases.neighbors);
  row("potential", t.phases.potential);
  row("integrator", t.phases.integrator);
  row("output", t.output);
  for (const auto& [phase, time] : t.watches) row(phase.c_str(), time);
  row("other", rest(t));
  row("all", t.wall);
  text += fmt::format(
      "\n{} steps of {} replicas, {} atoms, on {}\n"
      "{:.1f} steps/s   {:.4g} atom-steps/s   {:.4g} ns/day per replica ({:.4g} in all)   "
      "{:.4g} ms per molecule and step\n",
      t.steps, state.n_replicas(), state.n_atoms(), describe(stage.device, stage.options.threads),
      rate.steps, rate.atom_steps, rate.ns_per_day, rate.ns_per_day * state.n_replicas(),
      rate.ms_per_molecule_step);
  // Many replicas make many files of a kind: name the kinds.
  std::vector<std::string> files;
  const bool many = state.n_replicas() > 1 && !stage.options.packed;
  for (const std::string& format : stage.options.formats) {
    const std::string& extension = trajectory_formats().find(format).extension;
    files.push_back(many ? "trajectory.r*" + extension : "trajectory" + extension);
  }
  if (!stage.options.formats.empty()) files.push_back(many ? "topology.r*.pdb" : "topology.pdb");
  for (const Watch* watch : run.watches)
    for (std::string& name : watch->files()) files.push_back(std::move(name));
  for (const char* const name : {"log.csv", "timings.json", "summary.json", "checkpoint.nc"})
    files.push_back(name);
  std::string folder = std::filesystem::relative(stage.options.directory).string();
  if (folder.starts_with("..")) folder = stage.options.directory;
  text += fmt::format("\nwritten to {}: {}\n", folder, fmt::join(files, ", "));
  return text;
}

}  // namespace md
