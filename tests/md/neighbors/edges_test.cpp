#include "md/neighbors/edges.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tests/md/neighbors/brute_force.hpp"

namespace md::test {
namespace {

std::vector<Structure> mixed(unsigned seed) {
  std::mt19937 random(seed);
  return {
      random_structure(random, 15, 0.1, 0, 0, 0),   random_structure(random, 1, 0.05, 7, 0.5, 1),
      random_structure(random, 2, 0.1, 7, 0.5, 1),  random_structure(random, 80, 0.1, 7, 0.5, 2),
      random_structure(random, 30, 0.1, 3, 0.5, 2), random_structure(random, 1, 0.1, 0, 0, 0)};
}

/// The edges are the rows, and each reverse is the same pair of atoms with the opposite vector.
void expect_edges(State& state, const NeighborList& list, const EdgeList& edges) {
  const NeighborView rows = list.view();
  const EdgeView v = edges.view();
  ASSERT_EQ(v.n_atoms, state.n_atoms());
  ASSERT_EQ(v.n_edges, v.first[v.n_atoms]);
  std::vector<int> hits(v.n_edges);
  for (int i = 0; i < v.n_atoms; ++i) {
    ASSERT_EQ(v.first[i + 1] - v.first[i], rows.count[i]);
    for (int e = v.first[i]; e < v.first[i + 1]; ++e) {
      const std::int64_t k = rows.row[i] + e - v.first[i];
      ASSERT_EQ(v.center[e], i);
      ASSERT_EQ(v.neighbor[e], rows.atom[k]);
      ASSERT_EQ(norm(v.vector[e] - rows.vector(state.replica.data()[i], i, k)), 0);
      const int back = v.reverse[e];
      ASSERT_EQ(v.reverse[back], e);
      ASSERT_NE(back, e);
      ASSERT_EQ(v.center[back], v.neighbor[e]);
      ASSERT_EQ(v.neighbor[back], i);
      ASSERT_EQ(norm(v.vector[e] + v.vector[back]), 0);  // exactly
      ++hits[back];
    }
  }
  for (int hit : hits) ASSERT_EQ(hit, 1);
}

TEST(EdgeList, FindsTheReverseOfEveryEdge) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    State state = make_state(mixed(seed));
    Stream stream(test_device(), 1);
    NeighborList list(state, 3.5, 1, stream);
    EdgeList edges(test_device());
    edges.update(state.view(), list, stream);
    ASSERT_NO_FATAL_FAILURE(expect_edges(state, list, edges));
    EXPECT_GT(edges.view().n_edges, 500);
  }
}

TEST(EdgeList, FollowsMovesAndRebuilds) {
  State state = make_state(mixed(77));
  Stream stream(test_device(), 2);
  NeighborList list(state, 3.5, 1, stream);
  EdgeList edges(test_device());
  std::mt19937 random(3);
  std::uniform_real_distribution<double> both(-0.2, 0.2);
  for (int step = 0; step < 30; ++step) {
    for (int i = 0; i < state.n_atoms(); ++i)
      state.position.data()[i] += Vec3{both(random), both(random), both(random)};
    list.refresh(stream);
    if (state.halt.data()[0]) list.enlarge(stream);
    edges.update(state.view(), list, stream);
    ASSERT_NO_FATAL_FAILURE(expect_edges(state, list, edges));
  }
}

TEST(EdgeList, SeesThatTheListIsAnother) {
  Stream stream(test_device(), 1);
  EdgeList edges(test_device());
  for (unsigned seed = 0; seed < 3; ++seed) {
    State state = make_state(mixed(seed));
    const NeighborList list(state, 3.5, 1, stream);  // all with the same number of builds
    edges.update(state.view(), list, stream);
    ASSERT_NO_FATAL_FAILURE(expect_edges(state, list, edges));
  }
}

TEST(EdgeList, HasNoEdgesOfABadReplica) {
  State state = make_state(mixed(5));
  Stream stream(test_device(), 1);
  NeighborList list(state, 3.5, 1, stream);
  EdgeList edges(test_device());
  state.position.data()[16].x = std::numeric_limits<double>::quiet_NaN();
  list.refresh(stream);
  edges.update(state.view(), list, stream);
  ASSERT_NO_FATAL_FAILURE(expect_edges(state, list, edges));
  for (int e = 0; e < edges.view().n_edges; ++e)
    EXPECT_NE(state.replica.data()[edges.view().center[e]], 2);
}

/// The same edges with the same reverse, at the entries of the rows.
void expect_same(const NeighborList& list, const EdgeList& edges, const PaddedEdgeList& padded) {
  const NeighborView rows = list.view();
  const EdgeView compact = edges.view();
  const PaddedEdgeView v = padded.view();
  const auto entry = [&](int e) {
    return rows.row[compact.center[e]] + e - compact.first[compact.center[e]];
  };
  for (int e = 0; e < compact.n_edges; ++e) {
    ASSERT_EQ(v.center[entry(e)], compact.center[e]);
    ASSERT_EQ(v.reverse[entry(e)], entry(compact.reverse[e]));
    ASSERT_EQ(norm(v.vector(entry(e)) - compact.vector[e]), 0);
  }
  ASSERT_EQ(rows.capacity - std::count(v.center, v.center + rows.capacity, -1), compact.n_edges);
}

TEST(PaddedEdgeList, EqualsTheEdgeListThroughMovesRebuildsAndMoreRoom) {
  Stream stream(test_device(), 1);
  EdgeList edges(test_device());
  PaddedEdgeList padded(test_device());
  int n_enlarged = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    State state = make_state(mixed(seed));
    stream.set_gate(state.halt.data());
    NeighborList list(state, 3.5, 1, stream);
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> both(-0.2, 0.2);
    for (int step = 0; step < 20; ++step) {
      // Towards the middle at first, so that rows outgrow their room.
      for (int i = 0; i < state.n_atoms(); ++i)
        state.position.data()[i] =
            0.95 * state.position.data()[i] + Vec3{both(random), both(random), both(random)};
      list.refresh(stream);
      padded.update(state.view(), list, stream);  // nothing happens while rows lack room
      if (list.enlarge(stream)) {
        ++n_enlarged;
        padded.update(state.view(), list, stream);
      }
      edges.update(state.view(), list, stream);
      ASSERT_NO_FATAL_FAILURE(expect_same(list, edges, padded));
    }
    stream.set_gate(nullptr);
  }
  EXPECT_GE(n_enlarged, 3);
}

TEST(PaddedEdgeList, LooksAtRowsThatWereRebuiltOnly) {
  Stream stream(test_device(), 1);
  State state = make_state(mixed(4));
  NeighborList list(state, 3.5, 1, stream);
  PaddedEdgeList padded(test_device());
  padded.update(state.view(), list, stream);
  // Marks left where only a rebuild writes.
  const PaddedEdgeView v = padded.view();
  int* const center = const_cast<int*>(v.center);
  std::fill_n(center, list.view().capacity, -7);
  state.position.data()[0].x += 0.6;  // replica 0 has to be rebuilt, the others not
  list.refresh(stream);
  padded.update(state.view(), list, stream);
  for (int i = 0; i < state.n_atoms(); ++i) {
    const int expected = state.replica.data()[i] == 0 ? i : -7;
    if (list.view().count[i] == 0) continue;
    EXPECT_EQ(center[list.view().row[i]], expected) << i;
  }
}

/// E = sum over edges of a smooth function of the vector that is not symmetric under reversal.
struct Toy {
  double energy = 0;
  std::vector<Vec3> gradient;

  Toy(const EdgeView& v, double cutoff) : gradient(v.n_edges) {
    for (int e = 0; e < v.n_edges; ++e) {
      const Vec3 d = v.vector[e];
      const double r2 = dot(d, d), x = 1 - r2 / (cutoff * cutoff);
      if (x <= 0) continue;
      const double tilt = 1 + 0.3 * d.x * d.y + 0.2 * d.z;
      energy += x * x * x * tilt;
      gradient[e] = (-6 * x * x / (cutoff * cutoff) * tilt) * d +
                    (x * x * x) * Vec3{0.3 * d.y, 0.3 * d.x, 0.2};
    }
  }
};

double toy_energy(const Structure& s, double cutoff) {
  State state = make_state({s});
  Stream stream(test_device(), 1);
  NeighborList list(state, cutoff, 0.5, stream);
  EdgeList edges(test_device());
  edges.update(state.view(), list, stream);
  return Toy(edges.view(), cutoff).energy;
}

TEST(PaddedEdgeList, GivesTheForcesAndVirialOfTheEdgeList) {
  State state = make_state(mixed(9));
  Stream stream(test_device(), 1);
  NeighborList list(state, 3.5, 0.5, stream);
  EdgeList edges(test_device());
  PaddedEdgeList padded(test_device());
  edges.update(state.view(), list, stream);
  padded.update(state.view(), list, stream);
  const EdgeView v = edges.view();
  const Toy toy(v, 3.5);
  std::vector<Vec3> gradient(list.view().capacity, Vec3{1e300, 1e300, 1e300});
  for (int e = 0; e < v.n_edges; ++e)
    gradient[list.view().row[v.center[e]] + e - v.first[v.center[e]]] = toy.gradient[e];
  const Array<Vec3> ours(test_device(), toy.gradient), theirs(test_device(), gradient);
  edges.add_forces(state.view(), ours.data(), true, stream);
  const std::vector<Vec3> forces = state.force.download();
  const std::vector<Mat3> virials = state.virial.download();
  state.force.fill({});
  state.virial.fill({});
  padded.add_forces(state.view(), theirs.data(), true, stream);
  const std::vector<Vec3> padded_forces = state.force.download();
  const std::vector<Mat3> padded_virials = state.virial.download();
  // Sums in another order.
  const auto rounding = [](const Vec3& x) { return 1e-13 * (1 + norm(x)); };
  for (int i = 0; i < state.n_atoms(); ++i)
    EXPECT_LE(norm(padded_forces[i] - forces[i]), rounding(forces[i])) << i;
  for (int r = 0; r < state.n_replicas(); ++r)
    for (int k = 0; k < 3; ++k)
      EXPECT_LE(norm(padded_virials[r][k] - virials[r][k]), rounding(virials[r][k])) << r;
}

TEST(EdgeList, TurnsGradientsIntoForcesAndVirial) {
  const double cutoff = 3.5, h = 1e-5;
  const std::vector<Structure> systems = mixed(9);
  State state = make_state(systems);
  Stream stream(test_device(), 1);
  NeighborList list(state, cutoff, 0.5, stream);
  EdgeList edges(test_device());
  edges.update(state.view(), list, stream);
  const Toy toy(edges.view(), cutoff);
  state.force.fill({1, 2, 3});  // add_forces adds
  const Array<Vec3> gradient(test_device(), toy.gradient);
  for (int k = 0; k < 2; ++k) edges.add_forces(state.view(), gradient.data(), k == 1, stream);
  for (std::size_t r = 0; r < systems.size(); ++r) {
    const int begin = state.first_atom()[r];
    for (int i = 0; i < std::min(systems[r].size(), 8); ++i)
      for (int k = 0; k < 3; ++k) {
        Structure plus = systems[r], minus = plus;
        plus.positions[i][k] += h;
        minus.positions[i][k] -= h;
        const double slope = (toy_energy(plus, cutoff) - toy_energy(minus, cutoff)) / (2 * h);
        EXPECT_NEAR((state.force.data()[begin + i][k] - (k + 1)) / 2, -slope, 1e-6);
      }
    if (!systems[r].periodic.any()) continue;
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b) {
        const auto strained = [&](double strain) {
          Structure s = systems[r];
          for (Vec3& x : s.positions) x[b] += strain * x[a];
          for (int k = 0; k < 3; ++k) s.cell[k][b] += strain * s.cell[k][a];
          return toy_energy(s, cutoff);
        };
        const double slope = (strained(h) - strained(-h)) / (2 * h);
        EXPECT_NEAR(state.virial.data()[r][a][b], -slope, 1e-5) << r << a << b;
      }
  }
}

}  // namespace
}  // namespace md::test
