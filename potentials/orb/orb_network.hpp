#pragma once

#include <tbb/enumerable_thread_specific.h>

#include <array>
#include <span>

#include "potentials/orb/orb_kernel.hpp"

namespace md::orb {

/// What the heads say about the systems of a graph. Before net force and torque are taken away.
struct Prediction {
  std::vector<double> interaction;            // [n_systems] eV, without reference energies
  std::vector<double> reference;              // [n_systems] eV, sum of reference energies
  std::vector<Vec3> forces;                   // [n_atoms] eV/A
  std::vector<std::array<double, 6>> stress;  // [n_systems] xx yy zz yz xz xy, eV/A^3; empty when
                                              // the model has no stress head
};

/// An Orb-v2 network on the CPU in T = float or double; vectors, means and sums of energies in
/// double. What it says about a system does not depend on the other systems of the graph, nor on
/// the number of threads: not in a single bit.
template <class T>
class Network {
 public:
  Network(const Safetensors& file, const OrbModel& model);
  /// number: [n_atoms] atomic numbers; system s has the atoms first_atom[s] ... first_atom[s + 1] -
  /// 1 of the graph. The result stays valid until the next call.
  const Prediction& evaluate(const Graph& graph, const int* number, std::span<const int> first_atom,
                             Stream& stream);

 private:
  void read_out(const int* number, std::span<const int> first_atom);

  Weights<T> weights_;
  Tape<T> tape_;
  tbb::enumerable_thread_specific<Scratch<T>> scratch_;
  Aligned<T> means_;             // [n_systems, d]
  std::vector<double> outputs_;  // of a head, [n_systems, outputs]
  Prediction prediction_;
};

extern template class Network<float>;
extern template class Network<double>;

}  // namespace md::orb
