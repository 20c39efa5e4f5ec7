// The threads that wait for the disk (fsync, cold reads, deletes), so that a shard never does.
//
// The threads start with the first job: a broker that never needs them pays nothing.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "cmd/server/shard.h"
#include "storage/disk_executor.h"

namespace server {

class DiskPool final : public storage::DiskExecutor {
 public:
  enum class Priority {
    kNormal,
    kLow,  // gets the processor when nobody else wants it
  };

  // `name` is what the threads are called, at most 15 characters.
  // REQUIRES: shard outlives this.
  DiskPool(Shard& shard, const char* name, int threads, Priority priority = Priority::kNormal)
      : shard_(shard), name_(name), threads_max_(threads), priority_(priority) {}
  ~DiskPool() override { stop(); }

  // Waits for the jobs taken.  Whatever is run afterwards is run at once, on the caller's thread.
  void stop();

  void run(wire::Callback<void()> work, wire::Callback<void()> done) override;

 private:
  struct Job {
    wire::Callback<void()> work;
    wire::Callback<void()> done;
  };
  void serve();

  Shard& shard_;
  const char* const name_;
  const int threads_max_;
  const Priority priority_;
  std::vector<std::thread> threads_;  // shard's thread only

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  int waiting_ = 0;
  bool stopping_ = false;
};

}  // namespace server
