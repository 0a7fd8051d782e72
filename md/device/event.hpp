#pragma once

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace md {

/// What a thread does before it happens() comes before what others do after they have seen() it.
/// TBB sees to that; the thread sanitizer cannot look into TBB's library, and is told here. Does
/// nothing in other builds.
class Event {
 public:
#ifdef __SANITIZE_THREAD__
  void happens() { __tsan_release(this); }
  void seen() { __tsan_acquire(this); }
#else
  void happens() {}
  void seen() {}
#endif
};

/// f(given..., what TBB passes) as a task for TBB, which begins after `fork` has happened and ends
/// before `join` is seen. f is a plain function, `given` are pointers and numbers: of what TBB
/// copies from thread to thread nothing is read but here.
template <class F, class... Given>
auto ordered_task(Event& fork, Event& join, F* f, Given... given) {
  return [&fork, &join, f, given...](const auto&... passed) {
    fork.seen();
    f(given..., passed...);
    join.happens();
  };
}

}  // namespace md
