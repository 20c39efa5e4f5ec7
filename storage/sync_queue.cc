#include "storage/sync_queue.h"

#include <algorithm>
#include <string>

namespace storage {

// The logs that one job on the executor syncs.
struct SyncQueue::Round {
  struct Item {
    Log* log;  // null once forgotten
    SyncWork work;
  };
  std::vector<Item> items;
};

SyncQueue::~SyncQueue() = default;

void SyncQueue::sync(Log& log, wire::Callback<void(wire::Status)> done) {
  if (!log.directory().online()) return done(log.directory().failure());
  if (log.flushed_offset() >= log.log_end_offset()) return done({});
  waiting_.push_back({&log, log.log_end_offset(), std::move(done)});
  if (!round_) start_round();
}

void SyncQueue::checkpoint(Log& log) {
  if (std::find(checkpoints_.begin(), checkpoints_.end(), &log) == checkpoints_.end()) {
    checkpoints_.push_back(&log);
  }
  if (!round_) start_round();
}

void SyncQueue::forget(Log& log) {
  std::erase(checkpoints_, &log);
  if (round_) {
    for (auto& item : round_->items) {
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

void SyncQueue::start_round() {
  auto round = std::make_shared<Round>();
  for (Log* log : checkpoints_) {
    if (auto work = log->begin_checkpoint()) round->items.push_back({log, std::move(*work)});
  }
  checkpoints_.clear();
  for (const Waiter& waiter : waiting_) {
    // A log appears once: a second begin_sync() yields nothing.
    if (auto work = waiter.log->begin_sync()) {
      round->items.push_back({waiter.log, std::move(*work)});
    }
  }
  if (round->items.empty()) return answer_waiters();
  round_ = round;
  disk_.run(
      [round] {
        for (auto& item : round->items) item.work.run();
      },
      [this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) finish_round();
      });
}

void SyncQueue::finish_round() {
  const std::shared_ptr<Round> round = std::exchange(round_, nullptr);
  for (auto& item : round->items) {
    // A failure takes the log's directory offline, which is what its waiters are told.
    if (item.log != nullptr) (void)item.log->complete_sync(item.work);
  }
  answer_waiters();
  if (!round_ && (!waiting_.empty() || !checkpoints_.empty())) start_round();
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
