#include "cmd/server/signals.h"

#include <utility>

#include <unistd.h>

#include "wire/base/check.h"

namespace server {
namespace {

// A wrapper passes on what a terminal has sent to all of its processes: the same signal again so soon means nothing.
constexpr uint64_t kImpatienceMs = 1'000;

}  // namespace

Signals::Signals(Shard& shard, wire::Callback<void(int)> on_stop) : on_stop_(std::move(on_stop)) {
  ::signal(SIGPIPE, SIG_IGN);
  constexpr int kSignals[] = {SIGTERM, SIGINT};
  for (int i = 0; i < 2; ++i) {
    handles_[i] = new uv_signal_t;
    handles_[i]->data = this;
    CHECK(uv_signal_init(shard.loop(), handles_[i]) == 0);
    uv_signal_start(
        handles_[i],
        [](uv_signal_t* handle, int number) {
          static_cast<Signals*>(handle->data)->receive(number);
        },
        kSignals[i]);
  }
}

Signals::~Signals() {
  for (uv_signal_t* handle : handles_) {
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<uv_signal_t*>(closed); });
  }
}

void Signals::receive(int signal) {
  const uint64_t now_ms = uv_now(handles_[0]->loop);
  if (on_stop_) {
    stopping_since_ms_ = now_ms;
    return std::exchange(on_stop_, nullptr)(signal);
  }
  if (signal == SIGINT && now_ms - stopping_since_ms_ >= kImpatienceMs) _exit(128 + signal);
}

}  // namespace server
