#pragma once

#include <array>
#include <chrono>

#include "md/neighbors/edges.hpp"
#include "potentials/painn/cpu/kernel_weights.hpp"

namespace md::painn {

/// Atoms and edges that are evaluated together: some small replicas or a large one. The edges of
/// atom i that are shorter than the cutoff are first[i] ... first[i] + count[i] - 1. For exact
/// filters, atoms one after the other form runs, within which the two edges of a pair share a slot:
/// one evaluation of their filter.
template <class T>
struct Graph {
  struct Run {
    int end = 0;         // atom after the last
    int first_edge = 0;  // of the run's slots: slot_edge[first_edge ... first_edge + n_slots - 1]
    int n_slots = 0;
  };
  int first_atom = 0, first_edge = 0;  // in the batch
  int n_edges = 0;                     // there, those beyond the cutoff included
  const int* number = nullptr;         // [n] atomic numbers
  std::vector<int> first, count;       // [n]
  std::vector<int> neighbor;           // [E] atom that sends
  std::vector<int> edge;               // [E] its number in the batch
  std::vector<double> distance;        // [E] A
  Aligned<T> unit;                     // [E, 4] from center to neighbor; the fourth is not used
  // With a filter table:
  std::vector<int> interval;  // [E]
  Aligned<T> spline;          // [E, 8] weights of its coefficients: value, slope
  // For exact filters:
  std::vector<Run> run;        // [n] of the atom that a run begins with
  std::vector<int> place;      // [n_edges] where an edge of the batch stands here
  std::vector<int> slot;       // [E] within the run
  std::vector<int> slot_edge;  // [E] an edge with this filter
  Aligned<T> basis, slope;     // [E, K + 1] of slots: B_n fc, at last fc, and their derivatives

  /// Becomes the graph of the atoms [first, last) of a batch, without edges so far. Grows only:
  /// what is there of a larger graph stays allocated.
  void begin(const KernelWeights<T>& weights, const StateView& state, const EdgeView& edges,
             int first, int last);
  /// Takes over the edges shorter than the cutoff of its atoms [begin, end). The gradients of the
  /// others, [n_edges of the batch], become zero.
  void collect(const KernelWeights<T>& weights, const EdgeView& edges, int begin, int end,
               Vec3* gradient);
  /// The largest number of slots in a run of the atoms [begin, end).
  int most_slots(int begin, int end) const;

 private:
  void resize(const KernelWeights<T>& weights, int n_atoms);
  void make_runs(const KernelWeights<T>& weights, const int* reverse, int begin, int end);
};

/// Slots of a run, so that its filters stay in the cache; one atom may have more.
inline constexpr int run_slots = 384;

/// Features that edges gather, `parts` numbers per channel and atom, so laid out that what one
/// block of 32 channels needs lies together: [F / 32][n][parts][32].
template <class T, int parts>
struct Gathered {
  Aligned<T> data;
  std::size_t n = 0;
  void resize(int n_atoms, int channels);
  T* at(std::size_t atom, int part, int channel) {
    return data.data() + index(atom, part, channel);
  }
  const T* at(std::size_t atom, int part, int channel) const {
    return data.data() + index(atom, part, channel);
  }

 private:
  std::size_t index(std::size_t atom, int part, int channel) const {
    return ((channel / panel * n + atom) * parts + part) * panel + channel % panel;
  }
};

/// What the passes over a graph keep, F = channels: the state of the forward pass that the reverse
/// pass reads again, and the results.
template <class T>
struct Tape {
  struct Layer {
    Gathered<T, 6> sent;       // phi (x^s, x^r, x^v) and v before the layer; not for layer 0
    Aligned<T> context_slope;  // [n, F] silu' of the context network's hidden layer; not for 0
    Aligned<T> vu;             // [n, 3, 2F] V and U
    Aligned<T> norm, dot;      // [n, F] |V|, V.U
    Aligned<T> mixing_slope;   // [n, F]
    Aligned<T> a_sv, a_vv;     // [n, F]
  };
  std::vector<Layer> layers;
  Aligned<T> s;                // [n, F]
  Gathered<T, 4> g[2];         // dE/d(s', v') of a layer, by its parity
  std::vector<double> energy;  // [n] eV
  T* features = nullptr;       // [n, H] the readout's hidden layer, where it is wanted
  Aligned<T> edge;             // [E, 4] of edge e = (x, a): dE/du and dE/dd of edge (a, x)

  void resize(const KernelWeights<T>& weights, int n_atoms, int n_edges);
  /// Before the first stage: nothing has been collected for the edges of the atoms [begin, end).
  void clear_edges(const Graph<T>& graph, int begin, int end);
};

/// The parts of an evaluation that a profile tells apart.
enum class Part { geometry, messages, messages_reverse, products, elementwise, readout, forces };
inline constexpr std::array part_names{
    "geometry", "messages", "messages, reverse", "products", "elementwise", "readout", "forces"};

/// Seconds that one thread spent in each part of an evaluation.
using Profile = std::array<double, part_names.size()>;

/// Memory of one thread for a block of rows, and its profile where one is wanted.
template <class T>
struct Scratch {
  Aligned<T> a, b, c, d, filter, filter_slope;
  Profile profile{};
  bool profiled = false;
  std::chrono::steady_clock::time_point last;

  /// Makes room for at most `rows` atoms with at most `slots` filters in a run.
  void resize(const KernelWeights<T>& weights, int rows, int slots);
  void start(bool profiled_now) {
    profiled = profiled_now;
    if (profiled) last = std::chrono::steady_clock::now();
  }
  /// The time since the last call belongs to `part`.
  void lap(Part part) {
    if (!profiled) return;
    const auto now = std::chrono::steady_clock::now();
    profile[static_cast<int>(part)] += std::chrono::duration<double>(now - last).count();
    last = now;
  }
};

/// Runs a stage for the atoms [begin, end). Stage l = 0 ... L - 1: layer l forward, after the last
/// also the readout and the reverse of its update; stage L + k: the reverse of the messages of
/// layer l = L - 1 - k and of the update of layer l - 1. Within a stage atoms are independent of
/// each other; the next may begin when all have finished.
void run_stage(int stage, const KernelWeights<float>& weights, const Graph<float>& graph,
               Tape<float>& tape, Scratch<float>& scratch, int begin, int end);
void run_stage(int stage, const KernelWeights<double>& weights, const Graph<double>& graph,
               Tape<double>& tape, Scratch<double>& scratch, int begin, int end);

/// C = A B + bias by the kernels' own matrix product; A [rows, B.rows], C [rows, B.columns], dense.
void multiply_matrices(int rows, const float* a, const PackedMatrix<float>& b, float* c);

}  // namespace md::painn
