#include <fmt/format.h>
#include <malloc.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "md/program/distill_sampling.hpp"
#include "md/program/distill_training.hpp"
#include "md/program/folder.hpp"
#include "md/program/run_loop.hpp"
#include "md/program/run_options.hpp"
#include "md/program/schema.hpp"
#include "md/program/verbs.hpp"
#include "potentials/safetensors.hpp"

namespace md {
namespace fs = std::filesystem;
namespace {

/// Everything that is read later on, before anything is written.
void check_files(const Input& input, const DistillOptions& o) {
  for (const auto* const runs : {&o.samples, &o.test_samples, &o.explore})
    for (const std::string& path : *runs) {
      Input run(full_schema());
      run.read_file(path);
      choose_components(run, true);
      for (const std::string& file : run.files("system.structure")) read_structure_file(run, file);
    }
  for (const auto* const files : {&o.structures, &o.test_structures})
    for (const std::string& path : *files) read_structure_file(input, path);
  if (!o.dataset.empty() && !fs::exists(o.dataset))
    input.fail("distill.dataset", o.dataset + ": no such file");
}

/// Each step of a training asks for the megabytes that the last has returned: kept by the process,
/// two threads make 8 % more steps.
void keep_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 2000 << 20);
}

/// Appends structures and groups of `more` from structure `from` on.
void append(Frames& frames, const Frames& more, std::size_t from) {
  const auto n = static_cast<std::ptrdiff_t>(from);
  frames.structures.insert(frames.structures.end(), more.structures.begin() + n,
                           more.structures.end());
  frames.group.insert(frames.group.end(), more.group.begin() + n, more.group.end());
}

/// The first data: frames of runs and files, with what was made of them, labelled and split.
/// Written to dataset.safetensors, which a continued distillation reads back. False: stopped early.
bool make_dataset(const Input& input, const DistillOptions& o, Evaluator& teacher, Dataset& data) {
  const std::string path = o.directory + "/dataset.safetensors";
  if (const std::string& known = o.dataset.empty() ? path : o.dataset; fs::exists(known)) {
    data = Dataset::read(known);
    return true;
  }
  Frames frames;
  if (!sample(input, o.samples, o.directory + "/samples", Part::training, "", frames)) return false;
  add_files(input, o.structures, Part::training, frames);
  const std::size_t all = frames.structures.size();
  drop_duplicates(frames, o.min_difference);
  choose_validation(frames, 0, o.validation, o.seed);
  const std::size_t thermal = frames.structures.size();
  fmt::print("{} frames to learn from, {} near duplicates dropped\n", thermal, all - thermal);
  Frames stretched = frames, rattled = frames;
  add_stretched(stretched, o.stretched, o.seed);
  add_rattled(rattled, o.rattled, o.rattle, o.seed);
  append(frames, stretched, thermal);
  append(frames, rattled, thermal);
  fmt::print("{} with a stretched bond and {} displaced ones added\n",
             stretched.structures.size() - thermal, rattled.structures.size() - thermal);
  data = label(input, teacher, frames, o.max_force);
  data.write(path);
  return true;
}

/// What only tests, in tests.safetensors. False: stopped early.
bool make_tests(const Input& input, const DistillOptions& o, Evaluator& teacher, Dataset& data) {
  const std::string path = o.directory + "/tests.safetensors";
  if (fs::exists(path)) {
    data = Dataset::read(path);
    return true;
  }
  Frames frames;
  if (!sample(input, o.test_samples, o.directory + "/tests", Part::test, "", frames)) return false;
  add_files(input, o.test_structures, Part::test, frames);
  drop_duplicates(frames, o.min_difference);
  data = label(input, teacher, frames, o.max_force);
  data.write(path);
  return true;
}

/// A network of the sizes asked for, with shifts and scale from the data.
PainnModel new_model(const DistillOptions& o, const Dataset& data) {
  std::vector<const painn::LabelledStructure*> training;
  PainnModel m;
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
  m.n_species = *m.elements.rbegin() + 1;
  m.shift = fit_shifts(training, m.n_species);
  m.scale.assign(m.n_species, std::sqrt(square / components));  // eV: the force over 1 A
  const auto dense = [](int in, int out, bool bias) {
    return DenseLayer{out, in, std::vector<double>(static_cast<std::size_t>(in) * out),
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

/// What a student says of structures.
std::vector<Evaluation> ask_student(const Input& input, const DistillOptions& o,
                                    const std::string& model,
                                    const std::vector<Structure>& frames) {
  Input own(full_schema());  // that of the distillation has only the keys of its teacher
  own.set("potential.name", "painn");
  own.set("potential.model", model);
  own.set("run.device", input.text("run.device"));
  own.set("run.threads", input.text("run.threads"));
  choose_components(own, false);
  Evaluator student(o.trainer.device, o.trainer.threads, make_potential(own, o.trainer.device));
  return student.evaluate(frames, "student", o.progress);
}

double largest_difference(const std::vector<Vec3>& a, const std::vector<Vec3>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, norm(a[i] - b[i]));
  return std::isfinite(largest) ? largest : HUGE_VAL;
}

/// One active round: the student runs; frames on which the committee disagrees (where there is one)
/// go to the teacher, and those on which the teacher objects are learned from. False: stopped
/// early.
bool explore(const Input& input, const DistillOptions& o, Evaluator& teacher,
             DistillTraining& training, int round, Dataset& data) {
  const std::string folder = fmt::format("{}/round{}", o.directory, round);
  const std::string path = folder + "/dataset.safetensors";
  Dataset found;
  if (fs::exists(path)) {
    found = Dataset::read(path);
  } else {
    fs::create_directories(folder);
    std::vector<std::string> models;
    for (int k = 0; k < training.members(); ++k) {
      models.push_back(fmt::format("{}/student{}.safetensors", folder, k));
      if (!fs::exists(models.back()))
        (k == 0 ? training.best() : training.member(k).model()).write(models.back(), {});
    }
    Frames frames;
    if (!sample(input, o.explore, folder, Part::training, models[0], frames)) return false;
    drop_duplicates(frames, o.min_difference);
    add_stretched(frames, o.stretched, o.seed + 10 * static_cast<std::uint32_t>(round));
    const std::size_t all = frames.structures.size();
    const auto forces = ask_student(input, o, models[0], frames.structures);
    std::vector<double> disagreement(all, HUGE_VAL);
    for (std::size_t k = 1; k < models.size(); ++k) {
      const auto other = ask_student(input, o, models[k], frames.structures);
      for (std::size_t i = 0; i < all; ++i) {
        const double d = largest_difference(forces[i].forces, other[i].forces);
        disagreement[i] = k == 1 ? d : std::max(disagreement[i], d);
      }
    }
    Frames asked;
    asked.groups = frames.groups;
    std::vector<const std::vector<Vec3>*> student;
    for (std::size_t i = 0; i < all; ++i)
      if (disagreement[i] > o.objection) {
        asked.structures.push_back(frames.structures[i]);
        asked.group.push_back(frames.group[i]);
        student.push_back(&forces[i].forces);
      }
    std::vector<std::size_t> kept;
    const Dataset labelled = label(input, teacher, asked, o.max_force, &kept);
    found.groups = labelled.groups;
    for (std::size_t j = 0; j < kept.size(); ++j) {
      const painn::LabelledStructure& s = labelled.structures[j];
      if (largest_difference(*student[kept[j]], s.forces) <= o.objection) continue;
      found.structures.push_back(s);
      found.group.push_back(labelled.group[j]);
    }
    fmt::print("round {}: {} frames, {} seen by the teacher, {} to learn from\n", round, all,
               asked.structures.size(), found.structures.size());
    found.write(path);
  }
  for (const int g : found.group) data.group.push_back(g + static_cast<int>(data.groups.size()));
  data.groups.insert(data.groups.end(), found.groups.begin(), found.groups.end());
  data.structures.insert(data.structures.end(), found.structures.begin(), found.structures.end());
  return true;
}

/// What the training part of the data spans.
painn::TrainingDomain domain_of(const PainnModel& model, const Dataset& data) {
  painn::TrainingDomain domain({model.elements.begin(), model.elements.end()});
  const auto visit = [&](auto use) {
    for (std::size_t k = 0; k < data.structures.size(); ++k)
      if (data.groups[data.group[k]].part == Part::training)
        use(data.structures[k].numbers, data.structures[k].positions);
  };
  visit([&](const auto& numbers, const auto& positions) { domain.add(numbers, positions); });
  domain.finish_means();
  visit([&](const auto& numbers, const auto& positions) { domain.widen(numbers, positions); });
  return domain;
}

std::string error_row(const std::string& name, std::size_t n, const painn::TrainingErrors& e) {
  return fmt::format("{},{},{:.6f},{:.6f},{:.6f},{:.6f},{:.6f},{:.6f},{:.4f}\n", name, n,
                     e.energy_mae, e.energy_mae_per_atom, e.force_mae, e.force_rmse, e.force_r2,
                     e.mean_force, e.mean_force > 0 ? 1 - e.force_mae / e.mean_force : 0);
}

/// Test errors of the finished student, by composition and in all, to errors.csv and the screen.
std::map<std::string, std::string> report_errors(const DistillOptions& o, const PainnModel& model,
                                                 const Dataset& data) {
  const auto trainer = painn::make_trainer()(model, o.trainer);
  std::vector<painn::TrainingStructure> prepared;
  prepared.reserve(data.structures.size());
  std::map<std::string, std::vector<const painn::TrainingStructure*>> by_name;
  std::vector<const painn::TrainingStructure*> all;
  for (std::size_t k = 0; k < data.structures.size(); ++k) {
    const Group& g = data.groups[data.group[k]];
    if (g.part != Part::test) continue;
    prepared.push_back(painn::Trainer::prepare(data.structures[k], model));
    by_name[g.name].push_back(&prepared.back());
    all.push_back(&prepared.back());
  }
  if (all.empty()) return {};
  std::string text =
      "system,structures,energy_mae_eV,energy_mae_eV_per_atom,force_mae_eV_A,force_rmse_eV_A,"
      "force_r2,mean_force_eV_A,retention\n";
  fmt::print("\n{:<16}{:>11}{:>16}{:>18}{:>10}\n", "test system", "structures", "energy MAE eV",
             "force MAE eV/A", "R2");
  const auto row = [&](const std::string& name, const auto& structures) {
    const painn::TrainingErrors e = trainer->evaluate(structures);
    text += error_row(name, structures.size(), e);
    fmt::print("{:<16}{:>11}{:>16.4f}{:>18.4f}{:>10.5f}\n", name, structures.size(), e.energy_mae,
               e.force_mae, e.force_r2);
    return e;
  };
  for (const auto& [name, structures] : by_name) row(name, structures);
  const painn::TrainingErrors e = row("all", all);
  write_text_file(o.directory + "/errors.csv", text);
  return {{"test_structures", std::to_string(all.size())},
          {"test_energy_mae_eV", fmt::format("{:.6f}", e.energy_mae)},
          {"test_force_mae_eV_A", fmt::format("{:.6f}", e.force_mae)},
          {"test_force_r2", fmt::format("{:.6f}", e.force_r2)}};
}

}  // namespace

ExitCode distill_verb(const CommandLine& line) {
  if (line.arguments.size() != 1)
    throw InputError("command line: distill needs an input file, or the folder of one to continue");
  if (!painn::make_trainer())
    throw ResourceError("this build has no LibTorch, which distill needs: -DMD_TORCH=ON");
  const bool again = fs::is_directory(line.arguments[0]);
  Input input(full_schema());
  input.read_file(again ? line.arguments[0] + "/input.ini" : line.arguments[0]);
  apply_overrides(input, line);
  if (again)
    input.set("output.directory", fs::absolute(line.arguments[0]).lexically_normal().string());
  choose_components(input, false);
  const DistillOptions o = read_distill_options(input);
  check_files(input, o);
  if (!again) check_output_folder(input, o.directory, input.flag("output.overwrite"));
  Evaluator teacher(o.trainer.device, o.trainer.threads, make_potential(input, o.trainer.device));
  const PainnModel given =
      o.initial.empty() ? PainnModel() : PainnModel::read(Safetensors(o.initial));
  fs::create_directories(o.directory);
  write_text_file(o.directory + "/input.ini", input.resolved());
  catch_signals();
  keep_memory();
  const auto stopped = [&] {
    fmt::print("stopped early; `understudy distill {}` continues\n", o.directory);
    return ExitCode::stopped_early;
  };

  Dataset data;
  if (!make_dataset(input, o, teacher, data)) return stopped();
  DistillTraining training(o, o.initial.empty() ? new_model(o, data) : given, !o.initial.empty());
  for (int round = 0; round <= o.rounds; ++round) {
    if (round > 0 && !explore(input, o, teacher, training, round, data)) return stopped();
    if (round < training.rounds_done()) continue;
    training.use(data);
    if (!training.train(round, round == 0 ? o.epochs : o.round_epochs)) return stopped();
  }

  PainnModel student = training.best();
  student.domain = domain_of(student, data);
  Dataset tests;
  if (!make_tests(input, o, teacher, tests)) return stopped();
  std::map<std::string, std::string> metadata = report_errors(o, student, tests);
  const std::string everything = o.directory + "/all_data.safetensors";
  data.write(everything);
  metadata["data_sha256"] = sha256_of_file(everything);
  metadata["training_structures"] = std::to_string(data.structures.size());
  metadata["teacher"] = input.text("distill.teacher");
  if (metadata["teacher"].empty())
    metadata["teacher"] = fs::path(input.text("potential.model")).filename().string();
  if (!input.text("potential.model").empty())
    metadata["teacher_sha256"] = sha256_of_file(input.file("potential.model"));
  metadata["distilled_by"] = std::string("understudy ") + MD_VERSION;
  metadata["distilled_steps"] = std::to_string(training.member(0).steps());
  metadata["seed"] = std::to_string(o.seed);
  const std::string target = o.directory + "/student.safetensors";
  student.write(target, metadata);
  fmt::print("\nwritten: {}\n", target);
  return ExitCode::done;
}

}  // namespace md
