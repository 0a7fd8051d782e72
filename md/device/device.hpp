#pragma once

#include <cstddef>
#include <string>

namespace md {

/// Where arrays live and kernels run.
struct Device {
  enum class Kind { cpu, cuda };
  Kind kind = Kind::cpu;
  int index = 0;

  bool is_cuda() const { return kind == Kind::cuda; }
  bool operator==(const Device&) const = default;
};

/// From "auto", "cpu", "cuda" or "cuda:1". Throws InputError on other text, ResourceError when
/// that GPU is not there. "auto" is the first GPU, or the CPU where there is none.
Device select_device(const std::string& text);
/// Number of usable GPUs; 0 for a build without CUDA or a machine without a driver.
int gpu_count();
/// "CPU (AMD EPYC, 2 threads)", "NVIDIA H200".
std::string describe(const Device& device, int threads);
/// Bytes free on the device; for the CPU free_host_memory().
std::size_t free_memory(const Device& device);
/// For the difference between before and after: what is taken on the device, in bytes; on a CPU
/// what this process holds.
double taken_memory(const Device& device);

/// Untyped memory on a device, aligned to 64 bytes or more. Throws DeviceError when it runs out.
void* allocate(const Device& device, std::size_t bytes);
void release(const Device& device, void* memory) noexcept;
void copy_to_device(const Device& device, void* to, const void* from, std::size_t bytes);
void copy_to_host(const Device& device, void* to, const void* from, std::size_t bytes);

}  // namespace md
