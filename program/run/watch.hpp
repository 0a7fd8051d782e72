#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "io/checkpoint.hpp"
#include "md/json.hpp"
#include "md/registry.hpp"
#include "md/simulation.hpp"

namespace md {

struct Replicas;
struct Stage;

/// Looks at a run while it goes on, and may step in. What an input can ask for is registered in
/// watches(); the run loop has some of its own.
class Watch {
 public:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  virtual ~Watch() = default;

  /// Before anything is written: throws InputError where it cannot look at these replicas.
  virtual void check(const Replicas&) const {}
  /// What moves the replicas: `own`, or what this watch, which outlives it, puts in its place.
  virtual Potential& drive(Potential& own, const Replicas&) { return own; }
  /// Once, before the first step; opens its files. After a restart, where `from` is not null, it
  /// cuts them back to their marks and takes what save() has put there.
  virtual void begin(const Stage&, const Replicas&, Simulation&, const Checkpoint* /*from*/) {}

  /// The first step after `step` at which the run has to stop for it.
  virtual std::int64_t next(std::int64_t /*step*/) const { return never; }
  /// Where the run stands still, after the output of this step: time to look, if a look is due.
  /// `elapsed`: s on the clock since the run began.
  virtual void look(Simulation& simulation, double elapsed) = 0;
  /// The row of report and timings.json that its looks count in; "": they count as other.
  virtual std::string phase() const { return ""; }
  /// Adds what it knows to a frame that is about to be written.
  virtual void mark(Frame&) const {}

  /// Everything on the disk, and how far its files are complete.
  virtual std::vector<FileMark> flush() { return {}; }
  virtual void save(Checkpoint&) const {}
  /// After the last step: writes what it has found and returns it in words.
  virtual std::string report() { return ""; }
  /// The same for summary.json.
  virtual void summarize(Json&) const {}
  /// Names of the files that it leaves.
  virtual std::vector<std::string> files() const { return {}; }
};

/// Makes a watch while its stage is being prepared; null where the input does not ask for it.
struct WatchMaker {
  std::function<std::unique_ptr<Watch>(Stage&)> make;
};
Registry<WatchMaker>& watches();

}  // namespace md
