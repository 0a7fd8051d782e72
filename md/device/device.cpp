#include "md/device/device.hpp"

#include <cctype>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "md/device/host_memory.hpp"
#include "md/errors.hpp"
#ifdef MD_CUDA
#include "md/device/cuda.cuh"
#endif

namespace md {
int gpu_count() {
#ifdef MD_CUDA
  int n = 0;
  if (cudaGetDeviceCount(&n) != cudaSuccess) {
    cudaGetLastError();  // no driver: an answer, not an error
    return 0;
  }
  return n;
#else
  return 0;
#endif
}

Device select_device(const std::string& text) {
  if (text == "cpu") return {};
  if (text == "auto") return gpu_count() > 0 ? Device{Device::Kind::cuda, 0} : Device{};
  int index = 0;
  if (text.starts_with("cuda:")) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + 5, end, index);
    if (error != std::errc() || stop != end || index < 0) index = -1;
  } else if (text != "cuda") {
    index = -1;
  }
  if (index < 0)
    throw InputError("no device is called '" + text + "'; use auto, cpu, cuda or cuda:N");
#ifndef MD_CUDA
  throw ResourceError(
      "run.device = " + text +
      ": this build has no GPU path; build the preset 'cuda' or use run.device = cpu");
#endif
  if (index >= gpu_count())
    throw ResourceError("run.device = " + text + ": this machine has " +
                        std::to_string(gpu_count()) +
                        " usable GPUs; use run.device = " + (gpu_count() > 0 ? "cuda:0" : "cpu"));
  return {Device::Kind::cuda, index};
}

std::string describe(const Device& device, int threads) {
#ifdef MD_CUDA
  if (device.is_cuda()) {
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, device.index), "cudaGetDeviceProperties");
    return properties.name;
  }
#endif
  (void)device;
  std::string model = proc_field("/proc/cpuinfo", "model name");
  if (model.empty()) model = "unknown model";
  return "CPU (" + model + ", " + std::to_string(threads) +
         (threads == 1 ? " thread)" : " threads)");
}

std::size_t free_memory(const Device& device) {
#ifdef MD_CUDA
  if (device.is_cuda()) {
    std::size_t free = 0, total = 0;
    check(cudaSetDevice(device.index), "cudaSetDevice");
    check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    return free;
  }
#endif
  (void)device;
  return free_host_memory();
}

double taken_memory(const Device& device) {
  return device.is_cuda() ? -static_cast<double>(free_memory(device))
                          : static_cast<double>(held_memory());
}

void* allocate(const Device& device, std::size_t bytes) {
#ifdef MD_CUDA
  if (device.is_cuda()) {
    void* memory = nullptr;
    check(cudaSetDevice(device.index), "cudaSetDevice");
    check(cudaMalloc(&memory, bytes),
          ("cudaMalloc of " + std::to_string(bytes) + " bytes").c_str());
    return memory;
  }
#endif
  (void)device;
  const std::size_t padded = (bytes + 63) / 64 * 64;
  void* memory = padded < bytes ? nullptr : std::aligned_alloc(64, padded);
  if (!memory)
    throw DeviceError("out of memory: " + std::to_string(bytes) + " bytes could not be allocated");
  std::memset(memory, 0, padded);
  return memory;
}

void release(const Device& device, void* memory) noexcept {
#ifdef MD_CUDA
  if (device.is_cuda()) {
    cudaFree(memory);
    return;
  }
#endif
  (void)device;
  std::free(memory);
}

void copy_to_device(const Device& device, void* to, const void* from, std::size_t bytes) {
#ifdef MD_CUDA
  if (device.is_cuda())
    return check(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice), "cudaMemcpy");
#endif
  (void)device;
  std::memcpy(to, from, bytes);
}

void copy_to_host(const Device& device, void* to, const void* from, std::size_t bytes) {
#ifdef MD_CUDA
  if (device.is_cuda())
    return check(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost), "cudaMemcpy");
#endif
  (void)device;
  std::memcpy(to, from, bytes);
}

}  // namespace md
