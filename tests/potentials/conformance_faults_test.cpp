// That the conformance suite finds faults: potentials that each break one claim by little.
#include <gtest/gtest.h>

#include <functional>

#include "tests/potentials/conformance.hpp"
#include "tests/potentials/evaluate_batch.hpp"

namespace md::test {
namespace {

/// Lennard-Jones, and something done to the state after it.
class Spoiled final : public Potential {
 public:
  using Spoil = std::function<void(const StateView&)>;

  explicit Spoiled(Spoil spoil, const std::string& shift = "yes")
      : good_(make_potential(
            "lennard_jones",
            {{"epsilon", "0.1 eV"}, {"sigma", "1 A"}, {"cutoff", "4 A"}, {"shift", shift}})),
        spoil_(std::move(spoil)),
        traits_(good_->traits()) {
    traits_.continuous_energy = true;
  }
  const PotentialTraits& traits() const override { return traits_; }
  void add_forces(const StateView& s, const NeighborList& neighbors, bool virial,
                  Stream& stream) override {
    good_->add_forces(s, neighbors, virial, stream);
    if (spoil_) spoil_(s);
  }

 private:
  std::unique_ptr<Potential> good_;
  Spoil spoil_;
  PotentialTraits traits_;
};

std::vector<Structure> systems() {
  for (const PotentialCase& c : potential_cases())
    if (c.name == "lennard_jones") return c.systems();
  return {};
}

std::set<std::string> broken_by(const Spoiled::Spoil& spoil, const std::string& shift = "yes") {
  std::set<std::string> claims;
  for (const auto& [claim, what] :
       broken_claims(std::make_unique<Spoiled>(spoil, shift), systems()))
    claims.insert(claim);
  return claims;
}

TEST(PotentialConformanceFaults, NoneAreFoundWhereThereAreNone) {
  EXPECT_EQ(broken_by(nullptr), std::set<std::string>{});
}

TEST(PotentialConformanceFaults, AForceThatIsOffByAThousandth) {
  const auto broken = broken_by([](const StateView& s) {
    for (int i = 0; i < s.n_atoms; ++i) s.force[i] = 1.001 * s.force[i];
  });
  EXPECT_TRUE(broken.contains("forces are -dE/dx"));
}

TEST(PotentialConformanceFaults, AVirialThatIsOff) {
  EXPECT_EQ(broken_by([](const StateView& s) { s.virial[0][0][1] += 1e-3; }),
            std::set<std::string>{"virial is -dE/dstrain"});
}

TEST(PotentialConformanceFaults, AFieldFromOutside) {
  const auto broken = broken_by([](const StateView& s) {
    for (int i = 0; i < s.n_atoms; ++i) {
      s.potential[s.replica[i]] += 1e-6 * s.number[i] * s.position[i].x;
      s.force[i].x -= 1e-6 * s.number[i];
    }
  });
  for (const char* const claim : {"energy: moved as a whole", "energy: spread over 8 rotations",
                                  "forces: turn with the system", "net force"})
    EXPECT_TRUE(broken.contains(claim)) << claim;
}

TEST(PotentialConformanceFaults, AnEnergyThatFollowsTheOrderOfTheAtoms) {
  EXPECT_EQ(broken_by([](const StateView& s) {
              for (int i = 0; i < s.n_atoms; ++i)
                s.potential[s.replica[i]] += 1e-6 * s.number[i] * (i - s.first_atom[s.replica[i]]);
            }),
            (std::set<std::string>{"energy: atoms in another order",
                                   "energy: two copies are twice one"}));
}

TEST(PotentialConformanceFaults, AnEnergyThatFollowsTheBatch) {
  const auto broken = broken_by([](const StateView& s) {
    for (int r = 0; r < s.n_replicas; ++r) s.potential[r] += 1e-9 * s.n_replicas;
  });
  EXPECT_TRUE(broken.contains("energy: in a batch as alone"));
}

TEST(PotentialConformanceFaults, AnEnergyThatJumpsAtTheCutoff) {
  EXPECT_TRUE(broken_by(nullptr, "no").contains("largest jump of the energy"));
}

}  // namespace
}  // namespace md::test
