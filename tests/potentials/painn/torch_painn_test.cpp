#include "potentials/painn/torch_painn.hpp"

#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/potentials/reference_cases.hpp"

namespace md::test {
namespace {

using namespace painn;

const std::string data = std::string(MD_SOURCE_DIR) + "/tests/data/";

struct Result {
  double energy = 0;
  std::vector<Vec3> forces;
  Mat3 virial{};
};

Result evaluate(const TorchPainn& network, const ReferenceCase& c) {
  const auto n = static_cast<std::int64_t>(c.structure.size());
  const auto n_edges = static_cast<std::int64_t>(c.center.size());
  const auto ints = [](const std::vector<int>& v) { return at::tensor(v, at::kInt).to(at::kLong); };
  at::Tensor vector = at::zeros({n_edges, 3}, at::kDouble);
  auto* r = static_cast<Vec3*>(vector.mutable_data_ptr());
  for (std::int64_t e = 0; e < n_edges; ++e)
    r[e] = c.structure.positions[c.neighbor[e]] + c.shift[e] - c.structure.positions[c.center[e]];
  const EnergyGradient out =
      differentiate(network, {ints(c.structure.numbers), ints(c.center), ints(c.neighbor), vector});
  Result result{out.energies.sum().item<double>(), std::vector<Vec3>(n), {}};
  const at::Tensor gradient = out.gradient.contiguous();
  const auto* g = static_cast<const Vec3*>(gradient.const_data_ptr());
  for (std::int64_t e = 0; e < n_edges; ++e) {
    result.forces[c.center[e]] += g[e];
    result.forces[c.neighbor[e]] -= g[e];
    result.virial += -1.0 * outer(r[e], g[e]);
  }
  return result;
}

struct Worst {
  double energy_per_atom = 0, force = 0, stress = 0, force_excess = 0;
};

Worst compare(const std::string& name, at::ScalarType precision) {
  const Safetensors file(data + name + ".safetensors");
  const TorchPainn network(PainnModel::read(file), precision, Device{});
  Worst worst;
  const auto cases = read_cases(data + name + "_cases.json");
  EXPECT_EQ(cases.size(), 12u);
  for (const auto& [label, c] : cases) {
    const Result result = evaluate(network, c);
    const double n = c.structure.size();
    worst.energy_per_atom = std::max(worst.energy_per_atom, std::abs(result.energy - c.energy) / n);
    double largest = 0, error = 0;
    for (std::size_t i = 0; i < c.forces.size(); ++i)
      for (int k = 0; k < 3; ++k) {
        largest = std::max(largest, std::abs(c.forces[i][k]));
        error = std::max(error, std::abs(result.forces[i][k] - c.forces[i][k]));
      }
    worst.force = std::max(worst.force, error);
    worst.force_excess =
        std::max(worst.force_excess, error - std::max(1e-4, 1e-5 * largest + 1e-5));
    if (!c.stress) continue;
    const double volume = std::abs(determinant(c.structure.cell));
    for (int k = 0; k < 9; ++k)
      worst.stress = std::max(worst.stress, std::abs(-result.virial[k / 3][k % 3] / volume -
                                                     (*c.stress)[k / 3][k % 3]));
  }
  return worst;
}

class TorchPainnFiles : public testing::TestWithParam<const char*> {};

TEST_P(TorchPainnFiles, AgreesWithSchNetPackInDouble) {
  const Worst worst = compare(GetParam(), at::kDouble);
  EXPECT_LE(worst.energy_per_atom, 1e-10);
  EXPECT_LE(worst.force, 1e-10);
  EXPECT_LE(worst.stress, 1e-11);
  RecordProperty("force", std::to_string(worst.force * 1e12) + "e-12");
}

TEST_P(TorchPainnFiles, AgreesWithSchNetPackInFloat) {
  const Worst worst = compare(GetParam(), at::kFloat);
  EXPECT_LE(worst.energy_per_atom, 1e-5);
  EXPECT_LE(worst.force_excess, 0);
  EXPECT_LE(worst.stress, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Reference, TorchPainnFiles, testing::Values("painn_small", "painn_full"));

/// A pair of atoms at distance d, as two edges.
ReferenceCase pair(int z1, int z2, double d) {
  ReferenceCase c;
  c.structure.numbers = {z1, z2};
  c.structure.positions = {{0, 0, 0}, {d, 0, 0}};
  c.center = {0, 1};
  c.neighbor = {1, 0};
  c.shift = {{}, {}};
  return c;
}

TorchPainn small(Envelope envelope, bool repulsion) {
  PainnModel model = PainnModel::read(Safetensors(data + "painn_small.safetensors"));
  model.envelope = envelope;
  model.repulsion = repulsion;
  return TorchPainn(model, at::kDouble, Device{});
}

TEST(TorchPainn, PolynomialEnvelopeLeavesTheCutoffMoreSmoothly) {
  // Force of a pair near the cutoff: falls as rc - d with the cosine, as (rc - d)^2 where two
  // derivatives are continuous.
  const auto ratio = [](Envelope envelope) {
    const TorchPainn network = small(envelope, false);
    return std::abs(evaluate(network, pair(6, 8, 5 - 1e-3)).forces[0].x /
                    evaluate(network, pair(6, 8, 5 - 2e-3)).forces[0].x);
  };
  EXPECT_NEAR(ratio(Envelope::cosine), 1.0 / 2, 0.01);
  EXPECT_NEAR(ratio(Envelope::polynomial), 1.0 / 4, 0.01);
}

TEST(TorchPainn, RepulsionIsThatOfZieglerBiersackLittmark) {
  // O-H at 0.3 A, by hand: a = 0.8854 * 0.529177 / (8^0.23 + 1), x = 0.3 / a.
  const double d = 0.3, x = d * (std::pow(8, 0.23) + 1) / (0.8854 * 0.529177210903);
  const double phi = 0.18175 * std::exp(-3.1998 * x) + 0.50986 * std::exp(-0.94229 * x) +
                     0.28022 * std::exp(-0.4029 * x) + 0.02817 * std::exp(-0.20162 * x);
  const double smooth = 1 - 28 * std::pow(d, 6) + 48 * std::pow(d, 7) - 21 * std::pow(d, 8);
  const double expected = 14.399645 * 8 / d * phi * smooth;
  const auto energy = [&](double r, bool repulsion) {
    return evaluate(small(Envelope::cosine, repulsion), pair(8, 1, r)).energy;
  };
  EXPECT_NEAR(energy(d, true) - energy(d, false), expected, 1e-5 * expected);
  EXPECT_EQ(energy(1.0, true), energy(1.0, false));
}

TEST(TorchPainn, ForcesAreTheDerivativeOfTheEnergyWithEveryOption) {
  // The root of sum V^2 + 1e-8 may bend within 1e-4 A, so the step must be well below.
  const double h = 1e-6;
  for (const Envelope envelope : {Envelope::cosine, Envelope::polynomial}) {
    const TorchPainn network = small(envelope, true);
    for (const double d : {0.5, 0.9, 1.7, 4.6}) {
      const auto energy = [&](double r) { return evaluate(network, pair(7, 1, r)).energy; };
      const double slope = (energy(d + h) - energy(d - h)) / (2 * h);
      const double force = evaluate(network, pair(7, 1, d)).forces[1].x;
      EXPECT_NEAR(force, -slope, 1e-7 * std::max(1.0, std::abs(slope))) << d;
    }
  }
}

}  // namespace
}  // namespace md::test
