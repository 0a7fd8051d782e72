#pragma once

#include <vector>

#include "md/neighbors/edges.hpp"
#include "md/potential.hpp"
#include "potentials/torchscript/torch_script_call.hpp"

// Include from .cpp files that use LibTorch only.

namespace md {

/// A TorchScript model as a potential. Replicas go through the model together as its adapter
/// allows: of any size, or of equal size, or one by one, as all do in strict mode.
class ScriptPotential final : public Potential {
 public:
  ScriptPotential(ScriptModel model, ScriptAdapter adapter, at::ScalarType precision,
                  const Device& device, bool strict);
  const PotentialTraits& traits() const override { return traits_; }
  void add_forces(const StateView& state, const NeighborList& neighbors, bool virial,
                  Stream& stream) override;
  Description describe() const override;

 private:
  const ScriptAdapter& adapter() const { return call_.adapter(); }
  std::vector<std::vector<int>> calls(const std::vector<int>& first_atom,
                                      const std::vector<Periodicity>& periodic) const;

  ScriptCall call_;
  Device device_;
  bool strict_;
  PotentialTraits traits_;
  EdgeList edges_;
};

}  // namespace md
