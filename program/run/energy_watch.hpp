#pragma once

#include <string>
#include <vector>

#include "program/run/stage.hpp"

namespace md {

/// Says once for each replica when its total energy is not conserved where it should be: by how
/// much and when.
///
/// The energy E of velocity Verlet fluctuates about a constant by what its time step makes of
/// curvature: E + dt^2 (v U'' v / 12 - sum f^2 / (24 m)) is conserved to higher order (Hairer,
/// Lubich and Wanner, Geometric Numerical Integration, IX.3). D = dt^2 sum f^2 / (24 m) is the
/// measure: harmonic motion stays within 3 D of its start at the largest D. Allowed are ten times
/// the largest of D at the start, its mean over the run and its means over the last two blocks of
/// steps, one per cent of the mean kinetic energy, and rounding. A block counts by its step nearest
/// to the start's energy, so that an error that goes as it came, in a collision, is none.
class EnergyWatch final : public Watch {
 public:
  explicit EnergyWatch(const Stage& stage) : stage_(stage) {}

  void begin(const Stage&, const Replicas& replicas, Simulation& simulation,
             const Checkpoint* from) override;
  void look(Simulation& simulation, double elapsed) override;
  void save(Checkpoint& checkpoint) const override;
  void summarize(Json& summary) const override;

 private:
  struct Block {
    double looks = 0, least = 0, measure = 0;  // of E - E0 the one nearest to zero; sum of D
  };
  struct Account {
    double looks = 0, first = 0, measure0 = 0;  // E0 and D at the start
    double measure = 0, kinetic = 0;            // sums
    Block block, last;
    double said_step = -1, change = 0, bound = 0;  // where it was found to be wrong
  };
  void judge(const Simulation& simulation, int r, double potential);
  void say(std::int64_t step, int r) const;

  const Stage& stage_;
  bool active_ = false;
  std::vector<std::string> names_;
  std::vector<double> mass_;  // [n_atoms] u; infinite of held ones, which count for nothing
  std::vector<Account> accounts_;
};

}  // namespace md
