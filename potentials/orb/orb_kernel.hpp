#pragma once

#include "potentials/orb/orb_graph.hpp"
#include "potentials/orb/orb_weights.hpp"

namespace md::orb {

/// What the network keeps of a graph from stage to stage. d = channels, m = hidden (padded).
template <class T>
struct Tape {
  Aligned<T> e, u;           // [n_edges, d] features of edges, their latest update
  Aligned<T> gate;           // [n_edges, 2] of the update to its sender, to its receiver
  Aligned<T> envelope;       // [n_edges] f(r)
  Aligned<T> h;              // [n_atoms, d]
  Aligned<T> projected;      // [n_atoms, 2 m] W_s h + b, W_r h of the coming step
  std::vector<Vec3> forces;  // [n_atoms] eV/A

  /// Makes room for a graph; never gives memory back.
  void resize(const Weights<T>& weights, int n_atoms, int n_edges);
};

/// Rows (edges or atoms) that go through a block's three layers together: few enough for their
/// hidden activations to stay in the cache, many enough for the weights to be worth fetching.
inline constexpr int most_rows = 96;

/// Memory of one thread.
template <class T>
struct Scratch {
  Aligned<T> input, a, b, c;
  int wide = 0, narrow = 0, input_width = 0;  // distance of rows in a and b, in c, in input
  void resize(const Weights<T>& weights);
};

/// Stage 0: features of edges and nodes. Stage 1 + 2 t: step t for the edges; 2 + 2 t for the
/// nodes, after the last step the forces too. What a stage does to the edges [first_edge,
/// last_edge) and the nodes [first_node, last_node) depends on nothing else that happens in it.
struct Range {
  int first_edge = 0, last_edge = 0, first_node = 0, last_node = 0;
};
inline int stage_count(int steps) { return 1 + 2 * steps; }
/// Whether a stage works on edges, or on nodes. Stage 0 does both.
inline bool has_edges(int stage) { return stage == 0 || stage % 2 == 1; }
inline bool has_nodes(int stage) { return stage % 2 == 0; }

void run_stage(int stage, const Weights<float>& weights, const Graph& graph, const int* number,
               Tape<float>& tape, Scratch<float>& scratch, const Range& range);
void run_stage(int stage, const Weights<double>& weights, const Graph& graph, const int* number,
               Tape<double>& tape, Scratch<double>& scratch, const Range& range);

/// x [rows, d] = the block of x, in place.
void apply_block(const Weights<float>& weights, const Block<float>& block, int rows, float* x,
                 Scratch<float>& scratch);
void apply_block(const Weights<double>& weights, const Block<double>& block, int rows, double* x,
                 Scratch<double>& scratch);

/// y [rows, outputs] = the head of x [rows, d], normaliser included.
void apply_head(const Weights<float>& weights, const Head<float>& head, int rows, const float* x,
                Scratch<float>& scratch, double* y);
void apply_head(const Weights<double>& weights, const Head<double>& head, int rows, const double* x,
                Scratch<double>& scratch, double* y);

}  // namespace md::orb
