// Group commit: many appends, one sync.
//
// sync() asks that everything now in a log be on the disk.  While one round is on the DiskExecutor,
// further wishes gather for the next; a round syncs every log that was asked for, then calls the
// callbacks in the order of the wishes. Owned by the shard that owns the logs.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "storage/disk_executor.h"
#include "storage/log.h"
#include "wire/base/callback.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace storage {

class SyncQueue {
 public:
  explicit SyncQueue(DiskExecutor& disk) : disk_(disk) {}
  ~SyncQueue();

  // `done` runs once flushed_offset() has reached the log end offset of this moment, or with the
  // directory's error; at once if it has already.
  void sync(Log& log, wire::Callback<void(wire::Status)> done);
  // Asks for a checkpoint of the log (Log::begin_checkpoint) with the next round.
  void checkpoint(Log& log);
  // The log is about to be destroyed: its waiters get KAFKA_STORAGE_ERROR.
  void forget(Log& log);
  bool idle() const { return !round_ && waiting_.empty() && checkpoints_.empty(); }

 private:
  struct Waiter {
    Log* log;
    wire::Offset offset;
    wire::Callback<void(wire::Status)> done;
  };
  struct Round;

  void start_round();
  void finish_round();
  void answer_waiters();

  DiskExecutor& disk_;
  std::vector<Waiter> waiting_;
  std::vector<Log*> checkpoints_;
  std::shared_ptr<Round> round_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace storage
