#include "cmd/cli/interrupt.h"

#include <csignal>

namespace cli {
namespace {

volatile std::sig_atomic_t signal_seen = 0;

}  // namespace

void watch_for_interrupt() {
  struct sigaction action {};
  action.sa_handler = [](int) { signal_seen = 1; };
  // A second one ends the program at once, should it hang.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
  return signal_seen != 0;
}

}  // namespace cli
