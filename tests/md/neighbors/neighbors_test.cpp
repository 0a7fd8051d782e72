#include "md/neighbors/neighbors.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "md/errors.hpp"
#include "tests/md/neighbors/brute_force.hpp"

namespace md::test {
namespace {

/// Every pair clearly inside must be there, none clearly outside may; entries agree to 1e-6 A.
void expect_rows(const State& state, const NeighborView& v, int r, const Structure& now,
                 double inner, double outer) {
  const BruteForce expected(now, outer * (1 + 1e-9));
  const auto rows = rows_of(state, v, r);
  ASSERT_EQ(rows.size(), expected.rows.size());
  const auto same = [](const Entry& a, const Entry& b) {
    return std::get<0>(a) == std::get<0>(b) && std::abs(std::get<1>(a) - std::get<1>(b)) <= 2 &&
           std::abs(std::get<2>(a) - std::get<2>(b)) <= 2 &&
           std::abs(std::get<3>(a) - std::get<3>(b)) <= 2;
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto contains = [&](const auto& list, const Entry& e) {
      return std::any_of(list.begin(), list.end(), [&](const auto& x) { return same(x.first, e); });
    };
    for (const auto& [e, distance] : expected.rows[i])
      if (distance < inner * (1 - 1e-9)) {
        ASSERT_TRUE(contains(rows[i], e))
            << now.source << ": atom " << i << " misses " << std::get<0>(e) << " at " << distance;
      }
    for (std::size_t k = 0; k < rows[i].size(); ++k) {
      ASSERT_TRUE(contains(expected.rows[i], rows[i][k].first))
          << now.source << ": atom " << i << " has " << std::get<0>(rows[i][k].first) << " at "
          << rows[i][k].second;
      if (k > 0) {
        ASSERT_FALSE(same(rows[i][k].first, rows[i][k - 1].first)) << "twice";
      }
    }
  }
}

/// Entry (j, n) in row i exactly when (i, -n) in row j, compared as integers.
void expect_symmetric(const State& state, const NeighborView& v) {
  std::map<std::tuple<int, int, int>, int> seen;
  for (int r = 0; r < state.n_replicas(); ++r) {
    const int images = v.first_shift[r + 1] - v.first_shift[r];
    for (int i = state.first_atom()[r]; i < state.first_atom()[r + 1]; ++i)
      for (std::int64_t k = v.row[i]; k < v.row[i] + v.count[i]; ++k) {
        ++seen[{i, v.atom[k], v.image[k]}];
        --seen[{v.atom[k], i, images - 1 - v.image[k]}];
      }
  }
  for (const auto& [key, balance] : seen) ASSERT_EQ(balance, 0);
}

void expect_identical(const State& a_state, const NeighborView& a, int ra, const State& b_state,
                      const NeighborView& b, int rb) {
  const int first_a = a_state.first_atom()[ra], first_b = b_state.first_atom()[rb];
  const int n = a_state.first_atom()[ra + 1] - first_a;
  ASSERT_EQ(n, b_state.first_atom()[rb + 1] - first_b);
  for (int i = 0; i < n; ++i) {
    ASSERT_EQ(a.count[first_a + i], b.count[first_b + i]);
    ASSERT_EQ(norm(a.wrapped[first_a + i] - b.wrapped[first_b + i]), 0);
    for (int k = 0; k < a.count[first_a + i]; ++k) {
      ASSERT_EQ(a.atom[a.row[first_a + i] + k] - first_a, b.atom[b.row[first_b + i] + k] - first_b);
      ASSERT_EQ(a.image[a.row[first_a + i] + k], b.image[b.row[first_b + i] + k]);
    }
  }
}

Structure replica_now(State& state, int r, const Structure& structure) {
  Structure now = structure;
  const Vec3* x = state.position.data() + state.first_atom()[r];
  now.positions.assign(x, x + now.size());
  return now;
}

void displace(State& state, std::mt19937& random, double most) {
  std::uniform_real_distribution<double> both(-1, 1);
  for (int i = 0; i < state.n_atoms(); ++i) {
    Vec3 d{both(random), both(random), both(random)};
    state.position.data()[i] += (most / std::sqrt(3.0)) * d;
  }
}

struct Case {
  const char* name;
  int periodic, max_atoms;
  double density, skew, far;
  int n;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class NeighborListOfRandomCells : public testing::TestWithParam<Case> {};

TEST_P(NeighborListOfRandomCells, EqualsBruteForce) {
  const Case c = GetParam();
  std::mt19937 random(1234);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int k = 0; k < c.n; ++k) {
    const int n = 1 + static_cast<int>(c.max_atoms * std::pow(uniform(random), 2));
    Structure s = random_structure(random, n, c.density, c.periodic, c.skew, c.far);
    s.source = std::string(c.name) + " " + std::to_string(k);
    State state = make_state({s});
    Stream stream(test_device(), 1);
    const double cutoff = 2 + 2 * uniform(random), skin = uniform(random);
    NeighborList list(state, cutoff, skin, stream);
    ASSERT_NO_FATAL_FAILURE(expect_rows(state, list.view(), 0, s, cutoff + skin, cutoff + skin));
    ASSERT_NO_FATAL_FAILURE(expect_symmetric(state, list.view()));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, NeighborListOfRandomCells,
    testing::Values(
        Case{"aperiodic", 0, 500, 0.1, 0, 0, 300}, Case{"orthorhombic", 7, 300, 0.1, 0, 0, 150},
        Case{"triclinic", 7, 200, 0.1, 0.5, 3, 300}, Case{"strongly skewed", 7, 60, 0.1, 3, 1, 200},
        Case{"tiny", 7, 4, 0.2, 0.5, 2, 1000}, Case{"far away", 7, 40, 0.1, 0.3, 1e4, 200},
        Case{"slab", 3, 300, 0.1, 0.5, 2, 150}, Case{"slab across", 5, 200, 0.1, 1, 2, 150},
        Case{"rod", 2, 200, 0.1, 0.5, 2, 150}, Case{"thin rod", 4, 3, 0.3, 0.5, 2, 500},
        Case{"dense", 7, 500, 0.8, 0.2, 1, 10}, Case{"sparse", 0, 500, 0.001, 0, 0, 50}),
    [](const auto& info) {
      std::string name = info.param.name;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

TEST(NeighborList, LosesNoPairWhileAtomsMove) {
  std::mt19937 random(7);
  std::vector<Structure> systems;
  for (int periodic : {0, 7, 3, 7, 0})
    systems.push_back(random_structure(random, periodic == 7 ? 150 : 40, 0.08, periodic, 0.4, 2));
  State state = make_state(systems);
  Stream stream(test_device(), 2);
  const double cutoff = 3, skin = 0.8;
  NeighborList list(state, cutoff, skin, stream);
  stream.set_gate(state.halt.data());
  const auto before = list.n_builds();
  for (int step = 0; step < 60; ++step) {
    displace(state, random, 0.2);
    list.refresh(stream);
    if (state.halt.data()[0]) {
      ASSERT_TRUE(list.enlarge(stream));
      ASSERT_EQ(state.halt.data()[0], 0);
      list.refresh(stream);
    }
    for (int r = 0; r < state.n_replicas(); ++r)
      ASSERT_NO_FATAL_FAILURE(expect_rows(state, list.view(), r, replica_now(state, r, systems[r]),
                                          cutoff, cutoff + 2 * skin));
  }
  const auto builds = list.n_builds() - before;
  EXPECT_GT(builds, 5 * 5);
  EXPECT_LT(builds, 5 * 60);  // and not in every step
}

TEST(NeighborList, RebuildsOnlyReplicasThatMoved) {
  std::mt19937 random(8);
  const Structure s = random_structure(random, 30, 0.1, 7, 0.2, 0);
  State state = make_state({s, s, s});
  Stream stream(test_device(), 1);
  NeighborList list(state, 3, 1, stream);
  const auto before = list.n_builds();
  state.position.data()[35] += {0.49, 0, 0};
  list.refresh(stream);
  EXPECT_EQ(list.n_builds(), before);
  state.position.data()[35] += {0.02, 0, 0};
  list.refresh(stream);
  EXPECT_EQ(list.n_builds(), before + 1);
  expect_identical(state, list.view(), 0, state, list.view(), 2);
  EXPECT_EQ(list.reference_positions()[35].x, state.position.data()[35].x);
}

TEST(NeighborList, GrowsWhenCompressedAndLeavesOtherRowsAlone) {
  std::mt19937 random(9);
  const Structure cell = random_structure(random, 200, 0.02, 7, 0.2, 0);
  const Structure cluster = random_structure(random, 300, 0.02, 0, 0, 0);
  State state = make_state({cell, cluster, cell}), untouched = make_state({cell});
  Stream stream(test_device(), 1);
  NeighborList list(state, 4, 0.5, stream), expected(untouched, 4, 0.5, stream);
  stream.set_gate(state.halt.data());
  const std::size_t bytes = list.bytes();
  // Everything in the second and third replica to an eighth of its volume.
  for (int i = 200; i < state.n_atoms(); ++i) state.position.data()[i] *= 0.5;
  for (int i = 0; i < 200; ++i) {  // moved, but not far enough for a rebuild
    state.position.data()[i] += {0.1, 0, 0.1};
    untouched.position.data()[i] += {0.1, 0, 0.1};
  }
  list.refresh(stream);
  EXPECT_NE(state.halt.data()[0], 0);
  EXPECT_TRUE(list.enlarge(stream));
  EXPECT_EQ(state.halt.data()[0], 0);
  EXPECT_FALSE(list.enlarge(stream));
  EXPECT_GT(list.bytes(), bytes);
  list.refresh(stream);
  for (int r = 1; r < 3; ++r) {
    const Structure now = replica_now(state, r, r == 1 ? cluster : cell);
    expect_rows(state, list.view(), r, now, 4.5, 4.5);
  }
  stream.set_gate(nullptr);
  expected.refresh(stream);
  expect_identical(state, list.view(), 0, untouched, expected.view(), 0);
  expect_symmetric(state, list.view());
}

TEST(NeighborList, SmallMoleculesNeverOverflow) {
  std::mt19937 random(10);
  const Structure s = random_structure(random, 60, 1e-5, 0, 0, 0);
  State state = make_state({s});
  Stream stream(test_device(), 1);
  NeighborList list(state, 5, 1, stream);
  for (int i = 0; i < 60; ++i) state.position.data()[i] *= 0.01;
  list.refresh(stream);
  EXPECT_EQ(state.halt.data()[0], 0);
  for (int i = 0; i < 60; ++i) EXPECT_EQ(list.view().count[i], 59);
}

TEST(NeighborList, RestoreGivesIdenticalRows) {
  std::mt19937 random(11);
  std::vector<Structure> systems{random_structure(random, 150, 0.1, 7, 0.3, 3),
                                 random_structure(random, 20, 0.1, 0, 0, 0),
                                 random_structure(random, 250, 0.1, 3, 0.3, 1)};
  State state = make_state(systems);
  Stream stream(test_device(), 1);
  NeighborList list(state, 3, 1, stream);
  for (int step = 0; step < 7; ++step) {
    displace(state, random, 0.3);
    list.refresh(stream);
    if (state.halt.data()[0]) list.enlarge(stream);
  }
  State again = make_state(systems);
  again.position.upload(state.position.download());
  NeighborList restored(again, 3, 1, stream);
  restored.restore(list.reference_positions(), stream);
  for (int r = 0; r < 3; ++r) expect_identical(state, list.view(), r, again, restored.view(), r);
  // And they go on alike.
  displace(state, random, 0.1);
  again.position.upload(state.position.download());
  list.refresh(stream);
  restored.refresh(stream);
  for (int r = 0; r < 3; ++r) expect_identical(state, list.view(), r, again, restored.view(), r);
}

TEST(NeighborList, RowsDoNotDependOnTheBatchOrTheThreads) {
  std::mt19937 random(12);
  std::vector<Structure> systems;
  for (int periodic : {0, 7, 3, 0, 7})
    systems.push_back(random_structure(random, 20 + 60 * periodic, 0.1, periodic, 0.3, 1));
  systems.push_back(random_structure(random, 3000, 0.1, 7, 0.1, 1));
  State batch = make_state(systems);
  Stream stream(test_device(), 2), one(test_device(), 1);
  NeighborList list(batch, 3, 1, stream);
  std::mt19937 same(5);
  displace(batch, same, 0.5);
  for (int i = 0; i < batch.n_atoms(); i += 3) batch.position.data()[i] += {0.4, 0, 0};
  const std::vector<Vec3> moved = batch.position.download();
  list.refresh(stream);
  if (batch.halt.data()[0]) list.enlarge(stream);
  for (int r = 0; r < batch.n_replicas(); ++r) {
    State alone = make_state({systems[r]});
    NeighborList single(alone, 3, 1, one);
    std::copy(moved.begin() + batch.first_atom()[r], moved.begin() + batch.first_atom()[r + 1],
              alone.position.data());
    single.refresh(one);
    if (alone.halt.data()[0]) single.enlarge(one);
    ASSERT_NO_FATAL_FAILURE(expect_identical(batch, list.view(), r, alone, single.view(), 0));
  }
}

TEST(NeighborList, BadPositionsEmptyOnlyTheirReplica) {
  std::mt19937 random(13);
  const Structure s = random_structure(random, 50, 0.1, 7, 0.3, 0);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  const std::vector<std::pair<double, int>> cases{{nan, fault_not_finite},
                                                  {infinite, fault_not_finite},
                                                  {-infinite, fault_not_finite},
                                                  {1e300, fault_lost},
                                                  {-1e9, fault_lost}};
  for (const auto& [bad, fault] : cases) {
    State state = make_state({s, s, s}), good = make_state({s});
    Stream stream(test_device(), 1);
    NeighborList list(state, 3, 1, stream), expected(good, 3, 1, stream);
    state.position.data()[60].y = bad;
    list.refresh(stream);
    EXPECT_EQ(state.fault.data()[0], 0);
    EXPECT_NE(state.fault.data()[1] & fault, 0) << bad;
    for (int i = 50; i < 100; ++i) EXPECT_EQ(list.view().count[i], 0);
    expect_identical(state, list.view(), 0, good, expected.view(), 0);
    expect_identical(state, list.view(), 2, good, expected.view(), 0);
    list.build(stream);  // neither may this crash
    EXPECT_EQ(state.halt.data()[0], 0);
  }
}

TEST(NeighborList, LeavesStoppedReplicasAlone) {
  std::mt19937 random(14);
  const Structure s = random_structure(random, 50, 0.1, 7, 0.3, 0);
  State state = make_state({s, s});
  Stream stream(test_device(), 1);
  NeighborList list(state, 3, 1, stream);
  const auto before = list.n_builds();
  state.status.data()[1] = static_cast<int>(Status::quarantined);
  for (int i = 50; i < 100; ++i)
    state.position.data()[i].x = std::numeric_limits<double>::quiet_NaN();
  list.refresh(stream);
  EXPECT_EQ(list.n_builds(), before);
  EXPECT_EQ(state.fault.data()[1], 0);
}

TEST(NeighborList, WithoutCutoffIsEmpty) {
  std::mt19937 random(15);
  State state = make_state({random_structure(random, 20, 0.1, 7, 0.3, 0)});
  Stream stream(test_device(), 1);
  NeighborList list(state, 0, 1, stream);
  list.refresh(stream);
  EXPECT_FALSE(list.enlarge(stream));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(list.view().count[i], 0);
  EXPECT_EQ(list.reference_positions().size(), 20u);
  list.restore(list.reference_positions(), stream);
}

TEST(NeighborList, RefusesACellTooThinToCountItsImages) {
  Structure s;
  s.numbers = {18};
  s.positions = {{0, 0, 0}};
  s.cell = {{{0.01, 0, 0}, {0, 0.01, 0}, {0, 0, 0.01}}};
  s.periodic = {true, true, true};
  State state = make_state({s});
  Stream stream(test_device(), 1);
  EXPECT_THROW(NeighborList(state, 5, 1, stream), InputError);
}

}  // namespace
}  // namespace md::test
