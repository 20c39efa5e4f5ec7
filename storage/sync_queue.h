// Group commit: many appends, one sync.
//
// sync() asks that everything now in a log be on the disk.  A log is synced by one job of the
// DiskExecutor at a time; wishes that come meanwhile gather for its next.  Several jobs run side by
// side, of a few logs each, so that one log does not wait for hundreds: file systems commit for
// many at once.  Callbacks of one log are called in the order of the wishes.  Owned by the shard
// that owns the logs.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "storage/disk_executor.h"
#include "storage/log.h"
#include "wire/base/callback.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace storage {

class SyncQueue {
 public:
  // Jobs on the executor at a time.
  static constexpr size_t kJobsMax = 4;

  enum class Urgency : uint8_t {
    kNow,       // somebody waits
    kWhenIdle,  // behind all who wait: hundreds of logs after a crash, say
  };

  explicit SyncQueue(DiskExecutor& disk) : disk_(disk) {}
  ~SyncQueue();

  // `done` runs once flushed_offset() has reached the log end offset of this moment, or with the
  // directory's error; at once if it has already.
  void sync(Log& log, wire::Callback<void(wire::Status)> done, Urgency urgency = Urgency::kNow);
  // Asks for a checkpoint of the log (Log::begin_checkpoint): with its next sync, or behind all who
  // wait.
  void checkpoint(Log& log);
  // The log is about to be destroyed: its waiters get KAFKA_STORAGE_ERROR.
  void forget(Log& log);
  bool idle() const { return jobs_.empty() && waiting_.empty() && checkpoints_.empty(); }

 private:
  struct Waiter {
    Log* log;
    wire::Offset offset;
    Urgency urgency;
    wire::Callback<void(wire::Status)> done;
  };
  struct Job;
  struct Item;

  void start_jobs();
  // What waits with `urgency` and is not being synced, until `items` are `limit`.
  void gather(Urgency urgency, size_t limit, std::vector<Item>& items);
  void gather_checkpoints(size_t limit, std::vector<Item>& items);
  void begin(Log& log, std::vector<Item>& items);
  void finish(const std::shared_ptr<Job>& job);
  void answer_waiters();

  DiskExecutor& disk_;
  std::vector<Waiter> waiting_;
  absl::flat_hash_set<Log*> checkpoints_;
  std::vector<std::shared_ptr<Job>> jobs_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace storage
