#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "md/device/device.hpp"
#include "md/registry.hpp"
#include "md/vec3.hpp"
#include "potentials/painn/painn_model.hpp"

namespace md::painn {

/// A structure without periodicity and what the teacher says of it.
struct LabelledStructure {
  std::vector<int> numbers;     // [n]
  std::vector<Vec3> positions;  // [n] A
  double energy = 0;            // eV
  std::vector<Vec3> forces;     // [n] eV/A
};

/// A structure ready for training: with its edges.
struct TrainingStructure {
  const LabelledStructure* source = nullptr;
  std::vector<int> center, neighbor;  // [E] sorted by center
  double weight = 1;                  // of its errors in the loss
};

/// The loss of a structure of n atoms, times its weight:
///   energy_weight rho(E - E_t) / n + force_weight sum_i rho(|F_i - F_i,t|) / (3 n)
/// with the pseudo-Huber rho(x) = 2 d^2 (sqrt(1 + (x / d)^2) - 1): x^2 well below d, 2 d |x| above.
struct TrainerOptions {
  double energy_weight = 1, force_weight = 1;  // 1/eV^2, A^2/eV^2
  double energy_huber = 0, force_huber = 0;    // d, eV and eV/A; 0: x^2 everywhere
  double weight_decay = 0;                     // of AdamW
  double max_gradient = 10;                    // the gradient's norm is clipped to this
  double average = 0.999;                      // of the exponential moving average of the weights
  double displacement = 0.01;                  // A, of the difference in Trainer::step
  bool wide = false;                           // float64; else float32
  Device device;
  int threads = 1;
};

/// Mean errors over structures (energies) and components (forces).
struct TrainingErrors {
  double energy_mae = 0, energy_mae_per_atom = 0;  // eV
  double force_mae = 0, force_rmse = 0;            // eV/A
  double force_r2 = 0, mean_force = 0;  // 1 - residual / variance; mean |F component|, eV/A
  double largest_error = -1;            // |F - F_t| of one atom, eV/A; of none: -1
  std::size_t worst_structure = 0;      // where that is
  int worst_atom = 0;                   // from 0
};

/// What a network says of structures back to back.
struct Prediction {
  std::vector<double> energy;  // eV
  std::vector<Vec3> force;     // of all their atoms, eV/A
};

/// Errors of what is said of the first structures, of the next ones, and so on.
TrainingErrors errors_of(std::span<const TrainingStructure* const> structures,
                         std::span<const Prediction> said);

/// Trains a PaiNN on energies and forces: AdamW (Loshchilov and Hutter, ICLR 2019), gradient
/// clipping, an exponential moving average of the weights. Everything it knows besides the data is
/// in write() and read(), so that a continued training makes the same steps.
class Trainer {
 public:
  virtual ~Trainer() = default;
  /// Structures with their edges; `weight` 1.
  static TrainingStructure prepare(const LabelledStructure& structure, const PainnModel& model);

  /// One step of the optimizer on a batch; returns its mean loss.
  virtual double step(std::span<const TrainingStructure* const> batch, double learning_rate) = 0;
  /// The gradient of the mean loss by the parameters, in the order of PainnModel::parameters().
  virtual std::vector<double> gradient(std::span<const TrainingStructure* const> batch,
                                       double* loss) = 0;
  /// Errors of the averaged weights.
  virtual TrainingErrors evaluate(std::span<const TrainingStructure* const> structures) = 0;
  /// The model with the averaged weights.
  virtual PainnModel model() const = 0;
  virtual std::int64_t steps() const = 0;
  virtual void write(const std::string& path) const = 0;
  /// Throws InputError when the file does not belong to this network.
  virtual void read(const std::string& path) = 0;
};

/// Weights drawn as SchNetPack does: uniform within sqrt(6 / (in + out)) for layers, normal for the
/// embedding, biases zero.
void draw_weights(PainnModel& model, std::uint32_t seed);

/// What a trainer starts from.
struct TrainerStart {
  const PainnModel& model;
  const TrainerOptions& options;
};
/// Trainers by name: "libtorch".
using TrainerRegistry = Registry<Factory<Trainer, TrainerStart>>;
TrainerRegistry& trainers();

}  // namespace md::painn
