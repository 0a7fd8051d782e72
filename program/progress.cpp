#include "program/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace md {
namespace {
constexpr auto terminal_interval = std::chrono::milliseconds(200);
constexpr auto line_interval = std::chrono::seconds(30);
}  // namespace

void print_anyway(std::FILE* to, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

Progress::Progress(std::string what, std::int64_t first, std::int64_t last, bool enabled)
    : what_(std::move(what)),
      first_(first),
      last_(last),
      enabled_(enabled),
      terminal_(isatty(STDERR_FILENO) != 0) {
  next_ = start_ + (terminal_ ? std::chrono::seconds(0) : line_interval);
}

Progress::~Progress() { clear(); }

void Progress::update(std::int64_t done) {
  if (!enabled_) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? Clock::duration(terminal_interval) : Clock::duration(line_interval));
  print(done);
}

void Progress::print(std::int64_t done) {
  const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = elapsed > 0 ? (done - first_) / elapsed : 0;
  const double share = last_ > 0 ? static_cast<double>(done) / last_ : 1;
  std::string rest = rate > 0 ? duration_text((last_ - done) / rate) + " left" : "";
  if (!terminal_) {
    say("{}: step {} of {} ({:.0f} %), {:.1f} steps/s, {}\n", what_, done, last_, 100 * share, rate,
        rest);
    return;
  }
  const int width = 30, full = std::clamp(static_cast<int>(share * width), 0, width);
  print_anyway(stderr, fmt::format("\r\x1b[K{} [{}{}] {:3.0f} %  step {}/{}  {:.1f} steps/s  {}",
                                   what_, std::string(full, '#'), std::string(width - full, '.'),
                                   100 * share, done, last_, rate, rest));
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) print_anyway(stderr, "\r\x1b[K");
  drawn_ = false;
}

std::string duration_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto total = std::llround(seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", total / 60, total % 60);
  if (seconds < 86400) return fmt::format("{} h {:02} min", total / 3600, total / 60 % 60);
  return fmt::format("{} d {:02} h", total / 86400, total / 3600 % 24);
}

std::vector<Evaluation> evaluate_with_progress(Evaluator& evaluator,
                                               std::span<const Structure> systems,
                                               const std::string& what, bool enabled, bool virial) {
  Progress progress(what, 0, static_cast<std::int64_t>(systems.size()), enabled);
  return evaluator.evaluate(
      systems, virial, [&](std::size_t done) { progress.update(static_cast<std::int64_t>(done)); });
}

}  // namespace md
