#pragma once

#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "md/device/device.hpp"

namespace md {

/// Owner of n elements on a device. Move-only; copies to and from the host are explicit and
/// synchronous, so they never stand inside a step.
template <class T>
class Array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Array() = default;
  Array(Device device, std::size_t n) : device_(device), size_(n) {
    if (n > 0) data_ = static_cast<T*>(allocate(device, n * sizeof(T)));
  }
  Array(Device device, const std::vector<T>& host) : Array(device, host.size()) { upload(host); }
  Array(Array&& other) noexcept { swap(other); }
  Array& operator=(Array&& other) noexcept {
    Array(std::move(other)).swap(*this);
    return *this;
  }
  ~Array() { release(device_, data_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }

  /// `host` must have size() elements.
  void upload(std::span<const T> host) {
    if (size_ > 0) copy_to_device(device_, data_, host.data(), size_ * sizeof(T));
  }
  /// Into `host`, which keeps its memory when it is large enough.
  void download(std::vector<T>& host) const {
    host.resize(size_);
    if (size_ > 0) copy_to_host(device_, host.data(), data_, size_ * sizeof(T));
  }
  std::vector<T> download() const {
    std::vector<T> host;
    download(host);
    return host;
  }
  /// One element; waits for the device.
  T read(std::size_t i) const {
    T value;
    copy_to_host(device_, &value, data_ + i, sizeof(T));
    return value;
  }
  void fill(const T& value) {
    const std::vector<T> host(size_, value);
    upload(host);
  }

 private:
  void swap(Array& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }
  Device device_{};
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace md
