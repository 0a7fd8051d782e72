#include "potentials/support/torch_runtime.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>

#include <cstdlib>

#include "md/errors.hpp"
#include "md/text.hpp"
#ifdef MD_TORCH_CUDA
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

namespace md {

at::Device torch_device(const Device& device) {
  if (!device.is_cuda()) return at::kCPU;
#ifdef MD_TORCH_CUDA
  // The same bits every time, no rounding of float32 factors to TF32, no sums in bfloat16.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  at::globalContext().setDeterministicAlgorithms(true, true);
  at::globalContext().setFloat32MatmulPrecision("highest");
  at::globalContext().setAllowBF16ReductionCuBLAS(false);
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device.index));
#else
  throw ResourceError("this build's LibTorch has no GPU path; set run.device = cpu");
#endif
}

at::ScalarType torch_precision(const PotentialOptions& options) {
  if (options.precision == "float32") return at::kFloat;
  if (options.precision == "float64") return at::kDouble;
  options.input.fail_value("potential.precision",
                           "is for the kernels of painn; float32 or float64 is wanted");
}

at::Tensor torch_view(const void* data, at::IntArrayRef shape, at::ScalarType type,
                      const Device& device) {
  return at::from_blob(const_cast<void*>(data), shape,
                       at::TensorOptions().dtype(type).device(torch_device(device)));
}

at::Tensor torch_copy(const std::vector<double>& values, at::IntArrayRef shape, at::ScalarType type,
                      const Device& device) {
  const at::Tensor host = at::from_blob(const_cast<double*>(values.data()), shape, at::kDouble);
  return host.to(torch_device(device), type, false, true);
}

struct TorchScope::Guard {
#ifdef MD_TORCH_CUDA
  explicit Guard(const Stream& stream)
      : stream(c10::cuda::getStreamFromExternal(
            static_cast<cudaStream_t>(stream.handle()),
            static_cast<c10::DeviceIndex>(stream.device().index))) {}
  c10::cuda::CUDAStreamGuard stream;
#endif
};

TorchScope::TorchScope(const Stream& stream) {
  if (at::get_num_threads() != stream.threads()) at::set_num_threads(stream.threads());
#ifdef MD_TORCH_CUDA
  if (stream.device().is_cuda()) guard_ = std::make_unique<Guard>(stream);
#endif
}

TorchScope::~TorchScope() = default;

bool gate_closed(Stream& stream) {
  if (!stream.gate()) return false;
  int closed = 0;
  stream.synchronize();
  copy_to_host(stream.device(), &closed, stream.gate(), sizeof closed);
  return closed != 0;
}

std::string torch_message(const std::string& message) {
  // A TorchScript error is a traceback that ends with the cause.
  std::string last;
  for (const std::string& line : split(message, '\n'))
    if (line.find("Error: ") != std::string::npos || last.empty()) last = line;
  return last;
}

void rethrow_torch(const c10::Error& error, const std::string& doing) {
  const std::string message = doing + ": " + torch_message(error.what_without_backtrace());
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error)) throw ResourceError(message);
  throw DeviceError(message);
}

}  // namespace md
