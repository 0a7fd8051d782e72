#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <vector>

#include "md/neighbors/edges.hpp"
#include "md/state.hpp"
#include "potentials/torchscript/torch_script_adapter.hpp"

// Include from .cpp files that use LibTorch only.

namespace md {

/// Systems of one call of a model: B of N atoms, or all atoms in a row.
struct ScriptSystems {
  std::int64_t n_systems = 0;   // B
  at::Tensor numbers;           // int64 [B, N] or [N]
  at::Tensor positions;         // double [B, N, 3] or [N, 3], A
  at::Tensor cell, pbc;         // double [3, 3], A, and bool [3]; of the one system, if periodic
  at::Tensor cells, pbcs;       // in a row: double [B, 3, 3], A, 100 along what is not periodic;
                                // bool [B, 3]
  at::Tensor batch, ptr;        // in a row: int64 [N], system of each atom; [B + 1]
  at::Tensor center, neighbor;  // on edges: int64 [E]
  at::Tensor vector;            // on edges: double [E, 3], A
};

/// Of the replicas, whose atoms are `atoms`.
ScriptSystems gather_systems(const StateView& state, const EdgeView& edges,
                             const ScriptAdapter& adapter, const std::vector<int>& replicas,
                             const std::vector<int>& first_atom,
                             const std::vector<Periodicity>& periodic, const at::Tensor& atoms,
                             const Device& device);

/// Place of each atomic number among `types`, from 0; -1: none. Without types: Z - 1.
at::Tensor places_of(const at::Tensor& numbers, const std::vector<int>& types);

/// One or two systems of a few atoms that the model knows, to try it on; periodic ones in large
/// cells where it takes cells.
ScriptSystems trial_systems(const ScriptAdapter& adapter, const at::Device& device);

}  // namespace md
