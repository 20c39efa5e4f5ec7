// Compacts the logs of topics with cleanup.policy=compact, the dirtiest first (Kafka's LogCleaner
// and LogCleanerManager).
//
// Lives on the shard that owns the logs; what reads and writes runs as turns of a Compaction on an
// executor of its own, so that group commits never queue behind it.  How far each log is compacted
// is kept in the Log, and in `cleaner-offset-checkpoint` of its directory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "storage/compaction.h"
#include "storage/disk_executor.h"
#include "storage/log.h"
#include "storage/log_directory.h"
#include "wire/base/callback.h"
#include "wire/base/types.h"

namespace storage {

class LogDirectories;

// The log.cleaner.* configs.
struct CleanerOptions {
  int threads = 1;
  int64_t dedupe_buffer_bytes = int64_t{128} << 20;  // of all threads together
  int64_t io_buffer_bytes = 512 << 10;               // likewise
  double load_factor = 0.9;
  double io_bytes_per_second = 1.7976931348623157e308;  // likewise, reads and writes
  wire::DurationMs backoff_ms = 15'000;
  size_t inflate_limit = wire::kDefaultInflateLimit;
};

class LogCleaner {
 public:
  struct Ports {
    // For the turns; its threads run as low as they may.
    DiskExecutor& disk;
    // Calls back once, on the shard.  The call comes to nothing once the cleaner is gone.
    std::function<void(wire::DurationMs, wire::Callback<void()>)> schedule;
    // The configs in force, asked before each look at the logs.
    std::function<CleanerOptions()> options;
  };

  // REQUIRES: the directories and the ports outlive this.
  LogCleaner(StorageServices& services, LogDirectories& directories, Ports ports);
  ~LogCleaner();
  LogCleaner(const LogCleaner&) = delete;
  LogCleaner& operator=(const LogCleaner&) = delete;

  // Looks at the logs now, and from then on whenever a compaction is done or log.cleaner.backoff.ms
  // are over.
  void start();
  // No turn is under way any more (the executor has ended): swaps are completed, the rest is
  // dropped.  Nothing starts afterwards.
  void stop();
  // The log is about to be destroyed or renamed.
  void forget(Log& log);
  // Retention leaves such a log to the cleaner.
  bool is_compacting(const Log& log) const { return running_.contains(&log); }
  // Failed before; left alone until the next start.
  bool is_uncleanable(const Log& log) const { return uncleanable_.contains(&log); }

 private:
  struct Run;

  void look();
  // The dirtiest log that is worth it, with its numbers; null if none is.
  Log* choose(Cleanable& what);
  void begin(Log& log, const Cleanable& what);
  void turn(const std::shared_ptr<Run>& run);
  void after_turn(const std::shared_ptr<Run>& run);
  void finish(const std::shared_ptr<Run>& run);
  void give_up(Log& log, const wire::Error& why);
  void apply_retention();
  void write_checkpoint(LogDirectory& directory);
  wire::DurationMs pause_for(int64_t bytes);
  void look_later();

  StorageServices& services_;
  LogDirectories& directories_;
  const Ports ports_;
  CleanerOptions options_;
  absl::flat_hash_map<const Log*, std::shared_ptr<Run>> running_;
  absl::flat_hash_set<const Log*> uncleanable_;
  // Directories whose checkpoint is being written; true: it has changed meanwhile.
  absl::flat_hash_map<LogDirectory*, bool> writing_;
  double paid_until_ms_ = 0;  // on the monotonic clock: the throttle's debt
  bool look_scheduled_ = false;
  bool stopped_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace storage
