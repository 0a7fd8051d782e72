#pragma once

#include <string>
#include <vector>

#include "md/input/input.hpp"
#include "potentials/painn/training/trainer.hpp"

namespace md {

/// [distill] as numbers, checked.
struct DistillOptions {
  std::string directory;
  std::vector<std::string> samples, test_samples, explore;  // inputs of runs
  std::vector<std::string> structures, test_structures;     // structure files
  std::string dataset;                                      // of an earlier distillation
  int stretched = 0;
  double rattled = 0, rattle = 0;  // share of the frames; A
  bool minima = false;
  int displaced = 0, moved = 0;                 // copies of each minimum
  double displacement = 0;                      // A
  double min_distance = 0, min_difference = 0;  // A
  double max_force = 0, soft_force = 0;         // eV/A
  double small_weight = 0;
  double validation = 0;  // share of the trajectories
  std::uint32_t seed = 0;

  int channels = 0, layers = 0, radial = 0;
  double cutoff = 0;  // A
  painn::Envelope envelope = painn::Envelope::polynomial;
  bool repulsion = true;
  double epsilon = 0;
  std::string initial;  // model file to start from; empty: weights at random

  int epochs = 0, round_epochs = 0, rounds = 0, committee = 1, batch = 0, warmup = 0, patience = 0;
  double learning_rate = 0, round_learning_rate = 0, last_learning_rate = 0;
  double objection = 0;  // eV/A
  painn::TrainerOptions trainer;
  double max_time = 0;  // s
  bool progress = true;
};

/// Throws InputError for anything impossible.
DistillOptions read_distill_options(const Input& input);

}  // namespace md
