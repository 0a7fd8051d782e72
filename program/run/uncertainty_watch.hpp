#pragma once

#include <vector>

#include "program/run/output.hpp"

namespace md {

/// Asks a potential that estimates the error of its forces for it: in every step that is logged or
/// written, and every 10 steps where safety.max_uncertainty bounds it. Warns once for each replica
/// that passes the model's threshold, and puts aside those beyond the bound.
class UncertaintyWatch final : public Watch {
 public:
  static constexpr std::int64_t interval = 10;  // steps, where there is a bound
  /// It looks at what `output` writes; both must outlive it.
  UncertaintyWatch(const Stage& stage, const Output& output) : stage_(stage), output_(output) {}
  void begin(const Stage&, const Replicas&, Simulation& simulation,
             const Checkpoint* from) override;
  std::int64_t next(std::int64_t step) const override;
  void look(Simulation& simulation, double elapsed) override;
  void mark(Frame& frame) const override;
  void save(Checkpoint& checkpoint) const override;
  void summarize(Json& summary) const override;

 private:
  bool bounded() const;
  void judge(Simulation& simulation);

  const Stage& stage_;
  const Output& output_;
  double threshold_ = 0;  // eV/A; 0: the potential estimates nothing
  std::vector<std::string> names_;
  std::int64_t looked_ = -1;           // step of now_
  std::vector<ForceUncertainty> now_;  // [n_replicas]
  std::vector<double> largest_;        // [n_replicas] eV/A while it ran
};

}  // namespace md
