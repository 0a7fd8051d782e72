#pragma once

#include "potentials/torchscript/torch_script_systems.hpp"

// Include from .cpp files that use LibTorch only.

namespace md {

struct ScriptAnswer {
  at::Tensor energies;  // double [B], eV
  at::Tensor forces;    // double, shape of positions, eV/A
  at::Tensor virial;    // double [B, 3, 3], eV; undefined when not asked for
};

/// A model with its adapter, ready to be called. Forces by differentiation with respect to the
/// positions (or the model's own), the virial with respect to a strain of positions, cells and
/// shifts.
class ScriptCall {
 public:
  /// Finds out whether the model takes what the adapter gives and answers with what it should.
  /// Throws InputError.
  ScriptCall(ScriptModel model, ScriptAdapter adapter, at::ScalarType precision,
             const at::Device& device);
  ScriptAnswer evaluate(const ScriptSystems& systems, bool virial);

  const ScriptAdapter& adapter() const { return adapter_; }
  const ScriptModel& model() const { return model_; }

 private:
  /// Strained, in the model's unit of length.
  struct Geometry {
    at::Tensor leaf, strain;                    // what energies are differentiated by
    at::Tensor positions, cell, cells, shifts;  // made from these
  };
  Geometry prepare(const ScriptSystems& systems, bool virial) const;
  std::vector<c10::IValue> values(const ScriptSystems& systems, const Geometry& geometry) const;
  c10::IValue answer(const ScriptSystems& systems, const Geometry& geometry);
  void probe(const at::Device& device);

  ScriptModel model_;
  ScriptAdapter adapter_;
  at::ScalarType precision_;
};

}  // namespace md
