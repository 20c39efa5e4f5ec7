// LogDirectories' own: what it keeps for each directory.
#pragma once

#include <cstdint>
#include <memory>
#include <set>

#include "storage/log_directories.h"

namespace storage {

struct LogDirectories::State {
  LogDirectory* directory = nullptr;
  std::unique_ptr<FileLock> lock;
  bool clean = false;  // the last stop was orderly
  int64_t broker_epoch = -1;

  // As read at the start; empty once the logs are loaded.
  OffsetCheckpoint recovery_points;
  OffsetCheckpoint log_starts;
  OffsetCheckpoint high_watermarks;
  OffsetCheckpoint compacted;

  // Logs that the checkpoints on the disk may still name.
  std::set<TopicPartition> removed;
  // Of what was written last: nothing is written while it stays the same.
  uint64_t fingerprint = 0;
  bool may_differ = true;  // a log was astir since the fingerprint was taken
  bool writing = false;
  // Something was persisted meanwhile, which the write under way may undo.
  bool write_again = false;
};

}  // namespace storage
