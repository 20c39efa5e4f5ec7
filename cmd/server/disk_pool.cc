#include "cmd/server/disk_pool.h"

#include <utility>

#include <sys/resource.h>

#include "cmd/server/worker_thread.h"

namespace server {

namespace {

constexpr int kLowNiceness = 10;

}  // namespace

void DiskPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void DiskPool::run(wire::Callback<void()> work, wire::Callback<void()> done) {
  bool needs_thread;
  {
    std::unique_lock lock(mutex_);
    if (stopping_) {
      lock.unlock();
      work();
      return shard_.post(std::move(done));
    }
    jobs_.push_back({std::move(work), std::move(done)});
    needs_thread = static_cast<int>(jobs_.size()) > waiting_;
  }
  if (needs_thread && static_cast<int>(threads_.size()) < threads_max_) {
    threads_.emplace_back([this] { serve(); });
    return;
  }
  wake_.notify_one();
}

void DiskPool::serve() {
  begin_worker_thread(name_);
  // Of this thread alone, on Linux; where it is refused, the work is done all the same.
  if (priority_ == Priority::kLow) (void)setpriority(PRIO_PROCESS, 0, kLowNiceness);

  std::unique_lock lock(mutex_);
  while (true) {
    ++waiting_;
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    --waiting_;
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.work();
    job.work = nullptr;  // what it held is released here, not on the shard's time
    shard_.post(std::move(job.done));
    lock.lock();
  }
}

}  // namespace server
