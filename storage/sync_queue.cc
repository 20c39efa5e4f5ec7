#include "storage/sync_queue.h"

#include <algorithm>
#include <string>

namespace storage {

namespace {

// Who comes next waits for so many logs at most.
constexpr size_t kLogsPerJob = 8;

}  // namespace

struct SyncQueue::Item {
  Log* log;  // null once forgotten
  SyncWork work;
};

// The logs that one job on the executor syncs.
struct SyncQueue::Job {
  std::vector<Item> items;
};

SyncQueue::~SyncQueue() = default;

void SyncQueue::sync(Log& log, wire::Callback<void(wire::Status)> done, Urgency urgency) {
  if (!log.directory().online()) return done(log.directory().failure());
  if (log.flushed_offset() >= log.log_end_offset()) return done({});
  waiting_.push_back({&log, log.log_end_offset(), urgency, std::move(done)});
  start_jobs();
}

void SyncQueue::checkpoint(Log& log) {
  checkpoints_.insert(&log);
  start_jobs();
}

void SyncQueue::forget(Log& log) {
  checkpoints_.erase(&log);
  for (const auto& job : jobs_) {
    for (Item& item : job->items) {
      if (item.log == &log) item.log = nullptr;
    }
  }
  std::vector<Waiter> gone;
  for (Waiter& waiter : waiting_) {
    if (waiter.log == &log) gone.push_back(std::move(waiter));
  }
  std::erase_if(waiting_, [&](const Waiter& waiter) { return waiter.log == &log; });
  for (Waiter& waiter : gone) {
    waiter.done(wire::Error{wire::ErrorCode::kKafkaStorageError, log.path() + " was closed"});
  }
}

void SyncQueue::gather(Urgency urgency, size_t limit, std::vector<Item>& items) {
  for (const Waiter& waiter : waiting_) {
    if (items.size() >= limit) return;
    if (waiter.urgency == urgency && !waiter.log->sync_in_progress()) begin(*waiter.log, items);
  }
}

void SyncQueue::begin(Log& log, std::vector<Item>& items) {
  auto work = checkpoints_.erase(&log) != 0 ? log.begin_checkpoint() : log.begin_sync();
  if (work) items.push_back({&log, std::move(*work)});
}

void SyncQueue::gather_checkpoints(size_t limit, std::vector<Item>& items) {
  std::vector<Log*> ready;
  for (Log* log : checkpoints_) {
    if (items.size() + ready.size() >= limit) break;
    if (!log->sync_in_progress()) ready.push_back(log);
  }
  for (Log* log : ready) begin(*log, items);
}

void SyncQueue::start_jobs() {
  const size_t free = kJobsMax - jobs_.size();
  if (free == 0) return;
  const size_t limit = free * kLogsPerJob;
  std::vector<Item> items;
  gather(Urgency::kNow, limit, items);
  gather(Urgency::kWhenIdle, limit, items);
  gather_checkpoints(limit, items);
  // A directory that fails here has its waiters answered by the job that ends next, or now.
  if (items.empty()) return answer_waiters();
  const size_t per_job = (items.size() + free - 1) / free;
  for (auto next = items.begin(); next != items.end();) {
    const auto end =
        next + std::min<ptrdiff_t>(static_cast<ptrdiff_t>(per_job), items.end() - next);
    const auto job = std::make_shared<Job>();
    std::move(next, end, std::back_inserter(job->items));
    next = end;
    jobs_.push_back(job);
    disk_.run(
        [job] {
          for (Item& item : job->items) item.work.run();
        },
        [this, job, alive = std::weak_ptr(alive_)] {
          if (!alive.expired()) finish(job);
        });
  }
}

void SyncQueue::finish(const std::shared_ptr<Job>& job) {
  std::erase(jobs_, job);
  for (Item& item : job->items) {
    // A failure takes the log's directory offline, which is what its waiters are told.
    if (item.log != nullptr) (void)item.log->complete_sync(item.work);
  }
  answer_waiters();
  if (!waiting_.empty() || !checkpoints_.empty()) start_jobs();
}

void SyncQueue::answer_waiters() {
  std::vector<Waiter> ready;
  std::vector<Waiter> still;
  for (Waiter& waiter : waiting_) {
    // A truncation may have taken away what was waited for.
    const wire::Offset needed = std::min(waiter.offset, waiter.log->log_end_offset());
    const bool is_ready =
        !waiter.log->directory().online() || waiter.log->flushed_offset() >= needed;
    (is_ready ? ready : still).push_back(std::move(waiter));
  }
  waiting_ = std::move(still);
  for (Waiter& waiter : ready) {
    const LogDirectory& directory = waiter.log->directory();
    waiter.done(directory.online() ? wire::Status() : wire::Status(directory.failure()));
  }
}

}  // namespace storage
