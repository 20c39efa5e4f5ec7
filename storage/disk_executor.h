// Where blocking disk work goes: a port, so that a shard never waits for a disk.
//
// The program runs `work` on a thread of its disk pool and posts `done` back to the shard that
// asked; tests and the simulator run both when they choose.  `work` must touch nothing that the
// shard may change meanwhile.
#pragma once

#include <deque>
#include <utility>

#include "wire/base/callback.h"

namespace storage {

class DiskExecutor {
 public:
  virtual ~DiskExecutor() = default;
  // Runs `work` elsewhere, then `done` on the caller's shard.  `done` calls arrive in any order.
  virtual void run(wire::Callback<void()> work, wire::Callback<void()> done) = 0;
};

// Holds the work until run_all(): a test decides when the disk is done.
class ManualDiskExecutor final : public DiskExecutor {
 public:
  void run(wire::Callback<void()> work, wire::Callback<void()> done) override {
    queue_.emplace_back(std::move(work), std::move(done));
  }

  // Runs everything queued, and what that queues in turn.
  void run_all() {
    while (!queue_.empty()) run_one();
  }
  // REQUIRES: !idle().
  void run_one() {
    auto [work, done] = std::move(queue_.front());
    queue_.pop_front();
    work();
    done();
  }
  bool idle() const { return queue_.empty(); }

 private:
  std::deque<std::pair<wire::Callback<void()>, wire::Callback<void()>>> queue_;
};

}  // namespace storage
