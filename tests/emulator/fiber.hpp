#pragma once

#include <cstddef>

namespace emulator {

/// Memory for the stack of a fiber, with a page below it that nothing may touch.
class Stack {
 public:
  Stack();
  ~Stack();
  Stack(Stack&& other) noexcept : bottom_(other.bottom_) { other.bottom_ = nullptr; }
  Stack& operator=(Stack&&) = delete;

  char* bottom() const { return bottom_; }
  static constexpr std::size_t size = 256 << 10;

 private:
  char* bottom_;
};

/// A place in the code with a stack of its own, at which the processor can go on. entry() must not
/// return.
class Fiber {
 public:
  /// The fiber that is running.
  Fiber() = default;
  /// One that begins at `entry`.
  void begin(const Stack& stack, void (*entry)());
  /// Leaves `from`, which is running, and goes on with `to`.
  static void change(Fiber& from, Fiber& to);

 private:
  void* place_ = nullptr;
};

}  // namespace emulator
