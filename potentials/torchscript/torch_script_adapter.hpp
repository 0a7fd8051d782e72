#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "md/input/input.hpp"
#include "md/registry.hpp"
#include "potentials/torchscript/torch_script_model.hpp"

// Include from .cpp files that use LibTorch only.

namespace md {

/// What one input of a model is. B systems of N atoms, or, for models that take systems of any size
/// together, all atoms of the batch in a row.
enum class ScriptInput {
  numbers,        // int64 [B, N], [N]: atomic numbers
  types,          // int64 [N]: place of the element in ScriptAdapter::types
  one_hot,        // [N, types]: 1 in the column of the element
  positions,      // [B, N, 3], [N, 3]
  cell,           // [3, 3], rows are lattice vectors; zero when aperiodic
  box,            // the same, None when aperiodic
  cells,          // [B, 3, 3]; 100 A along what is not periodic
  cell_rows,      // [3 B, 3], the same
  pbc,            // bool [3]
  pbcs,           // bool [B, 3]
  edge_index,     // int64 [2, E]: row 0 the center, row 1 the neighbor
  centers,        // int64 [E]
  neighbors,      // int64 [E]
  shifts,         // [E, 3] lattice vector added to the neighbor
  unit_shifts,    // [E, 3] the same in lattice vectors, whole numbers
  vectors,        // [E, 3] from center to neighbor
  batch,          // int64 [N]: system of each atom
  ptr,            // int64 [B + 1]: first atom of each system
  n_atoms,        // int64 [B]
  systems,        // int64 [B]: 0, 1, ...
  edge_index_lr,  // edges up to the long-range cutoff
  shifts_lr,
  zero,     // [B] zeros: total charge and spin of neutral closed shells
  zero_id,  // int64 [B] zeros
  unused,   // an argument that the model does not look at: one zero
};

/// How a model is called, and what its answer means.
struct ScriptAdapter {
  std::string name;
  std::vector<ScriptInput> inputs;                  // in the order of forward()
  std::vector<std::string> keys;                    // one an input: they go in as a dictionary
  std::vector<std::pair<std::string, bool>> flags;  // arguments by name
  bool tuple_first = false;         // the first two inputs are one argument, a tuple
  bool periodic_arguments = false;  // cell and pbc follow as optional arguments (by name)
  bool returns_numbers = false;     // the answer is (numbers or types, one energy a system)
  bool batched = false;             // takes several systems of equal size, or `batch`
  bool in_a_row = false;            // takes all atoms in a row
  bool periodic = false;
  bool own_forces = false;  // the model's own are taken, not the gradient of its energy
  std::string output;       // of the energy: "", index in a tuple, or key of a dictionary
  std::string forces;       // of the model's own forces; "": none
  double energy_unit = 1, length_unit = 1;  // eV, A
  double cutoff = 0;                        // A, of edge_index; 0: takes no edges
  double cutoff_lr = 0;                     // A, of edge_index_lr; 0: takes none
  std::set<int> elements;                   // empty: not known
  std::vector<int> types;                   // atomic numbers; empty: 1, 2, ...

  bool on_edges() const { return cutoff > 0; }
  bool takes(ScriptInput input) const;
};

/// One kind of signature. Each registers itself from its own file in adapters/.
struct ScriptAdapterKind {
  bool (*fits)(const ScriptModel& model);  // by its signature; what fits is taken by adapter = auto
  /// Throws InputError. Without input: what can be known of the model alone.
  ScriptAdapter (*make)(const ScriptModel& model, const Input* input);
  std::vector<std::string> keys;  // of [potential] that it takes, beside those of all
  bool dictionary = false;        // its models take a dictionary of tensors
};

using ScriptAdapters = Registry<ScriptAdapterKind>;
ScriptAdapters& script_adapters();

/// The adapter of `potential.adapter`, or the one that fits. Throws InputError when it does not fit
/// or, for auto, none does.
ScriptAdapter choose_adapter(const ScriptModel& model, const Input* input);

/// For adapters of models whose argument is a dictionary: what stands under which key. They take
/// batches of periodic systems in a row and answer with another dictionary, `energy` and forces.
void take_dictionary(ScriptAdapter& adapter,
                     const std::vector<std::pair<std::string, ScriptInput>>& entries,
                     const std::string& energy);
/// For adapters: the keys output, energy_unit and length_unit.
void read_units(ScriptAdapter& adapter, const Input* input);
/// The cutoff that a model says, in its unit of length, or that of `potential.cutoff`, in A.
double read_cutoff(const ScriptModel& model, const Input* input, double said, double length_unit);

}  // namespace md
