#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "md/evaluator.hpp"

namespace md {

/// Prints at once what long work can do without: a reader that is gone or a full disk below
/// standard output shall not end it.
void print_anyway(std::FILE* to, const std::string& text);
template <class... T>
void say(fmt::format_string<T...> format, T&&... values) {
  print_anyway(stdout, fmt::format(format, std::forward<T>(values)...));
}

/// Progress on long work: on a terminal a bar with rate and remaining time on standard error, else
/// a line on standard output now and then.
class Progress {
 public:
  Progress(std::string what, std::int64_t first, std::int64_t last, bool enabled);
  ~Progress();
  /// Cheap enough for every step.
  void update(std::int64_t done);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void print(std::int64_t done);

  std::string what_;
  std::int64_t first_, last_;
  bool enabled_, terminal_, drawn_ = false;
  Clock::time_point start_ = Clock::now(), next_;
};

/// Evaluator::evaluate with a progress bar called `what`.
std::vector<Evaluation> evaluate_with_progress(Evaluator& evaluator,
                                               std::span<const Structure> systems,
                                               const std::string& what, bool enabled,
                                               bool virial = false);

/// "1 h 02 min", "12.3 s".
std::string duration_text(double seconds);

}  // namespace md
