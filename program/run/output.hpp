#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/async_writer.hpp"
#include "program/run/samples.hpp"
#include "program/run/stage.hpp"

namespace md {

/// A time of a run for people and tables: ps with nine decimals, more where its steps are shorter
/// than the last of them.
std::string time_text(double time_ps, double time_step);

/// The growing files of a run: trajectories and log.csv. Copies states on the calling thread,
/// writes on another.
class Output {
 public:
  /// `traits` of the potential. `resume` empty: new files; else they are cut back to
  /// these marks and continued.
  Output(const Stage& stage, const Replicas& replicas, const PotentialTraits& traits,
         Samples& samples, const std::vector<FileMark>& resume);

  bool frame_due(std::int64_t step) const { return step % every_ == 0 && !formats_.empty(); }
  bool log_due(std::int64_t step) const { return step % log_every_ == 0; }
  bool due(std::int64_t step) const { return frame_due(step) || log_due(step); }
  /// The next step after `step` at which something is due.
  std::int64_t next(std::int64_t step) const;
  /// True when what is due at `step` wants the virial.
  bool wants_virial(std::int64_t step) const;
  /// Writes what is due at this step; the watches add what they know to a frame.
  void write(const Simulation& simulation, const std::vector<Watch*>& watches);
  /// A row of the log at any step, which does not count in the samples.
  void write_log(const Simulation& simulation);

  std::vector<FileMark> flush() { return writer_->flush(); }
  std::vector<FileMark> finish() { return writer_->finish(); }
  const Batch& batch() const { return batch_; }

 private:
  std::string log_lines(const Frame& frame, std::string text) const;

  Batch batch_;
  std::vector<std::string> endings_;  // of the rows of each replica: ",name,target temperature"
  Samples& samples_;
  std::string directory_;
  std::vector<std::string> formats_;
  std::int64_t every_, log_every_;
  double time_step_;
  bool velocities_, forces_, packed_, pressure_;
  bool uncertainty_;  // log.csv has its columns
  std::unique_ptr<AsyncWriter> writer_;
};

}  // namespace md
