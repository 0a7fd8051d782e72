#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "program/distill/dataset.hpp"
#include "program/distill/options.hpp"
#include "program/progress.hpp"

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
  /// learning_curve.csv with its first line, where there is none yet.
  void start_curve() const;
  /// One round of training: its number, its epochs, the steps of each and of all.
  struct Round {
    int number, epochs;
    std::int64_t steps_per_epoch, steps, warmup;
  };
  std::int64_t steps_of_round() const { return members_[0]->steps() - round_start_; }
  /// Of a step counted from the beginning of the round.
  double learning_rate(const Round& round, std::int64_t step) const;
  /// Makes the steps of an epoch that are not made yet. False: stopped before its end.
  bool train_epoch(const Round& round, std::int64_t epoch, const std::function<bool()>& must_stop,
                   Progress& progress);
  /// Judges the first member on the validation part, keeps it if it is the best so far, reports.
  void finish_epoch(const Round& round, std::int64_t epoch, Progress& progress);
  /// A line of learning_curve.csv and one on the screen.
  void report_epoch(const Round& round, std::int64_t epoch, const painn::TrainingErrors& errors,
                    bool better, Progress& progress) const;

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
