// SIGTERM and SIGINT as calls on the shard; SIGPIPE is ignored, a lost client is seen by the write
// that fails.
#pragma once

#include <memory>

#include <signal.h>

#include "cmd/server/shard.h"

namespace server {

class Signals {
 public:
  // `on_stop` is called once, with the signal.  A second Ctrl-C, a second or more later, ends the process at once: someone
  // does not want to wait.
  Signals(Shard& shard, wire::Callback<void(int signal)> on_stop);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void receive(int signal);

  wire::Callback<void(int)> on_stop_;
  uint64_t stopping_since_ms_ = 0;
  uv_signal_t* handles_[2] = {};  // live until libuv has closed them
};

}  // namespace server
