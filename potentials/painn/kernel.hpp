#pragma once

#include "potentials/painn/kernel_weights.hpp"

namespace md::painn {

/// The edges of one replica that are shorter than the cutoff, sorted by center, with what the
/// network needs of their geometry. Filled by the caller but for basis and slope.
template <class T>
struct Graph {
  int n_atoms = 0;
  std::vector<int> first;        // [n_atoms + 1] edges of atom i: first[i] ... first[i + 1] - 1
  std::vector<int> neighbor;     // [E] atom that sends
  std::vector<int> number;       // [n_atoms] atomic numbers
  std::vector<double> distance;  // [E] A
  Aligned<T> unit;               // [E, 3] from center to neighbor
  Aligned<T> basis, slope;  // [E, K + 1] B_n fc, at last fc, and their derivatives by the distance

  int n_edges() const { return static_cast<int>(neighbor.size()); }
  int degree(int i) const { return first[i + 1] - first[i]; }
};

/// What the passes over one replica keep, F = channels: the state of the forward pass that the
/// reverse pass reads again, and its results.
template <class T>
struct Tape {
  struct Layer {
    Aligned<T> phi;            // [n, 3F] the senders' part of the messages
    Aligned<T> v;              // [n, 3, F] vector features before the layer; empty for layer 0
    Aligned<T> context_slope;  // [n, F] silu' of the context network's hidden layer
    Aligned<T> vu;             // [n, 3, 2F] V and U
    Aligned<T> norm, dot;      // [n, F] |V|, V.U
    Aligned<T> mixing_slope;   // [n, F]
    Aligned<T> a_sv, a_vv;     // [n, F]
  };
  std::vector<Layer> layers;
  Aligned<T> s;                // [n, F]
  Aligned<T> gs[2], gv[2];     // [n, F], [n, 3, F] dE/d(s', v') of a layer, by its parity
  std::vector<double> energy;  // [n] eV
  Aligned<T> along, across;    // [E], [E, 3] of edge e = (x, a): dE/dd and dE/du of edge (a, x)

  void resize(const KernelWeights<T>& weights, const Graph<T>& graph);
};

/// Memory of one thread for a block of rows.
template <class T>
struct Scratch {
  Aligned<T> a, b, c, filter, filter_slope, lanes;
};

inline constexpr int block_rows = 32;  // atoms that go through a stage together

/// A stage of the evaluation. Within one, atoms are independent of each other; the next may begin
/// when all have finished.
enum class Stage {
  begin,     // geometry, embedding, first senders' part
  forward,   // layer l; after the last also the readout and the reverse pass of its update
  backward,  // message of layer l, reverse; then the update of layer l - 1, reverse
};

/// Runs a stage for the atoms [begin, end): specs of the equations in kernel-inl.hpp.
void run_stage(Stage stage, int layer, const KernelWeights<float>& weights, Graph<float>& graph,
               Tape<float>& tape, Scratch<float>& scratch, int begin, int end);
void run_stage(Stage stage, int layer, const KernelWeights<double>& weights, Graph<double>& graph,
               Tape<double>& tape, Scratch<double>& scratch, int begin, int end);

}  // namespace md::painn
