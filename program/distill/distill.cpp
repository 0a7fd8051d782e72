#include <fmt/format.h>
#include <malloc.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "md/file_hash.hpp"
#include "md/files.hpp"
#include "md/version.hpp"
#include "potentials/support/safetensors.hpp"
#include "program/components.hpp"
#include "program/distill/data.hpp"
#include "program/distill/report.hpp"
#include "program/distill/training.hpp"
#include "program/distill/uncertainty.hpp"
#include "program/folder.hpp"
#include "program/progress.hpp"
#include "program/run/run_loop.hpp"
#include "program/schema.hpp"
#include "program/signals.hpp"
#include "program/verb.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

/// Throws InputError where an option would make `now` another distillation than `before`, of which
/// something is there already.
void check_unchanged(const Input& before, const Input& now) {
  static const std::set<std::string> free{"distill.rounds",    "distill.round_epochs",
                                          "distill.explore",   "distill.round_learning_rate",
                                          "distill.objection", "distill.teacher"};
  for (const std::string& key : now.full_keys())
    if (key == "potential.name" || (key.starts_with("distill.") && !free.contains(key)))
      if (before.text(key) != now.text(key))
        now.fail_value(
            key, "cannot change when a distillation goes on; it has '" + before.text(key) + "'");
}

/// The network to start from says its sizes; throws InputError where the input says others.
void take_sizes(Input& input, const painn::PainnModel& given) {
  const auto take = [&](const std::string& name, const std::string& value) {
    const std::string key = "distill." + name;
    if (input.has(key) && input.text(key) != value)
      input.fail_value(key,
                       "is not that of distill.initial, which has " + value + "; leave it out");
    input.set(key, value, "distill.initial");
  };
  take("channels", std::to_string(given.channels));
  take("layers", std::to_string(given.layers.size()));
  take("radial", std::to_string(given.n_radial));
  take("envelope", given.envelope == painn::Envelope::polynomial ? "polynomial" : "cosine");
  take("repulsion", given.repulsion ? "zbl" : "none");
  if (input.has("distill.cutoff") && std::abs(input.number("distill.cutoff") - given.cutoff) > 1e-9)
    input.fail_value("distill.cutoff",
                     fmt::format("is not that of distill.initial, which has {} A; "
                                 "leave it out",
                                 given.cutoff));
  input.set("distill.cutoff", fmt::format("{} A", given.cutoff), "distill.initial");
}

/// Each step of a training asks for the megabytes that the last has returned: kept by the process,
/// two threads make 8 % more steps.
void keep_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 2000 << 20);
}

/// A network of the sizes asked for, with shifts and scale from the data.
painn::PainnModel new_model(const DistillOptions& o, const Dataset& data) {
  std::vector<const painn::LabelledStructure*> training;
  painn::PainnModel m;
  double square = 0, components = 0;
  for (std::size_t k = 0; k < data.structures.size(); ++k) {
    const painn::LabelledStructure& s = data.structures[k];
    m.elements.insert(s.numbers.begin(), s.numbers.end());
    if (data.groups[data.group[k]].part != Part::training) continue;
    training.push_back(&s);
    double own = 0;
    for (const Vec3& f : s.forces) own += dot(f, f);
    own /= 3.0 * static_cast<double>(s.forces.size());
    const double weight = 1 / (1 + own / (o.soft_force * o.soft_force));
    square += weight * own;
    components += weight;
  }
  m.channels = o.channels;
  m.n_radial = o.radial;
  m.cutoff = o.cutoff;
  m.envelope = o.envelope;
  m.repulsion = o.repulsion;
  m.epsilon = 0.1;
  m.n_species = *m.elements.rbegin() + 1;
  m.shift = fit_shifts(training, m.n_species);
  const double scale = std::sqrt(square / components);  // eV: the force over 1 A
  m.scale.assign(m.n_species, scale > 0 ? scale : 1);   // of free atoms alone: none
  const auto dense = [](int in, int out, bool bias) {
    return painn::DenseLayer{out, in, std::vector<double>(static_cast<std::size_t>(in) * out),
                             std::vector<double>(bias ? out : 0)};
  };
  const int f = o.channels;
  m.embedding.resize(static_cast<std::size_t>(m.n_species) * f);
  m.filter = dense(o.radial, 3 * f * o.layers, true);
  for (int l = 0; l < o.layers; ++l)
    m.layers.push_back({dense(f, f, true), dense(f, 3 * f, true), dense(2 * f, f, true),
                        dense(f, 3 * f, true), dense(f, 2 * f, false)});
  m.head0 = dense(f, std::max(1, f / 2), true);
  m.head1 = dense(std::max(1, f / 2), 1, true);
  return m;
}

/// The input of the file or of the folder, with the overrides; narrowed to its components. Throws
/// InputError where a distillation that goes on would become another one.
Input read_input(const CommandLine& line, bool again) {
  Input input(full_schema());
  input.read_file(again ? line.arguments[0] + "/input.ini" : line.arguments[0]);
  Input before = input;
  apply_overrides(input, line);
  if (again)
    input.set("output.directory", fs::absolute(line.arguments[0]).lexically_normal().string(),
              line.arguments[0]);
  choose_components(input, "distill");
  if (again) {
    choose_components(before, "distill");
    check_unchanged(before, input);
  }
  return input;
}

/// All rounds of training and of looking for frames on which the student fails; what those find is
/// added to `data`. False: stopped early.
bool train_and_explore(const Input& input, const DistillOptions& o, Evaluator& teacher,
                       DistillTraining& training, const Dataset& tests, Dataset& data) {
  for (int round = 0; round <= o.rounds; ++round) {
    if (round > 0 && !explore(input, o, teacher, training, round, tests, data)) return false;
    if (round < training.rounds_done()) continue;
    training.use(data);
    if (!training.train(round, round == 0 ? o.epochs : o.round_epochs)) return false;
  }
  return true;
}

/// Where the student comes from. Writes all the data where rounds have added to them.
std::map<std::string, std::string> origin_of(const Input& input, const DistillOptions& o,
                                             DistillTraining& training, const Dataset& data) {
  std::map<std::string, std::string> metadata;
  std::string everything = o.dataset.empty() ? o.directory + "/dataset.safetensors" : o.dataset;
  if (o.rounds > 0) data.write(everything = o.directory + "/all_data.safetensors");
  metadata["data_sha256"] = sha256_of_file(everything);
  metadata["training_structures"] = std::to_string(data.structures.size());
  metadata["teacher"] = input.text("distill.teacher");
  if (metadata["teacher"].empty())
    metadata["teacher"] = fs::path(input.text("potential.model")).filename().string();
  if (!input.text("potential.model").empty())
    metadata["teacher_sha256"] = sha256_of_file(input.file("potential.model"));
  if (!o.initial.empty()) metadata["initial_sha256"] = sha256_of_file(o.initial);
  if (const std::string license = input.text("distill.license"); !license.empty())
    metadata["license"] = license;
  metadata["distilled_by"] = std::string("understudy ") + version;
  metadata["distilled_steps"] = std::to_string(training.member(0).steps());
  metadata["seed"] = std::to_string(o.seed);
  return metadata;
}

ExitCode distill_verb(const CommandLine& line) {
  if (line.arguments.size() != 1)
    throw InputError("command line: distill needs an input file, or the folder of one to continue");
  const bool again = fs::is_directory(line.arguments[0]);
  Input input = read_input(line, again);
  painn::PainnModel given =
      input.text("distill.initial").empty()
          ? painn::PainnModel()
          : painn::PainnModel::read(Safetensors(input.file("distill.initial")));
  if (!given.layers.empty()) take_sizes(input, given);
  const DistillOptions o = read_distill_options(input);
  if (o.epochs == 0 && (given.layers.empty() || o.rounds > 0))
    input.fail_value("distill.epochs", "needs distill.initial, and distill.rounds = 0");
  if (o.epochs > 0) painn::trainers().find("libtorch");  // said now, not after hours of sampling
  if (!again)
    check_output_folder(input, o.directory, input.flag("output.overwrite"),
                        "continue it with `understudy distill` and this folder, ");
  Evaluator teacher(o.trainer.device, o.trainer.threads, make_potential(input, o.trainer.device));
  check_files(input, o, teacher);
  catch_signals();
  const FolderLock lock = make_folder(o.directory);
  write_file(o.directory + "/input.ini", input.resolved());
  keep_memory();
  const auto stopped = [&] {
    say("stopped early; `understudy distill {}` continues\n", o.directory);
    return ExitCode::stopped_early;
  };

  Dataset data, tests;
  if (!make_dataset(input, o, teacher, data)) return stopped();
  if (o.epochs == 0) {
    add_uncertainty(input, o, data, given);
    return ExitCode::done;
  }
  given.uncertainty = {};  // of other weights than those to come
  // Before the training, so that no round learns from them, and what is wrong with them shows now.
  if (!make_tests(input, o, teacher, data, tests)) return stopped();
  painn::PainnModel start = o.initial.empty() ? new_model(o, data) : given;
  if (o.epsilon > 0) start.epsilon = o.epsilon;
  DistillTraining training(o, start, !o.initial.empty());
  if (!train_and_explore(input, o, teacher, training, tests, data)) return stopped();
  painn::PainnModel student = training.best();
  fit_uncertainty(input, data, student);
  std::map<std::string, std::string> metadata = report_errors(o, student, tests);
  metadata.merge(origin_of(input, o, training, data));
  const std::string target = o.directory + "/student.safetensors";
  student.write(target, metadata);
  painn::PainnModel::read(Safetensors(target));  // what cannot be read was not made
  say("\nwritten: {}\n", target);
  return ExitCode::done;
}

const bool registered = verbs().add(
    "distill",
    {90,
     "distill INPUT.ini",
     "make a student: run and label structures with a teacher, train, go on where it fails",
     R"(understudy distill INPUT.ini [--section.key=value ...]
understudy distill DIRECTORY        continue one that was stopped; the result is the same
Makes a student. The teacher is the potential of section [potential]. SampledFrames come from runs
(distill.samples: inputs of `understudy run`, made if they are not there yet) and from files;
near duplicates go, stretched and displaced copies are added, the teacher labels them all, a PaiNN
is trained on energies and forces. In each active round the student makes the runs of
distill.explore; frames on which a committee of students disagrees, and the teacher objects, are
learned from too. Trajectories are for learning or validation or tests, never for two of them.
Writes student.safetensors, learning_curve.csv, errors.csv and dataset.safetensors to
output.directory.
)",
     {"potential", "output", "run", "distill"},
     distill_verb,
     {"potential.name", "output.directory"}});

}  // namespace
}  // namespace md
