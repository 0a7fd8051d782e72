#pragma once

#include <memory>

#include "md/device/device.hpp"

namespace md {

/// An ordered queue of kernels on one device. On the CPU a kernel runs at once, on up to
/// `threads()` threads where the work is worth it.
class Stream {
 public:
  Stream(Device device, int threads);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  const Device& device() const { return device_; }
  int threads() const { return threads_; }
  /// The cudaStream_t; null on the CPU.
  void* handle() const { return handle_.get(); }
  /// Waits for everything queued so far. Throws DeviceError when a kernel failed.
  void synchronize();

  /// While the int at `gate` (device memory) is not 0, kernels of this stream do nothing: a step
  /// that ran out of capacity stands still until the host has enlarged it. Null: no gate.
  void set_gate(const int* gate) { gate_ = gate; }
  const int* gate() const { return gate_; }

  /// Host work in chunks [begin, end) of at least `grain` indices; used by for_each_index.
  void run_on_host(int n, int grain, void (*body)(void*, int, int), void* context);
  /// Host work in stages: body(context, stage, block) for every block of stage 0, then of stage 1,
  /// and so on; see crew.hpp.
  void run_stages(int n_stages, int n_blocks, void (*body)(void*, int, int), void* context);

 private:
  struct Threads;
  struct Destroy {
    void operator()(void* stream) const;
  };
  Device device_;
  int threads_ = 1;
  std::unique_ptr<void, Destroy> handle_;  // null on the CPU
  const int* gate_ = nullptr;
  std::unique_ptr<Threads> arena_;
};

}  // namespace md
