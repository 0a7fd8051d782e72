#pragma once

#include <memory>
#include <string>

#include "md/potential.hpp"
#include "potentials/painn/painn_model.hpp"

namespace md::painn {

/// The traits that all evaluations of a PaiNN share.
PotentialTraits traits_of(const PainnModel& model, const std::string& precision);

/// How the filters, functions of the distance alone, are evaluated: from their definition, or from
/// splines (filter_table.hpp).
enum class Filters { exact, table };

/// The evaluation on the CPU by own kernels, with a hand-written reverse pass; a replica has the
/// same bits alone and in any batch, on one thread and on many.
std::unique_ptr<Potential> make_kernels(const PainnModel& model, const PotentialOptions& options,
                                        Filters filters);

/// What a potential of make_kernels also is: where its time goes.
class Profiled {
 public:
  virtual ~Profiled() = default;
  virtual void set_profiled(bool on) = 0;  // and forgets what was measured
  /// Name and seconds of each part of the evaluation, summed over threads.
  virtual std::vector<std::pair<std::string, double>> profile() = 0;
};

/// What a potential of make_kernels also is: a source of what an Uncertainty is fitted to.
class Featured {
 public:
  virtual ~Featured() = default;
  virtual void keep_features() = 0;  // from now on
  /// [n_atoms, H] silu(head0 s) of the last evaluation.
  virtual std::vector<double> features() const = 0;
};

/// What another evaluation than the kernels gets.
struct EvaluationOptions {
  const PainnModel& model;
  const PotentialOptions& potential;
};
/// The other evaluations: "libtorch" with automatic differentiation, the oracle of the kernels.
using EvaluationRegistry = Registry<Factory<Potential, EvaluationOptions>>;
EvaluationRegistry& evaluations();

}  // namespace md::painn
