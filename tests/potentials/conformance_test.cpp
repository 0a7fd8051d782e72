// What every registered potential is held to. A new one enters by a line in conformance_cases.cpp.
#include "tests/potentials/conformance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "md/errors.hpp"
#include "program/components.hpp"
#include "tests/potentials/evaluate_batch.hpp"

namespace md::test {
namespace {

/// What a potential leaves behind in a state where `before` stood everywhere.
struct Evaluated {
  std::vector<Vec3> force;     // [n_atoms]
  std::vector<double> energy;  // [n_replicas]
  std::vector<Mat3> virial;    // [n_replicas]
};

struct EvaluateHow {
  double before = 0;
  bool virial = true, gate_closed = false;
  Status status = Status::running;
  double skin = 0.5;
  int threads = 1;
};

Mat3 filled(double x) { return {{{x, x, x}, {x, x, x}, {x, x, x}}}; }

Evaluated evaluate(Potential& potential, const std::vector<Structure>& systems,
                   const EvaluateHow& how = {}) {
  Stream stream(test_device(), how.threads);
  State state(test_device(), systems, std::vector<ReplicaSettings>(systems.size()));
  NeighborList neighbors(state, potential.traits().cutoff, how.skin, stream);
  neighbors.build(stream);
  state.force.fill({how.before, how.before, how.before});
  state.potential.fill(how.before);
  state.virial.fill(filled(how.before));
  state.status.fill(static_cast<int>(how.status));
  state.halt.fill(how.gate_closed);
  stream.set_gate(state.halt.data());
  potential.add_forces(state.view(), neighbors, how.virial, stream);
  stream.synchronize();
  Evaluated result{state.force.download(), state.potential.download(), state.virial.download()};
  for (std::size_t r = 0; r < systems.size(); ++r)  // nobody promises one without a cell
    if (!systems[r].periodic.any()) result.virial[r] = filled(how.before);
  return result;
}

/// Largest difference of anything; what is no number counts as infinite.
double difference(const Evaluated& a, const Evaluated& b, double offset = 0) {
  double worst = 0;
  const auto compare = [&](double x, double y) {
    const double off = std::abs(x - y - offset);
    if (!(off <= worst)) worst = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
  };
  EXPECT_EQ(a.force.size(), b.force.size());
  EXPECT_EQ(a.energy.size(), b.energy.size());
  for (std::size_t i = 0; i < a.force.size(); ++i)
    for (int k = 0; k < 3; ++k) compare(a.force[i][k], b.force[i][k]);
  for (std::size_t r = 0; r < a.energy.size(); ++r) {
    compare(a.energy[r], b.energy[r]);
    for (int k = 0; k < 9; ++k) compare(a.virial[r][k / 3][k % 3], b.virial[r][k / 3][k % 3]);
  }
  return worst;
}

double largest_force(const Evaluated& e) {
  double largest = 0;
  for (const Vec3& f : e.force) largest = std::max(largest, norm(f));
  return largest;
}

/// What belongs to replica r of the batch.
Evaluated replica(const Evaluated& batch, const std::vector<Structure>& systems, std::size_t r) {
  int first = 0;
  for (std::size_t k = 0; k < r; ++k) first += systems[k].size();
  const auto from = batch.force.begin() + first;
  return {{from, from + systems[r].size()}, {batch.energy[r]}, {batch.virial[r]}};
}

class PotentialConformance : public testing::TestWithParam<PotentialCase> {
 protected:
  std::unique_ptr<Potential> make(bool strict = false) const {
    const PotentialCase& c = GetParam();
    return make_potential(c.name, c.keys, {c.precision, strict, 1});
  }
  const std::vector<Structure>& systems() const { return systems_; }
  /// All systems twice, and larger ones.
  std::vector<Structure> batch() const {
    std::vector<Structure> result = systems();
    result.insert(result.end(), systems().begin(), systems().end());
    if (GetParam().large)
      for (const Structure& s : large_systems()) result.push_back(s);
    return result;
  }
  /// Rounding of what is computed twice in different ways: of sums in another order.
  double rounding(const Evaluated& e) const {
    double largest = 1 + largest_force(e);
    for (const double x : e.energy) largest = std::max(largest, std::abs(x));
    return GetParam().precision == "float64" ? 1e-12 * largest : 20 * make()->traits().force_noise;
  }

 private:
  std::vector<Structure> systems_ = GetParam().systems();
};

INSTANTIATE_TEST_SUITE_P(Registered, PotentialConformance, testing::ValuesIn(potential_cases()),
                         [](const auto& info) { return info.param.name + "_" + info.param.label; });

TEST(PotentialConformance, EveryRegisteredPotentialHasACase) {
  if (test_device().is_cuda()) GTEST_SKIP() << "not all of them run there";
  const std::vector<PotentialCase> cases = potential_cases();
  for (const auto& [name, entry] : potentials().entries())
    EXPECT_TRUE(!entry.make ||  // only its name is known here
                std::ranges::any_of(cases, [&](const auto& c) { return c.name == name; }))
        << name << " needs a line in tests/potentials/conformance_cases.cpp";
}

TEST_P(PotentialConformance, KeepsWhatItClaims) {
  const auto found = broken_claims(make(), systems());
  const std::set<std::string>& known = GetParam().broken;
  for (const auto& [claim, what] : found) EXPECT_TRUE(known.contains(claim)) << what;
  for (const std::string& claim : known) EXPECT_TRUE(found.contains(claim)) << claim << " holds";
}

TEST_P(PotentialConformance, ForcesAndVirialAreDerivativesOfTheEnergy) {
  const auto potential = make();
  if (!potential->traits().conservative || GetParam().precision != "float64")
    GTEST_SKIP() << "no gradient, or too coarse for differences";
  for (const Structure& s : systems()) {
    const double scale = 1 + largest_force(evaluate(*potential, {s}));
    EXPECT_LE(force_error(*potential, s, 1e-5, s.size()), 1e-7 * scale) << s.source;
    if (s.periodic.any() && potential->traits().virial) {
      EXPECT_LE(virial_error(*potential, s, 1e-5), 1e-7 * scale) << s.source;
    }
  }
}

TEST_P(PotentialConformance, StrictGivesTheSameBitsAloneAndInAnyBatch) {
  const auto potential = make(true);
  const std::vector<Structure> systems = batch();
  const Evaluated together = evaluate(*potential, systems, {.threads = 2});
  for (std::size_t r = 0; r < systems.size(); ++r)
    EXPECT_EQ(difference(replica(together, systems, r), evaluate(*potential, {systems[r]})), 0)
        << r;
}

TEST_P(PotentialConformance, FastGivesTheSameAloneAndInABatchToRounding) {
  const auto potential = make();
  const std::vector<Structure> systems = batch();
  const Evaluated together = evaluate(*potential, systems);
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const Evaluated alone = evaluate(*potential, {systems[r]});
    EXPECT_LE(difference(replica(together, systems, r), alone), rounding(alone)) << r;
  }
}

TEST_P(PotentialConformance, TheSkinChangesNothing) {
  const auto potential = make();
  const Evaluated thin = evaluate(*potential, systems(), {.skin = 0});
  EXPECT_LE(difference(thin, evaluate(*potential, systems(), {.skin = 2})), rounding(thin));
}

TEST_P(PotentialConformance, AddsToWhatIsThere) {
  const auto potential = make();
  const Evaluated alone = evaluate(*potential, systems());
  EXPECT_GT(difference(alone, evaluate(*potential, systems(), {.gate_closed = true})), 0.1);
  EXPECT_LE(difference(evaluate(*potential, systems(), {.before = 3}), alone, 3), rounding(alone));
}

TEST_P(PotentialConformance, GivesAVirialOnlyWhereAskedAndWhereItHasOne) {
  const auto potential = make();
  Evaluated with = evaluate(*potential, systems(), {.before = 3}),
            without = evaluate(*potential, systems(), {.before = 3, .virial = false});
  for (const Mat3& w : without.virial)
    for (int k = 0; k < 9; ++k) EXPECT_EQ(w[k / 3][k % 3], 3);
  for (std::size_t r = 0; r < systems().size(); ++r) {
    const bool there = norm(with.virial[r][0] - Vec3{3, 3, 3}) > 0;
    if (systems()[r].periodic.any()) {
      EXPECT_EQ(there, potential->traits().virial) << systems()[r].source;
    }
  }
  with.virial = without.virial;
  EXPECT_LE(difference(with, without), rounding(with));
}

TEST_P(PotentialConformance, DoesNothingWhileTheGateIsClosed) {
  const auto potential = make();
  const Evaluated closed = evaluate(*potential, systems(), {.before = 3, .gate_closed = true});
  for (const Vec3& f : closed.force) EXPECT_EQ(norm(f - Vec3{3, 3, 3}), 0);
  for (std::size_t r = 0; r < systems().size(); ++r) {
    EXPECT_EQ(closed.energy[r], 3);
    for (int k = 0; k < 9; ++k) EXPECT_EQ(closed.virial[r][k / 3][k % 3], 3);
  }
}

TEST_P(PotentialConformance, EvaluatesFrozenReplicasToo) {
  const auto potential = make();
  EXPECT_EQ(difference(evaluate(*potential, systems()),
                       evaluate(*potential, systems(), {.status = Status::quarantined})),
            0);
}

TEST_P(PotentialConformance, ABrokenReplicaLeavesTheOthersAlone) {
  for (const bool strict : {false, true}) {
    const auto potential = make(strict);
    const Structure& good = systems()[0];
    Structure nowhere = good, coincident = good;
    nowhere.positions[1].y = std::numeric_limits<double>::quiet_NaN();
    coincident.positions[0] = coincident.positions[1];
    const std::vector<Structure> batch{good, nowhere, good, coincident, good};
    const Evaluated alone = evaluate(*potential, {good}), mixed = evaluate(*potential, batch);
    for (const std::size_t r : {0, 2, 4})
      EXPECT_LE(difference(replica(mixed, batch, r), alone), strict ? 0 : rounding(alone)) << r;
  }
}

TEST_P(PotentialConformance, IsGivenOnlySystemsThatItClaimsToTake) {
  Input input(Input::Schema{{"potential", {{"name", Kind::text, "", "", ""}}},
                            {"integrator", {{"method", Kind::text, "langevin", "", ""}}}});
  input.set("potential.name", GetParam().name);
  const auto potential = make();
  const PotentialTraits& traits = potential->traits();
  const auto takes = [&](const Structure& s, const Device& device = {}) {
    try {
      check_systems(input, *potential, device, {s}, false);
      return true;
    } catch (const InputError&) {
      return false;
    }
  };
  for (const Structure& s : systems()) EXPECT_TRUE(takes(s)) << s.source;
  Structure one{{*systems()[0].numbers.begin()}, {{}}, {}, {}, {}, "one atom", ""};
  EXPECT_EQ(takes(one), traits.aperiodic);
  EXPECT_EQ(takes(one, {Device::Kind::cuda, 0}), traits.aperiodic && traits.on_gpu);
  one.cell = {{{30, 0, 0}, {0, 30, 0}, {0, 0, 30}}};
  one.periodic = {true, true, true};
  EXPECT_EQ(takes(one), traits.periodic);
  one = systems()[0];
  for (int number = 1; number <= 118; ++number) {
    one.numbers[0] = number;
    EXPECT_EQ(takes(one), traits.elements.empty() || traits.elements.contains(number)) << number;
  }
}

}  // namespace
}  // namespace md::test
