#pragma once

#include <memory>
#include <string>
#include <vector>

#include "program/distill/dataset.hpp"
#include "program/distill/options.hpp"

namespace md {

/// A committee of students in training and where it stands. Everything is in `folder`: state.json,
/// member0.safetensors ..., best.safetensors, learning_curve.csv.
class DistillTraining {
 public:
  /// Goes on from what `folder` has, else starts with `model`, whose weights are drawn anew for
  /// each member unless `given`.
  DistillTraining(const DistillOptions& options, const painn::PainnModel& model, bool given);

  /// The data from now on; labels must live as long.
  void use(const Dataset& data);
  /// Trains until `epochs` passes of this round are done. False: stopped early, state written.
  bool train(int round, int epochs);
  /// Rounds of training that are finished.
  int rounds_done() const { return rounds_done_; }
  /// The first member with averaged weights, as it was best on the validation part.
  painn::PainnModel best() const;
  painn::Trainer& member(int k) { return *members_[k]; }
  int members() const { return static_cast<int>(members_.size()); }

 private:
  void write_state() const;
  void read_state();
  /// Takes epochs out of learning_curve.csv that came after the state that is gone on from.
  void rewind_curve() const;
  double learning_rate(int round, std::int64_t step, std::int64_t total) const;

  const DistillOptions& options_;
  painn::PainnModel model_;
  std::vector<std::unique_ptr<painn::Trainer>> members_;
  std::vector<painn::TrainingStructure> prepared_;
  std::vector<const painn::TrainingStructure*> training_, validation_;
  int rounds_done_ = 0;
  std::int64_t round_start_ = 0;  // step at which the round that runs began
  int waited_ = 0;                // epochs without progress
  double best_ = 1e300;           // validation loss of best.safetensors
  double loss_sum_ = 0;           // of the steps of this epoch
  std::int64_t loss_steps_ = 0;
};

}  // namespace md
