#include <ATen/ops/from_blob.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "potentials/painn/torch_painn.hpp"
#include "potentials/painn/training/trainer.hpp"
#include "potentials/support/safetensors.hpp"
#include "tests/potentials/painn/random_painn.hpp"
#include "tests/potentials/support/written_safetensors.hpp"

namespace md::test {
namespace {

using namespace painn;

/// Structures with labels at random, of a model at random with repulsion.
struct Problem {
  PainnModel model;
  std::vector<LabelledStructure> structures;
  std::vector<TrainingStructure> prepared;
  std::vector<const TrainingStructure*> batch;

  explicit Problem(int channels) {
    Random random(17);
    model = random_model(random, channels, 2, 8, 4.0);
    model.repulsion = true;
    model.envelope = Envelope::polynomial;
    model.elements = {1, 6, 7, 8};
    model.scale.assign(model.n_species, 1.5);
    std::normal_distribution<double> normal;
    for (const int n : {2, 5, 9, 1}) {
      const Structure s = random_structure(random, n, 1);
      LabelledStructure labelled{s.numbers, s.positions, -1.3 * n + normal(random), {}};
      for (int i = 0; i < n; ++i)
        labelled.forces.push_back({normal(random), normal(random), normal(random)});
      structures.push_back(labelled);
    }
    for (const LabelledStructure& s : structures) {
      prepared.push_back(Trainer::prepare(s, model));
      prepared.back().weight = 1 + 0.3 * static_cast<double>(prepared.size());
    }
    for (const TrainingStructure& s : prepared) batch.push_back(&s);
  }
};

/// x2 = x^2 to its pseudo-Huber loss.
at::Tensor huber(const at::Tensor& x2, double d) {
  return d > 0 ? 2 * d * d * (at::sqrt(1 + x2 / (d * d)) - 1) : x2;
}

/// The mean loss by LibTorch alone, with second derivatives, and its gradient.
std::vector<double> second_derivatives(const Problem& p, const TrainerOptions& o, double& loss) {
  TorchPainn network(p.model, at::kDouble, Device{});
  std::vector<at::Tensor> parameters;
  for (at::Tensor* t : network.parameters()) {
    *t = t->clone().requires_grad_();
    parameters.push_back(*t);
  }
  at::Tensor total = at::zeros({}, at::kDouble);
  for (const TrainingStructure& s : p.prepared) {
    const auto ints = [](const std::vector<int>& v) {
      return at::tensor(v, at::kInt).to(at::kLong);
    };
    const auto n = static_cast<std::int64_t>(s.source->numbers.size());
    const auto rows = [&](const std::vector<Vec3>& v) {
      return at::from_blob(const_cast<Vec3*>(v.data()), {n, 3}, at::kDouble).clone();
    };
    const at::Tensor x = rows(s.source->positions).requires_grad_();
    TorchGraph graph{ints(s.source->numbers), ints(s.center), ints(s.neighbor), {}};
    graph.vector = x.index_select(0, graph.neighbor) - x.index_select(0, graph.center);
    const at::Tensor energy = network.atom_energies(graph).sum();
    const at::Tensor error = energy - s.source->energy;
    total = total + s.weight * o.energy_weight / static_cast<double>(n) *
                        huber(error.square(), o.energy_huber);
    const at::Tensor force = s.center.empty()
                                 ? at::zeros({n, 3}, at::kDouble)
                                 : -torch::autograd::grad({energy}, {x}, {}, true, true)[0];
    total =
        total + s.weight * o.force_weight / (3.0 * static_cast<double>(n)) *
                    huber((force - rows(s.source->forces)).square().sum(1), o.force_huber).sum();
  }
  total = total / static_cast<double>(p.prepared.size());
  loss = total.item<double>();
  std::vector<double> result;
  for (const at::Tensor& g : torch::autograd::grad({total}, parameters)) {
    const at::Tensor flat = g.reshape({-1}).contiguous();
    result.insert(result.end(), flat.const_data_ptr<double>(),
                  flat.const_data_ptr<double>() + flat.numel());
  }
  return result;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double error = 0, size = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    error += (a[k] - b[k]) * (a[k] - b[k]);
    size += b[k] * b[k];
  }
  return std::sqrt(error / size);
}

std::unique_ptr<Trainer> make_trainer(const PainnModel& model, const TrainerOptions& options) {
  return trainers().find("libtorch").make({model, options});
}

TEST(Trainer, GradientIsThatOfSecondDerivatives) {
  for (const int channels : {32, 12}) {  // with the fused messages, and without
    const Problem problem(channels);
    TrainerOptions options;
    options.wide = true;
    options.energy_weight = 0.7;
    options.force_weight = 2;
    if (channels == 12) options.energy_huber = 0.4, options.force_huber = 0.7;
    double loss = 0;
    const std::vector<double> wanted = second_derivatives(problem, options, loss);
    double errors[2];
    for (const int halved : {0, 1}) {
      options.displacement = halved ? 5e-5 : 1e-4;
      options.threads = 1 + halved;
      double value = 0;
      const auto gradient = make_trainer(problem.model, options)->gradient(problem.batch, &value);
      ASSERT_EQ(gradient.size(), wanted.size());
      EXPECT_NEAR(value, loss, 1e-10 * loss);
      errors[halved] = distance(gradient, wanted);
    }
    EXPECT_LT(errors[0], 1e-6);
    EXPECT_NEAR(errors[0] / errors[1], 4, 0.5);  // a central difference
  }
}

TEST(Trainer, GradientInFloat32AtTheDisplacementOfTraining) {
  const Problem problem(32);
  double loss = 0, value = 0;
  const std::vector<double> wanted = second_derivatives(problem, {}, loss);
  const auto gradient = make_trainer(problem.model, {})->gradient(problem.batch, &value);
  EXPECT_NEAR(value, loss, 1e-4 * loss);
  EXPECT_LT(distance(gradient, wanted), 1e-2);
}

TEST(Trainer, ContinuesWithTheSameSteps) {
  const Problem problem(32);
  TrainerOptions options;
  options.threads = 2;
  const auto whole = make_trainer(problem.model, options);
  const auto first = make_trainer(problem.model, options);
  for (int k = 0; k < 6; ++k) whole->step(problem.batch, 1e-3);
  for (int k = 0; k < 3; ++k) first->step(problem.batch, 1e-3);
  const TemporaryFile file("");
  first->write(file.path());
  PainnModel other = problem.model;
  draw_weights(other, 5);
  const auto second = make_trainer(other, options);
  second->read(file.path());
  for (int k = 0; k < 3; ++k) second->step(problem.batch, 1e-3);
  EXPECT_EQ(second->steps(), 6);
  PainnModel a = whole->model(), b = second->model();
  for (std::size_t k = 0; k < a.parameters().size(); ++k)
    EXPECT_EQ(*a.parameters()[k].values, *b.parameters()[k].values) << a.parameters()[k].name;
}

TEST(Trainer, LearnsWhatAnotherNetworkSays) {
  Problem problem(32);
  // Labels that a network can have: those of the problem's own model.
  const auto teacher = make_trainer(problem.model, {});
  for (std::size_t k = 0; k < problem.structures.size(); ++k) {
    LabelledStructure& s = problem.structures[k];
    const auto n = static_cast<std::int64_t>(s.numbers.size());
    TorchPainn network(problem.model, at::kDouble, Device{});
    TorchGraph graph{at::tensor(s.numbers, at::kInt).to(at::kLong),
                     at::tensor(problem.prepared[k].center, at::kInt).to(at::kLong),
                     at::tensor(problem.prepared[k].neighbor, at::kInt).to(at::kLong),
                     {}};
    const at::Tensor x = at::from_blob(s.positions.data(), {n, 3}, at::kDouble).clone();
    graph.vector = x.index_select(0, graph.neighbor) - x.index_select(0, graph.center);
    const EnergyGradient result = differentiate(network, graph);
    s.energy = result.energies.sum().item<double>();
    s.forces.assign(s.numbers.size(), Vec3{});
    for (std::size_t e = 0; e < problem.prepared[k].center.size(); ++e) {
      const Vec3* const g = static_cast<const Vec3*>(result.gradient.const_data_ptr()) + e;
      s.forces[problem.prepared[k].center[e]] += *g;
      s.forces[problem.prepared[k].neighbor[e]] -= *g;
    }
  }
  EXPECT_LT(teacher->evaluate(problem.batch).force_mae, 1e-4);
  draw_weights(problem.model, 3);
  TrainerOptions options;
  options.average = 0.9;
  const auto trainer = make_trainer(problem.model, options);
  const double before = trainer->evaluate(problem.batch).force_mae;
  for (int k = 0; k < 400; ++k) trainer->step(problem.batch, 3e-3 * (1 - k / 400.0));
  const TrainingErrors after = trainer->evaluate(problem.batch);
  EXPECT_LT(after.force_mae, 0.1 * before);
  EXPECT_GT(after.force_r2, 0.95);
}

TEST(Trainer, WritesAModelThatReadsBack) {
  Problem problem(32);
  const TemporaryFile file("");
  problem.model.write(file.path(), {{"teacher", "nobody"}});
  const Safetensors stored(file.path());
  EXPECT_EQ(stored.metadata("teacher"), "nobody");
  PainnModel back = PainnModel::read(stored);
  EXPECT_EQ(back.cutoff, problem.model.cutoff);
  EXPECT_EQ(back.envelope, problem.model.envelope);
  EXPECT_EQ(back.repulsion, problem.model.repulsion);
  EXPECT_EQ(back.elements, problem.model.elements);
  EXPECT_EQ(back.shift, problem.model.shift);
  for (std::size_t k = 0; k < back.parameters().size(); ++k)
    for (std::size_t i = 0; i < back.parameters()[k].values->size(); ++i)
      EXPECT_EQ((*back.parameters()[k].values)[i],
                static_cast<float>((*problem.model.parameters()[k].values)[i]));
}

}  // namespace
}  // namespace md::test
