#include "program/distill/data.hpp"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "program/components.hpp"
#include "program/distill/minima.hpp"
#include "program/distill/sampling.hpp"
#include "program/folder.hpp"
#include "program/progress.hpp"
#include "program/schema.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

/// Adds the structures of `more` from structure `from` on to those they were made from.
void append(SampledFrames& frames, const SampledFrames& more, std::size_t from) {
  std::map<int, std::vector<Structure>> made;
  for (std::size_t k = from; k < more.structures.size(); ++k)
    made[more.group[k]].push_back(more.structures[k]);
  for (auto& [group, structures] : made) frames.add_made(group, std::move(structures));
}

/// What a student says of structures.
std::vector<Evaluation> ask_student(const Input& input, const DistillOptions& o,
                                    const std::string& model,
                                    const std::vector<Structure>& frames) {
  Input own(full_schema());  // that of the distillation has only the keys of its teacher
  own.set("potential.name", "painn", "distill");
  own.set("potential.model", model, "distill");
  own.set("run.device", input.text("run.device"), "distill");
  own.set("run.threads", input.text("run.threads"), "distill");
  choose_components(own, "distill");
  Evaluator student(o.trainer.device, o.trainer.threads, make_potential(own, o.trainer.device));
  return evaluate_with_progress(student, frames, "student", o.progress);
}

/// Writes the committee as it stands at the start of a round, where that is not done yet; the paths
/// of its members.
std::vector<std::string> write_committee(const std::string& folder, DistillTraining& training) {
  std::vector<std::string> models;
  for (int k = 0; k < training.members(); ++k) {
    models.push_back(fmt::format("{}/student{}.safetensors", folder, k));
    if (!fs::exists(models.back()))
      (k == 0 ? training.best() : training.member(k).model()).write(models.back(), {});
  }
  return models;
}

/// What a committee says of each frame.
struct Opinions {
  std::vector<Evaluation> first;     // that of its first member
  std::vector<double> disagreement;  // eV/A, of the others with it; infinite where it is alone
};

Opinions ask_committee(const Input& input, const DistillOptions& o,
                       const std::vector<std::string>& models,
                       const std::vector<Structure>& frames) {
  Opinions result{ask_student(input, o, models[0], frames),
                  std::vector<double>(frames.size(), HUGE_VAL)};
  for (std::size_t k = 1; k < models.size(); ++k) {
    const auto other = ask_student(input, o, models[k], frames);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const double d = largest_difference(result.first[i].forces, other[i].forces);
      result.disagreement[i] = k == 1 ? d : larger(result.disagreement[i], d);
    }
  }
  return result;
}

/// The frames on which the committee disagrees and the teacher objects, with the teacher's labels.
Dataset objections(const DistillOptions& o, Evaluator& teacher, const SampledFrames& frames,
                   const Opinions& opinions, int round) {
  SampledFrames asked;
  asked.groups = frames.groups;
  std::vector<const std::vector<Vec3>*> student;
  for (std::size_t i = 0; i < frames.structures.size(); ++i)
    if (!(opinions.disagreement[i] <= o.objection)) {  // no number objects too
      asked.structures.push_back(frames.structures[i]);
      asked.group.push_back(frames.group[i]);
      student.push_back(&opinions.first[i].forces);
    }
  std::vector<std::size_t> kept;
  const Dataset labelled = label(o, teacher, asked, &kept);
  Dataset found;
  found.groups = labelled.groups;
  for (std::size_t j = 0; j < kept.size(); ++j) {
    const painn::LabelledStructure& s = labelled.structures[j];
    if (largest_difference(*student[kept[j]], s.forces) <= o.objection) continue;
    found.structures.push_back(s);
    found.group.push_back(labelled.group[j]);
  }
  say("round {}: {} frames, {} seen by the teacher, {} to learn from\n", round,
      frames.structures.size(), asked.structures.size(), found.structures.size());
  return found;
}

/// Warns where energies do not change as the forces say: one of the two is in another unit.
void check_units(const Input& input, const Dataset& data) {
  const double ratio = energy_over_work(data);
  if (ratio > 0.7 && ratio < 1.4) return;
  warn(fmt::format(
      "{}: energies change by {:.3g} times what the forces along the way say; energies "
      "in eV and forces in eV/A are wanted",
      input.text("distill.dataset").empty() ? "the labels of " + input.text("potential.name")
                                            : input.text("distill.dataset"),
      ratio));
}

}  // namespace

void check_files(const Input& input, const DistillOptions& o, const Evaluator& teacher) {
  const auto check = [&](const std::vector<Structure>& systems, const std::string& key) {
    for (const Structure& s : systems)
      if (s.periodic.any())
        input.fail(key, s.source + " is periodic; molecules and clusters are wanted");
    check_systems(input, teacher.potential(), teacher.device(), systems, false);
  };
  for (const auto& [key, runs] : {std::pair("distill.samples", &o.samples),
                                  {"distill.test_samples", &o.test_samples},
                                  {"distill.explore", &o.explore}})
    for (const std::string& path : *runs) {
      Input run(full_schema());
      run.read_file(path);
      choose_components(run, "run");
      const bool own_model = runs != &o.explore && !run.text("potential.model").empty();
      if (own_model && !fs::exists(run.file("potential.model")))
        run.fail("potential.model", run.file("potential.model") + ": no such file");
      for (const std::string& file : run.files("system.structure"))
        check(read_structure_file(run, file), key);
    }
  for (const auto& [key, files] : {std::pair("distill.structures", &o.structures),
                                   {"distill.test_structures", &o.test_structures}})
    for (const std::string& path : *files) check(read_structure_file(input, path, key), key);
  if (!o.dataset.empty() && !fs::exists(o.dataset))
    input.fail("distill.dataset", o.dataset + ": no such file");
}

bool make_dataset(const Input& input, const DistillOptions& o, Evaluator& teacher, Dataset& data) {
  const std::string path = o.directory + "/dataset.safetensors";
  if (const std::string& known = o.dataset.empty() ? path : o.dataset; fs::exists(known)) {
    data = Dataset::read(known);
    check_units(input, data);
    return true;
  }
  SampledFrames frames;
  if (!sample(input, o.samples, o.directory + "/samples", Part::training, "", 1, frames))
    return false;
  add_files(input, o.structures, Part::training, frames);
  const std::size_t dropped = drop_duplicates(frames, o.min_difference);
  choose_validation(frames, 0, o.validation, o.seed);
  const std::size_t thermal = frames.structures.size();
  say("{} frames to learn from, {} near duplicates dropped\n", thermal, dropped);
  SampledFrames stretched = frames, rattled = frames;
  add_stretched(stretched, o.stretched, o.seed);
  add_rattled(rattled, o.rattled, o.rattle, o.seed);
  append(frames, stretched, thermal);
  append(frames, rattled, thermal);
  say("{} with a stretched bond and {} displaced ones added\n",
      stretched.structures.size() - thermal, rattled.structures.size() - thermal);
  if (o.minima) add_minima(frames, teacher, o);
  data = label(o, teacher, frames);
  check_units(input, data);
  data.write(path);
  return true;
}

bool make_tests(const Input& input, const DistillOptions& o, Evaluator& teacher,
                const Dataset& learned, Dataset& data) {
  const std::string path = o.directory + "/tests.safetensors";
  if (fs::exists(path)) {
    data = Dataset::read(path);
    return true;
  }
  SampledFrames frames;
  if (!sample(input, o.test_samples, o.directory + "/tests", Part::test, "", 1 + o.samples.size(),
              frames))
    return false;
  add_files(input, o.test_structures, Part::test, frames);
  const std::size_t all = frames.structures.size(),
                    dropped = drop_duplicates(frames, o.min_difference, {&learned});
  data = label(o, teacher, frames);
  const std::string key =
      o.test_structures.empty() ? "distill.test_samples" : "distill.test_structures";
  if (all > 0)
    say("{} frames to test with, {} near one another or near what is learned dropped\n",
        data.structures.size(), dropped);
  if (all > 0 && data.structures.empty())
    input.fail(key, fmt::format("none of the {} frames is left to test with: {} are nearer than "
                                "distill.min_difference to one another or to what is learned, {} "
                                "are beyond distill.max_force",
                                all, dropped, all - dropped));
  data.write(path);
  return true;
}

bool explore(const Input& input, const DistillOptions& o, Evaluator& teacher,
             DistillTraining& training, int round, const Dataset& tests, Dataset& data) {
  const std::string folder = fmt::format("{}/round{}", o.directory, round);
  const std::string path = folder + "/dataset.safetensors";
  Dataset found;
  if (fs::exists(path)) {
    found = Dataset::read(path);
  } else {
    const FolderLock lock = make_folder(folder);
    const std::vector<std::string> models = write_committee(folder, training);
    SampledFrames frames;
    const std::size_t stage =
        1 + o.samples.size() + o.test_samples.size() + (round - 1) * o.explore.size();
    if (!sample(input, o.explore, folder, Part::training, models[0], stage, frames)) return false;
    const std::size_t dropped = drop_duplicates(frames, o.min_difference, {&data, &tests});
    say("round {}: {} frames near those of before or of the tests dropped\n", round, dropped);
    add_stretched(frames, o.stretched, o.seed + 10 * static_cast<std::uint32_t>(round));
    found =
        objections(o, teacher, frames, ask_committee(input, o, models, frames.structures), round);
    found.write(path);
  }
  for (const int g : found.group) data.group.push_back(g + static_cast<int>(data.groups.size()));
  data.groups.insert(data.groups.end(), found.groups.begin(), found.groups.end());
  data.structures.insert(data.structures.end(), found.structures.begin(), found.structures.end());
  return true;
}

}  // namespace md
