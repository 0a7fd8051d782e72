#include "program/distill/options.hpp"

#include "program/components.hpp"
#include "program/schema.hpp"

namespace md {
namespace {

const bool registered = sections().add(
    "distill",
    {80,
     "how a student is made",
     {
         {"samples", Kind::files, "",
          "inputs of runs whose frames are learned from; they write below output.directory", ""},
         {"structures", Kind::files, "", "structure files whose frames are learned from", ""},
         {"dataset", Kind::file, "",
          "dataset.safetensors of an earlier distillation, instead of both", ""},
         {"test_samples", Kind::files, "", "inputs of runs whose frames only test", ""},
         {"test_structures", Kind::files, "", "structure files whose frames only test", ""},
         {"stretched", Kind::integer, "4",
          "structures with one bond between 0.6 A and twice its length, from each trajectory", ""},
         {"rattled", Kind::number, "0.1", "share of frames that are added once more, displaced",
          ""},
         {"rattle", Kind::length, "0.15 A", "largest standard deviation of these displacements",
          ""},
         {"minima", Kind::flag, "no",
          "the teacher's minimum nearest to the first frame of each trajectory is learned from too",
          ""},
         {"displaced", Kind::integer, "0",
          "copies of each minimum whose atoms are displaced, by 1/100 of distill.displacement up "
          "to it",
          ""},
         {"moved", Kind::integer, "0",
          "copies of each minimum in which one atom is moved out of a symmetric surrounding", ""},
         {"displacement", Kind::length, "0.1 A", "largest of these displacements", ""},
         {"min_difference", Kind::length, "0.01 A",
          "frames nearer than this (rms of distances) are duplicates", ""},
         {"min_distance", Kind::length, "0.55 A",
          "structures with two atoms nearer than this are dropped: they belong to the repulsion",
          ""},
         {"max_force", Kind::force, "300 eV/A", "structures with a larger force are dropped", ""},
         {"soft_force", Kind::force, "4 eV/A",
          "weight of a structure: 1 / (1 + (rms force / soft_force)^2)", ""},
         {"small_weight", Kind::number, "0",
          "weight of a structure of n atoms is times 1 + small_weight (2 / n)^2", ""},
         {"validation", Kind::number, "0.04", "share of trajectories that choose the best model",
          ""},
         {"channels", Kind::integer, "128", "F of the network", ""},
         {"layers", Kind::integer, "3", "interaction layers", ""},
         {"radial", Kind::integer, "20", "radial functions", ""},
         {"cutoff", Kind::length, "5 A", "cutoff", ""},
         {"envelope", Kind::choice, "polynomial", "how filters end at the cutoff",
          "polynomial|cosine"},
         {"repulsion", Kind::choice, "zbl", "repulsion of nuclei below 1 A", "zbl|none"},
         {"epsilon", Kind::number, "",
          "of the invariant sqrt(|V|^2 + epsilon); 0.1, or that of distill.initial", ""},
         {"initial", Kind::file, "", "a painn model to start from, instead of random weights", ""},
         {"epochs", Kind::integer, "60",
          "passes over the data before the first round; 0 with initial: that student gets an "
          "uncertainty, and nothing else changes",
          ""},
         {"rounds", Kind::integer, "0", "active rounds: run the student, learn where it fails", ""},
         {"round_epochs", Kind::integer, "20", "passes over the data after each round", ""},
         {"explore", Kind::files, "", "inputs of the runs that the student makes in a round", ""},
         {"committee", Kind::integer, "1",
          "students trained side by side; their disagreement counts", ""},
         {"objection", Kind::force, "0.3 eV/A",
          "a frame of a round is learned from when a force is off by more", ""},
         {"batch", Kind::integer, "16", "structures in a step", ""},
         {"learning_rate", Kind::number, "1e-3", "after the warm-up", ""},
         {"round_learning_rate", Kind::number, "3e-4", "the same in the rounds", ""},
         {"last_learning_rate", Kind::number, "1e-6", "at the end of the cosine", ""},
         {"warmup", Kind::integer, "500", "steps of rising learning rate", ""},
         {"weight_decay", Kind::number, "1e-4", "of AdamW", ""},
         {"max_gradient", Kind::number, "10", "the norm of the gradient is clipped to this", ""},
         {"average", Kind::number, "0.999", "memory of the average of the weights", ""},
         {"energy_weight", Kind::number, "1", "of (E - E_teacher)^2 / atoms in the loss", ""},
         {"force_weight", Kind::number, "1", "of the mean square of a force component", ""},
         {"energy_huber", Kind::energy, "0 eV",
          "larger errors of an energy count linearly (pseudo-Huber); 0: none", ""},
         {"force_huber", Kind::force, "0 eV/A", "the same for the force on an atom", ""},
         {"patience", Kind::integer, "0", "epochs without progress before it stops; 0: all of them",
          ""},
         {"teacher", Kind::text, "",
          "what the student's file says of its teacher; else its file's name", ""},
         {"license", Kind::text, "", "what the student's file says of its licence", ""},
         {"seed", Kind::integer, "2026", "of weights, order and displacements", ""},
     }});

int count(const Input& input, const std::string& key, int least, int most) {
  return static_cast<int>(input.integer(key, least, most));
}

double share(const Input& input, const std::string& key) {
  const double value = input.number(key);
  if (!(value >= 0 && value < 1)) input.fail_value(key, "must lie between 0 and 1, without 1");
  return value;
}

double not_negative(const Input& input, const std::string& key) {
  const double value = input.number(key);
  if (!(value >= 0)) input.fail_value(key, "must not be below zero");
  return value;
}

std::vector<std::string> files(const Input& input, const std::string& key) {
  return input.text(key).empty() ? std::vector<std::string>() : input.files(key);
}

}  // namespace

DistillOptions read_distill_options(const Input& input) {
  DistillOptions o;
  o.directory = input.file("output.directory");
  o.samples = files(input, "distill.samples");
  o.test_samples = files(input, "distill.test_samples");
  o.structures = files(input, "distill.structures");
  o.test_structures = files(input, "distill.test_structures");
  o.explore = files(input, "distill.explore");
  if (!input.text("distill.dataset").empty()) o.dataset = input.file("distill.dataset");
  const bool own = !o.samples.empty() || !o.structures.empty();
  if (own && !o.dataset.empty())
    input.fail("distill.dataset", "takes the place of distill.samples and distill.structures");
  if (!own && o.dataset.empty())
    input.fail("distill.samples",
               "is missing: say what to learn from, or give distill.structures or distill.dataset");
  o.stretched = count(input, "distill.stretched", 0, 100000);
  o.rattled = share(input, "distill.rattled");
  o.rattle = not_negative(input, "distill.rattle");
  o.minima = input.flag("distill.minima");
  o.displaced = count(input, "distill.displaced", 0, 100000);
  o.moved = count(input, "distill.moved", 0, 100000);
  o.displacement = input.positive("distill.displacement");
  for (const auto& [key, n] :
       {std::pair("distill.displaced", o.displaced), {"distill.moved", o.moved}})
    if (n > 0 && !o.minima) input.fail(key, "needs distill.minima = yes: it copies minima");
  o.min_difference = not_negative(input, "distill.min_difference");
  o.min_distance = not_negative(input, "distill.min_distance");
  o.max_force = input.positive("distill.max_force");
  o.soft_force = input.positive("distill.soft_force");
  o.small_weight = not_negative(input, "distill.small_weight");
  o.validation = share(input, "distill.validation");
  o.seed = static_cast<std::uint32_t>(count(input, "distill.seed", 0, 2147483647));

  o.channels = count(input, "distill.channels", 8, 4096);
  o.layers = count(input, "distill.layers", 1, 32);
  o.radial = count(input, "distill.radial", 1, 1000);
  o.cutoff = input.positive("distill.cutoff");
  o.envelope = input.choice("distill.envelope") == "cosine" ? painn::Envelope::cosine
                                                            : painn::Envelope::polynomial;
  o.repulsion = input.choice("distill.repulsion") == "zbl";
  o.epsilon = input.text("distill.epsilon").empty() ? 0 : input.positive("distill.epsilon");
  if (!input.text("distill.initial").empty()) o.initial = input.file("distill.initial");

  o.epochs = count(input, "distill.epochs", 0, 10'000'000);
  o.rounds = count(input, "distill.rounds", 0, 1000);
  o.round_epochs = count(input, "distill.round_epochs", 1, 10'000'000);
  if (o.rounds > 0 && o.explore.empty())
    input.fail("distill.explore", "is missing: say what the student runs in a round");
  o.committee = count(input, "distill.committee", 1, 16);
  o.batch = count(input, "distill.batch", 1, 100000);
  o.warmup = count(input, "distill.warmup", 0, 10'000'000);
  o.patience = count(input, "distill.patience", 0, 10'000'000);
  o.learning_rate = input.positive("distill.learning_rate");
  o.round_learning_rate = input.positive("distill.round_learning_rate");
  o.last_learning_rate = not_negative(input, "distill.last_learning_rate");
  o.objection = input.positive("distill.objection");
  o.trainer.weight_decay = not_negative(input, "distill.weight_decay");
  o.trainer.max_gradient = input.positive("distill.max_gradient");
  o.trainer.average = share(input, "distill.average");
  o.trainer.energy_weight = not_negative(input, "distill.energy_weight");
  o.trainer.force_weight = input.positive("distill.force_weight");
  o.trainer.energy_huber = not_negative(input, "distill.energy_huber");
  o.trainer.force_huber = not_negative(input, "distill.force_huber");
  o.trainer.wide = input.choice("potential.precision") == "float64";
  o.trainer.device = read_device(input);
  o.trainer.threads = read_threads(input);
  o.max_time = input.text("run.max_time").empty() ? 0 : input.positive("run.max_time");
  o.progress = input.choice("run.progress") == "auto";
  return o;
}

}  // namespace md
