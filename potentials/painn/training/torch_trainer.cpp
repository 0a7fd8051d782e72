#include <ATen/Parallel.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "md/errors.hpp"
#include "potentials/painn/training/torch_fused_painn.hpp"
#include "potentials/painn/training/torch_shard.hpp"
#include "potentials/painn/training/trainer.hpp"
#include "potentials/support/safetensors.hpp"
#include "potentials/support/safetensors_writer.hpp"
#include "potentials/support/torch_runtime.hpp"

namespace md::painn {
namespace {

/// The pseudo-Huber loss of x, see TrainerOptions, and its derivative over 2 x.
struct Huber {
  double loss, factor;
  Huber(double x, double d) : loss(x * x), factor(1) {
    if (d <= 0) return;
    const double root = std::sqrt(1 + x * x / (d * d));
    loss = 2 * x * x / (1 + root);
    factor = 1 / root;
  }
};

class TorchTrainer final : public Trainer {
 public:
  TorchTrainer(const PainnModel& model, const TrainerOptions& options)
      : model_(model),
        options_(options),
        device_(torch_device(options.device)),
        type_(options.wide ? at::kDouble : at::kFloat),
        network_(model, type_, options.device),
        arena_(options.threads) {
    for (const PainnModel::Tensor& tensor : model_.parameters()) size_ += tensor.values->size();
    const auto n = static_cast<std::int64_t>(size_);
    std::vector<double> flat;
    for (const PainnModel::Tensor& tensor : model_.parameters())
      flat.insert(flat.end(), tensor.values->begin(), tensor.values->end());
    weights_ = torch_copy(flat, {n}, type_, options.device);
    average_ = weights_.clone();
    first_ = at::zeros_like(weights_);
    second_ = at::zeros_like(weights_);
    adopt(network_, weights_, true);
  }

  double step(Batch batch, double learning_rate) override {
    double loss = 0;
    at::Tensor g = flat_gradient(batch, loss);
    const double size = g.norm().item<double>();
    if (!std::isfinite(size)) throw NumericalError("training: the gradient is not a finite number");
    if (size > options_.max_gradient) g.mul_(options_.max_gradient / size);
    ++steps_;
    at::_fused_adamw_({weights_}, {g}, {first_}, {second_}, {},
                      {at::full({}, static_cast<double>(steps_), g.options().dtype(at::kFloat))},
                      learning_rate, 0.9, 0.999, options_.weight_decay, 1e-8, false, false);
    // Young averages forget faster, or the drawn weights would stay in them.
    const double decay = std::min(options_.average, (1.0 + steps_) / (10.0 + steps_));
    average_.lerp_(weights_, 1 - decay);
    return loss;
  }

  std::vector<double> gradient(Batch batch, double* loss) override {
    double value = 0;
    const at::Tensor g = flat_gradient(batch, value).to(at::kCPU, at::kDouble).contiguous();
    if (loss) *loss = value;
    return {g.const_data_ptr<double>(), g.const_data_ptr<double>() + g.numel()};
  }

  TrainingErrors evaluate(Batch structures) override {
    FusedPainn network(model_, type_, options_.device);
    adopt(network, average_, false);
    constexpr std::size_t chunk = 32;
    const int n_chunks = static_cast<int>((structures.size() + chunk - 1) / chunk);
    std::vector<Prediction> results(n_chunks);
    run(n_chunks, [&](int k) {
      Shard shard;
      for (const TrainingStructure* s :
           structures.subspan(chunk * k, std::min(chunk, structures.size() - chunk * k)))
        shard.add(*s);
      results[k] = predict(network, shard, device_);
    });
    return errors_of(structures, results);
  }

  PainnModel model() const override {
    PainnModel result = model_;
    const at::Tensor flat = average_.to(at::kCPU, at::kDouble).contiguous();
    const double* at = flat.const_data_ptr<double>();
    for (const PainnModel::Tensor& tensor : result.parameters()) {
      std::copy_n(at, tensor.values->size(), tensor.values->begin());
      at += tensor.values->size();
    }
    return result;
  }

  std::int64_t steps() const override { return steps_; }

  void write(const std::string& path) const override {
    std::vector<TensorToWrite> tensors;
    for (const auto& [name, tensor] : state()) {
      const at::Tensor flat = tensor->to(at::kCPU, at::kDouble).contiguous();
      const double* const p = flat.const_data_ptr<double>();
      tensors.push_back({name, {flat.numel()}, {p, p + flat.numel()}, options_.wide});
    }
    write_safetensors(path, tensors,
                      {{"architecture", "painn-training"}, {"steps", std::to_string(steps_)}});
  }

  void read(const std::string& path) override {
    const Safetensors file(path);
    if (file.metadata("architecture") != "painn-training")
      throw InputError(path + ": is not the state of a training");
    for (const auto& [name, tensor] : state())
      tensor->copy_(torch_copy(file.values(name, {static_cast<std::int64_t>(size_)}),
                               {static_cast<std::int64_t>(size_)}, type_, options_.device));
    steps_ = std::stoll(file.metadata("steps"));
  }

 private:
  std::vector<std::pair<std::string, const at::Tensor*>> state() const {
    return {
        {"weights", &weights_}, {"average", &average_}, {"first", &first_}, {"second", &second_}};
  }

  /// Makes the network's tensors views of `flat`.
  void adopt(FusedPainn& network, const at::Tensor& flat, bool trainable) const {
    std::int64_t at = 0;
    for (at::Tensor* tensor : network.parameters()) {
      const std::int64_t n = tensor->numel();
      *tensor = flat.narrow(0, at, n).view(tensor->sizes()).detach().requires_grad_(trainable);
      at += n;
    }
  }

  /// f(k) for k = 0 ... n - 1 on the threads; LibTorch itself uses one in each.
  template <class F>
  void run(int n, F f) {
    arena_.execute([&] {
      tbb::parallel_for(
          0, n,
          [&](int k) {
            if (at::get_num_threads() != 1) at::set_num_threads(1);
            f(k);
          },
          tbb::simple_partitioner());
    });
  }

  /// Gradient of the mean loss. With c = dL/dF and F = -dE/dx the part of the forces is
  ///   sum c dF/dw = -d/dw (dE/dx . c) = -(d/dw E(x + h c) - d/dw E(x - h c)) / 2h + O(h^2),
  /// so no second derivatives are needed, and the two energies give the energies' part too. h moves
  /// the atom with the largest c by options.displacement.
  at::Tensor flat_gradient(Batch batch, double& loss) {
    std::vector<Shard> shards = deal(batch, options_.threads);
    std::vector<at::Tensor> parts(shards.size());
    std::vector<double> losses(shards.size());
    run(static_cast<int>(shards.size()),
        [&](int k) { parts[k] = shard_gradient(shards[k], losses[k]); });
    at::Tensor sum = parts[0];
    for (std::size_t k = 1; k < parts.size(); ++k) sum.add_(parts[k]);
    const double n = static_cast<double>(batch.size());
    loss = std::accumulate(losses.begin(), losses.end(), 0.0) / n;
    return sum.div_(n);
  }

  at::Tensor shard_gradient(const Shard& shard, double& loss) const {
    const Prediction now = predict(network_, shard, device_);
    std::vector<Vec3> plus = shard.position, minus = shard.position;
    std::vector<double> factor_plus, factor_minus;
    loss = 0;
    for (std::size_t b = 0; b < shard.size(); ++b) {
      const TrainingStructure& s = *shard.structures[b];
      const std::int64_t begin = shard.first_atom[b], end = shard.first_atom[b + 1];
      const double n = static_cast<double>(end - begin),
                   energy_error = now.energy[b] - s.source->energy;
      const Huber energy(energy_error, options_.energy_huber);
      const double energy_factor = s.weight * options_.energy_weight / n;
      const double force_factor = s.weight * options_.force_weight / (3 * n);
      loss += energy_factor * energy.loss;
      std::vector<Vec3> slope;  // of the loss by each force
      double largest = 1e-12;
      for (std::int64_t i = begin; i < end; ++i) {
        const Vec3 error = now.force[i] - s.source->forces[i - begin];
        const Huber force(norm(error), options_.force_huber);
        loss += force_factor * force.loss;
        slope.push_back((2 * force_factor * force.factor) * error);
        largest = std::max(largest, norm(slope.back()));
      }
      const double h = options_.displacement / largest;
      for (std::int64_t i = begin; i < end; ++i) {
        plus[i] += h * slope[i - begin];
        minus[i] -= h * slope[i - begin];
      }
      const double energy_slope = energy_factor * energy.factor * energy_error;
      factor_plus.push_back(energy_slope - 1 / (2 * h));
      factor_minus.push_back(energy_slope + 1 / (2 * h));
    }
    std::vector<at::Tensor> parameters;
    for (at::Tensor* p : network_.parameters()) parameters.push_back(*p);
    std::vector<at::Tensor> sum;
    for (const auto& [position, factor] :
         {std::pair(&plus, &factor_plus), {&minus, &factor_minus}}) {
      const at::Tensor energies =
          sum_atoms(network_.atom_energies(graph_of(shard, *position, device_)), shard);
      const at::Tensor weighted = energies.dot(at::tensor(*factor, energies.options()));
      const auto part = torch::autograd::grad({weighted}, parameters);
      if (sum.empty())
        sum = part;
      else
        for (std::size_t k = 0; k < sum.size(); ++k) sum[k] = sum[k] + part[k];
    }
    for (at::Tensor& part : sum) part = part.reshape({-1});
    return at::cat(sum);
  }

  PainnModel model_;
  TrainerOptions options_;
  at::Device device_;
  at::ScalarType type_;
  mutable FusedPainn network_;
  mutable tbb::task_arena arena_;
  std::size_t size_ = 0;
  at::Tensor weights_, average_, first_, second_;  // [size_], each
  std::int64_t steps_ = 0;
};

std::unique_ptr<Trainer> make(const TrainerStart& start) {
  return std::make_unique<TorchTrainer>(start.model, start.options);
}

const bool supplied = trainers().supply("libtorch", make);

}  // namespace
}  // namespace md::painn
