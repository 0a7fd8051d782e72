#pragma once

#include "potentials/painn/torch_painn.hpp"

// Include from .cpp files that use LibTorch only.

namespace md::painn {

/// TorchPainn whose messages, on the CPU, are one operation with its own derivative (messages.hpp)
/// in place of a dozen that each go through memory: training is four times as fast. Derivatives of
/// first order only.
class FusedPainn final : public TorchPainn {
 public:
  using TorchPainn::TorchPainn;

 protected:
  Features messages(const at::Tensor& phi, const at::Tensor& filter, const at::Tensor& v,
                    const at::Tensor& direction, const TorchGraph& graph) const override;
};

}  // namespace md::painn
