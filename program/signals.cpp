#include "program/signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace md {
namespace {

// A handler has nothing else to write to.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
volatile std::sig_atomic_t signal_received = 0;

extern "C" void end_at_once(int number) { _exit(128 + number); }
extern "C" void remember_signal(int number) { signal_received = number; }

void handle(void (*handler)(int)) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGXCPU}) {
    struct sigaction before {};
    sigaction(number, nullptr, &before);
    if (number == SIGHUP && before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = handler;
    sigaction(number, &action, nullptr);
  }
}

}  // namespace

void open_standard_descriptors() {
  for (int descriptor = 0; descriptor < 3; ++descriptor)  // each takes the lowest free number
    if (fcntl(descriptor, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) _exit(5);
}

void end_on_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  handle(end_at_once);
}
void catch_signals() { handle(remember_signal); }
bool stop_requested() { return signal_received != 0; }

}  // namespace md
