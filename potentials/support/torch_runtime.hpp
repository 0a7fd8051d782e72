#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "md/potential.hpp"

// LibTorch as the potentials use it. Include from .cpp files of this folder only.

namespace md {

/// Throws ResourceError for a GPU in a build whose LibTorch knows none.
at::Device torch_device(const Device& device);
/// kFloat or kDouble of `potential.precision`; InputError for any other than float32 and float64.
at::ScalarType torch_precision(const PotentialOptions& options);

/// The array at `data` as a tensor that does not own it.
at::Tensor torch_view(const void* data, at::IntArrayRef shape, at::ScalarType type,
                      const Device& device);
/// A copy on `device` of numbers given in double, row-major.
at::Tensor torch_copy(const std::vector<double>& values, at::IntArrayRef shape, at::ScalarType type,
                      const Device& device);

/// While it lives, LibTorch queues its work on `stream` and uses its threads.
class TorchScope {
 public:
  explicit TorchScope(const Stream& stream);
  ~TorchScope();
  TorchScope(const TorchScope&) = delete;
  TorchScope& operator=(const TorchScope&) = delete;

 private:
  struct Guard;
  std::unique_ptr<Guard> guard_;
};

/// True while the stream's gate is closed: kernels do nothing then, and neither may LibTorch. Waits
/// for the device.
bool gate_closed(Stream& stream);

/// The cause out of a message of LibTorch of many lines, as one line.
std::string torch_message(const std::string& message);
/// Rethrows an exception of LibTorch as ResourceError (out of memory) or DeviceError.
[[noreturn]] void rethrow_torch(const c10::Error& error, const std::string& doing);

}  // namespace md
