#include "program/distill/sampling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <random>

#include "io/structure_reader.hpp"
#include "md/random.hpp"
#include "program/command_line.hpp"
#include "program/components.hpp"
#include "program/folder.hpp"
#include "program/progress.hpp"
#include "program/run/checkpointing.hpp"
#include "program/run/continued_files.hpp"
#include "program/run/report.hpp"
#include "program/run/run_loop.hpp"
#include "program/schema.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

bool finished(const std::string& folder) {
  const std::string outcome = outcome_of(folder).text;
  return outcome == "finished" || outcome == "failed";
}

/// One run into its folder, or what is left of it. False: stopped early.
bool run_once(const Input& distill, const std::string& path, const std::string& folder,
              const std::string& student, std::size_t stage_number) {
  Input input(full_schema());
  input.read_file(path);
  const auto set = [&](const std::string& key, const std::string& value) {
    input.set(key, value, "distill");
  };
  set("output.directory", folder);
  set("integrator.stage", std::to_string(stage_number));
  set("output.trajectory", "extxyz");
  set("output.layout", "separate");
  set("output.overwrite", "yes");
  if (!student.empty()) {
    for (const std::string& key : input.full_keys())
      if (key.starts_with("potential.")) input.erase(key);
    set("potential.name", "painn");
    set("potential.model", student);
  }
  for (const char* const key : {"run.device", "run.threads", "run.progress"})
    if (distill.has(key) && !input.has(key)) set(key, distill.text(key));
  say("sampling: {}\n", path);
  try {
    const Stage stage(std::move(input));
    if (fs::exists(folder + "/checkpoint.nc")) {
      const FolderLock lock(folder);
      const Checkpoint checkpoint = newest_checkpoint(folder);
      const Replicas replicas = continued_replicas(checkpoint, stage);
      return run_stage(stage, replicas, &checkpoint, "distill").code != ExitCode::stopped_early;
    }
    const Replicas replicas = start_replicas(stage, nullptr);
    const FolderLock lock = make_output_folder(folder);
    return run_stage(stage, replicas, nullptr, "distill").code != ExitCode::stopped_early;
  } catch (const NumericalError&) {  // every replica is bad: what it wrote is still good to learn
    return true;
  }
}

}  // namespace

bool sample(const Input& input, const std::vector<std::string>& runs, const std::string& folder,
            Part part, const std::string& student, std::size_t stage, SampledFrames& frames) {
  for (const std::string& path : runs) {
    const std::string own = folder + "/" + fs::path(path).stem().string();
    if (!finished(own) && !run_once(input, path, own, student, stage)) return false;
    ++stage;
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(own)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("trajectory") && name.ends_with(".xyz"))
        files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) {
      std::vector<Structure> trajectory = read_structures(file);
      if (trajectory.empty()) continue;
      frames.groups.push_back({formula(trajectory[0].numbers), part});
      for (Structure& s : trajectory) {
        frames.structures.push_back(std::move(s));
        frames.group.push_back(static_cast<int>(frames.groups.size()) - 1);
      }
    }
  }
  return true;
}

void add_files(const Input& input, const std::vector<std::string>& paths, Part part,
               SampledFrames& frames) {
  for (const std::string& path : paths) {
    bool first = true;
    for (Structure& s : read_structure_file(input, path)) {
      if (first || s.numbers != frames.structures.back().numbers)
        frames.groups.push_back({formula(s.numbers), part});
      first = false;
      frames.structures.push_back(std::move(s));
      frames.group.push_back(static_cast<int>(frames.groups.size()) - 1);
    }
  }
}

void choose_validation(SampledFrames& frames, std::size_t first, double share, std::uint32_t seed) {
  std::mt19937_64 random(seed + 2);
  std::vector<bool> filled(frames.groups.size(), false);  // others had nothing but duplicates
  for (const int g : frames.group) filled[g] = true;
  std::size_t left = frames.groups.size();
  bool training = false;
  for (std::size_t g = first; g < frames.groups.size(); ++g) {
    if (frames.groups[g].part != Part::training) continue;
    if (uniform53(random()) < share) frames.groups[g].part = Part::validation;
    if (filled[g] && left == frames.groups.size()) left = g;
    training = training || (filled[g] && frames.groups[g].part == Part::training);
  }
  if (!training && left < frames.groups.size()) frames.groups[left].part = Part::training;
}

Dataset label(const DistillOptions& options, Evaluator& teacher, const SampledFrames& frames,
              std::vector<std::size_t>* kept) {
  Dataset data;
  data.groups = frames.groups;
  const std::vector<Evaluation> labels =
      evaluate_with_progress(teacher, frames.structures, "labelling", options.progress);
  for (std::size_t k = 0; k < labels.size(); ++k) {
    double largest = 0;
    bool finite = std::isfinite(labels[k].energy);
    for (const Vec3& f : labels[k].forces) {
      finite = finite && std::isfinite(norm(f));
      largest = std::max(largest, norm(f));
    }
    if (!finite || largest > options.max_force) continue;
    const Structure& s = frames.structures[k];
    data.structures.push_back({s.numbers, s.positions, labels[k].energy, labels[k].forces});
    data.group.push_back(frames.group[k]);
    if (kept) kept->push_back(k);
  }
  return data;
}

}  // namespace md
