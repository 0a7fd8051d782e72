#include "tests/emulator/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>
#ifndef __x86_64__
#include <ucontext.h>
#endif

namespace emulator {

Stack::Stack() {
  const std::size_t guard = sysconf(_SC_PAGESIZE);
  void* const memory = mmap(nullptr, size + guard, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  mprotect(memory, guard, PROT_NONE);
  bottom_ = static_cast<char*>(memory) + guard;
}

Stack::~Stack() {
  const std::size_t guard = sysconf(_SC_PAGESIZE);
  if (bottom_) munmap(bottom_ - guard, size + guard);
}

#ifdef __x86_64__

// On the stack of a fiber that waits: the registers that a called function has to keep, and where
// it goes on.
extern "C" void emulator_change_fiber(void** from, void* to);
asm(R"(
.text
.globl emulator_change_fiber
.type emulator_change_fiber, @function
emulator_change_fiber:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size emulator_change_fiber, . - emulator_change_fiber
)");

void Fiber::begin(const Stack& stack, void (*entry)()) {
  auto* top = reinterpret_cast<void**>(stack.bottom() + Stack::size);
  *--top = nullptr;  // so that `entry` begins as if called, 8 bytes below a multiple of 16
  *--top = reinterpret_cast<void*>(entry);
  for (int k = 0; k < 6; ++k) *--top = nullptr;
  place_ = top;
}

void Fiber::change(Fiber& from, Fiber& to) { emulator_change_fiber(&from.place_, to.place_); }

#else

// Slower, by two system calls. The context of a fiber lies at the bottom of its stack.
namespace {
ucontext_t outside;
}

void Fiber::begin(const Stack& stack, void (*entry)()) {
  auto* const context = new (stack.bottom()) ucontext_t;
  getcontext(context);
  context->uc_stack.ss_sp = stack.bottom() + sizeof(ucontext_t);
  context->uc_stack.ss_size = Stack::size - sizeof(ucontext_t);
  makecontext(context, entry, 0);
  place_ = context;
}

void Fiber::change(Fiber& from, Fiber& to) {
  if (!from.place_) from.place_ = &outside;
  swapcontext(static_cast<ucontext_t*>(from.place_), static_cast<ucontext_t*>(to.place_));
}

#endif

}  // namespace emulator
