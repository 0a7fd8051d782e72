#pragma once

#include <torch/csrc/jit/api/module.h>

#include <set>
#include <string>
#include <vector>

#include "md/device/device.hpp"

// Include from .cpp files that use LibTorch only.

namespace md {

/// What one argument of a model's forward() is. B systems of N atoms, or, for models on edges, all
/// atoms of the batch one after the other.
enum class ScriptInput {
  numbers,        // int64 [B, N], [N]: atomic numbers
  positions,      // [B, N, 3], [N, 3]
  cell,           // [3, 3], rows are lattice vectors; zero when aperiodic
  pbc,            // bool [3]
  edge_index,     // int64 [2, E]: row 0 the center, row 1 the neighbor
  shifts,         // [E, 3] lattice vector added to the neighbor
  vectors,        // [E, 3] from center to neighbor
  batch,          // int64 [N]: system of each atom
  ptr,            // int64 [B + 1]: first atom of each system
  one_hot,        // [N, 118]: 1 in column Z - 1
  edge_index_lr,  // the same edges up to the long-range cutoff
  shifts_lr,
  zero,    // [B] zeros: total charge and spin of neutral closed shells
  unused,  // an argument the model does not look at: one zero
};

/// How a model is called, and what its answer means.
struct ScriptAdapter {
  std::string name;                 // ani, so3lr, generic
  std::vector<ScriptInput> inputs;  // in the order of forward()
  bool tuple_first = false;         // the first two inputs are one argument, a tuple
  bool periodic_arguments = false;  // cell and pbc follow as optional arguments (by name)
  bool batched = false;             // takes several systems of equal size, or `batch`
  bool periodic = false;
  std::string output;                       // "", index in a tuple, or key of a dictionary
  double energy_unit = 1, length_unit = 1;  // eV, A
  double cutoff = 0;                        // A, of edge_index; 0: takes no edges
  double cutoff_lr = 0;                     // A, of edge_index_lr; 0: takes none
  std::set<int> elements;                   // empty: not known

  bool on_edges() const { return cutoff > 0; }
};

/// Loads a TorchScript file: weights need no gradients, evaluation mode. Throws InputError for any
/// other file.
torch::jit::Module load_script(const std::string& path, const Device& device);

/// "forward(Tensor numbers, Tensor positions) -> Tensor".
std::string signature_of(const torch::jit::Module& module);

/// The adapter `wanted` (auto, ani, so3lr) for a model. Throws InputError when it does not fit or,
/// for auto, none does.
ScriptAdapter detect_adapter(const torch::jit::Module& module, const std::string& path,
                             const std::string& wanted);

/// Lines for `understudy models`: signature, parameters, adapter.
std::string describe_script(const std::string& path);

}  // namespace md
