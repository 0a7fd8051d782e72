#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "md/neighbors/edges.hpp"
#include "md/potential.hpp"
#include "potentials/torchscript/torch_script_model.hpp"

// Include from .cpp files that use LibTorch only.

namespace md {

/// Systems of one call of a model. Dense: B systems of N atoms. On edges: all atoms in a row.
struct ScriptSystems {
  std::int64_t n_systems = 0;  // B
  at::Tensor numbers;          // int64 [B, N] or [N]
  at::Tensor positions;        // double [B, N, 3] or [N, 3], A
  at::Tensor cell, pbc;   // double [3, 3], A, and bool [3]; of the one system, if it is periodic
  at::Tensor batch, ptr;  // on edges: int64 [N], system of each atom; [B + 1]
  at::Tensor center, neighbor;  // on edges: int64 [E]
  at::Tensor vector;            // on edges: double [E, 3], A
};

struct ScriptAnswer {
  at::Tensor energies;  // double [B], eV
  at::Tensor forces;    // double, shape of positions, eV/A
  at::Tensor virial;    // double [B, 3, 3], eV; undefined when not asked for
};

/// A TorchScript model as a potential. Forces by differentiation with respect to the positions, the
/// virial with respect to a strain of positions, cell and shifts. Replicas of equal size go through
/// the model together, periodic ones (which bring their own cell) and all in strict mode one by
/// one.
class ScriptPotential final : public Potential {
 public:
  ScriptPotential(torch::jit::Module module, ScriptAdapter adapter, std::string path,
                  at::ScalarType precision, const Device& device, bool strict);
  const PotentialTraits& traits() const override { return traits_; }
  void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                  Stream& stream) override;
  Description describe() const override;

  ScriptAnswer evaluate(const ScriptSystems& systems, bool virial);

 private:
  void probe();
  std::vector<c10::IValue> arguments(const ScriptSystems& systems, const at::Tensor& positions,
                                     const at::Tensor& cell, const at::Tensor& shifts) const;
  at::Tensor energies_from(const c10::IValue& answer, std::int64_t n_systems) const;
  std::vector<std::vector<int>> calls(const std::vector<int>& first_atom,
                                      const std::vector<Periodicity>& periodic) const;
  ScriptSystems gather(const StateView& state, const std::vector<int>& replicas,
                       const std::vector<int>& first_atom, const std::vector<Periodicity>& periodic,
                       const at::Tensor& atoms) const;

  torch::jit::Module module_;
  ScriptAdapter adapter_;
  std::string path_;
  at::ScalarType precision_;
  Device device_;
  bool strict_;
  PotentialTraits traits_;
  EdgeList edges_;
};

}  // namespace md
