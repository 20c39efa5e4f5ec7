// The log.dirs of this broker: which logs live where, their checkpoints, and what happens at start
// and stop.
//
// Everything happens on one shard, the one that owns the logs; slow work goes to the DiskExecutor.
//
//   auto opened = LogDirectories::open(services, options);  // lock, meta.properties, clean flag
//   opened->load(options_of_topic);                         // every partition, recovered
//   Log* log = *opened->create({"tweets", 0}, topic_id, options);
//   every second:     opened->checkpoint();
//   every 5 minutes:  opened->apply_retention();
//   opened->shut_down(broker_epoch);
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/checkpoints.h"
#include "storage/log.h"
#include "storage/log_cleaner.h"
#include "storage/log_directory.h"
#include "storage/meta_properties.h"
#include "storage/sync_queue.h"
#include "storage/topic_partition.h"

namespace storage {

class LogDirectories {
 public:
  struct Options {
    std::vector<std::string> paths;  // log.dirs
    // Every meta.properties must carry these, or the start is refused.
    std::string cluster_id;
    wire::NodeId node_id = 0;
    // The directory of __cluster_metadata-0 (metadata.log.dir); empty if this node has none.  That
    // log is Raft's to open.
    std::string metadata_directory;
    // So many logs may keep what their recovery has to sync, three open files each, until their
    // first checkpoint; of more the start waits for the disk.
    size_t unsynced_logs_max = 250;
  };

  // Locks every directory, reads its meta.properties (writing what it lacks) and takes away its
  // clean-shutdown flag.  A directory that cannot be used is offline; an error means
  // that the broker must not start: all are offline, one is in use by another process, or belongs
  // to another cluster or node.
  static wire::Result<std::unique_ptr<LogDirectories>> open(StorageServices& services,
                                                            Options options);
  ~LogDirectories();

  // Opens every partition found, with the options that `options_of` gives for its topic.  An error
  // means that the broker must not start (an unknown sub-directory, named).
  wire::Status load(
      wire::Callback<std::shared_ptr<const LogOptions>(const std::string& topic)> options_of);

  const std::vector<std::unique_ptr<LogDirectory>>& all() const { return directories_; }
  LogDirectory* find(wire::Uuid directory_id) const;
  LogDirectory* find_path(std::string_view path) const;
  // Told once for each directory that fails, after its logs have been told.
  void on_directory_failed(wire::Callback<void(LogDirectory&)> listener);
  // The epoch of the last clean stop, for the registration (-1 if any directory was not stopped
  // cleanly).
  int64_t previous_broker_epoch() const { return previous_broker_epoch_; }

  // Creates the log in `directory`, or in the online one with the fewest logs.
  wire::Result<Log*> create(const TopicPartition& name, wire::Uuid topic_id,
                            std::shared_ptr<const LogOptions> options,
                            LogDirectory* directory = nullptr);
  Log* find(const TopicPartition& name) const;
  size_t log_count() const { return logs_.size(); }
  std::vector<Log*> logs() const;
  // Renames the log's directory to <topic>-<partition>.<uuid>-delete at once and removes it after
  // file.delete.delay.ms. The Log is destroyed.
  wire::Status remove(const TopicPartition& name);
  // A log that no partition of the image claims: renamed to <topic>-<partition>.<uuid>-stray, kept
  // on the disk.
  wire::Status set_aside(const TopicPartition& name);

  // --- Moves between directories (KIP-113).  A log's future copy is a log of its own, in
  // <topic>-<partition>.<uuid>-future of the other directory, until it takes the log's place.

  // Begins the copy, empty, at the log's start.  REQUIRES: find(name), !future(name).
  wire::Result<Log*> create_future(const TopicPartition& name, LogDirectory& directory);
  // Goes on with a copy that load() found; null if there is none.
  wire::Result<Log*> resume_future(const TopicPartition& name,
                                   std::shared_ptr<const LogOptions> options);
  Log* future(const TopicPartition& name) const;
  // Copies a piece of what the copy lacks, about `max_bytes`.  It begins anew where the log was
  // truncated below its end, or lost what it had yet to read.  REQUIRES: find(name), future(name).
  wire::Status copy_to_future(const TopicPartition& name, int64_t max_bytes);
  // Those that load() found and nobody resumed or adopted yet.
  std::vector<TopicPartition> found_futures() const;
  // The move is off: the copy's directory is removed as remove() does.
  wire::Status discard_future(const TopicPartition& name);
  // The copy takes the log's place; both Logs are destroyed, and the result is the new one.  Blocks
  // for a sync of what the copy has not synced.  REQUIRES: both end at the same offset.
  // An error: the move is off, or a directory has failed.
  wire::Result<Log*> promote_future(const TopicPartition& name);
  // Opens a copy in `directory` whose log is gone: the last stop came in the middle of
  // promote_future(), so it is complete.  Null if there is none.
  wire::Result<Log*> adopt_future(const TopicPartition& name, const LogDirectory& directory,
                                  std::shared_ptr<const LogOptions> options);

  // Compacts logs from now on.  REQUIRES: load() is done; the ports outlive this.
  void start_cleaner(LogCleaner::Ports ports);
  // Before shut_down(), once the cleaner's executor has ended.
  void stop_cleaner();

  // Group commit for the logs of this shard.
  SyncQueue& sync_queue() { return *sync_queue_; }

  // Once a second: sweeps the logs, syncs the dirty ones through the executor, then writes the
  // recovery-point, log-start-offset and high-watermark checkpoints that have changed.  Where many
  // logs are dirty, those with little to sync take turns: each has its own every few seconds.
  void checkpoint();
  // Deletes what retention allows, in every log, and files whose delay is over.
  void apply_retention();
  // Closes every log, writes the checkpoints and the clean-shutdown flag.  Blocks; nothing may be
  // used afterwards.
  wire::Status shut_down(int64_t broker_epoch);

 private:
  // What belongs to one directory beside its LogDirectory.
  struct State;
  class Collector;

  LogDirectories(StorageServices& services, Options options);

  wire::Status open_directory(const std::string& path);
  wire::Status check_meta_properties(const std::string& path, wire::Uuid& directory_id);
  wire::Status take_clean_shutdown_flag(State& state);
  wire::Status load_directory(
      State& state,
      wire::Callback<std::shared_ptr<const LogOptions>(const std::string& topic)>& options_of);
  wire::Status load_log(State& state, const TopicPartition& name,
                        std::shared_ptr<const LogOptions> options);
  // Renames the log's directory so that it is no partition's any more, and gives the log up.
  struct RenamedLog {
    std::string path;
    std::unique_ptr<Log> log;
  };
  wire::Result<RenamedLog> rename_away(const TopicPartition& name, std::string_view suffix);

  // Opens `path`, renamed to the partition's own name.
  wire::Result<Log*> open_promoted(const std::string& path, LogDirectory& directory, LogOpen how);

  State& state_of(const LogDirectory& directory) const;
  wire::Status persist(State& state);
  // Sweeps the log, and asks for its checkpoint if it needs one, unless it rests (Log::is_astir).
  // False if it does.
  bool tend(Log& log, bool even_at_rest);
  bool has_its_turn(const Log& log) const;
  void write_checkpoints(State& state);
  void remove_due_directories();

  StorageServices& services_;
  Options options_;
  std::vector<std::unique_ptr<LogDirectory>> directories_;
  std::vector<std::unique_ptr<State>> states_;  // one for each of directories_
  std::unique_ptr<SyncQueue> sync_queue_;
  std::unique_ptr<LogCleaner> cleaner_;
  absl::flat_hash_map<TopicPartition, std::unique_ptr<Log>> logs_;
  absl::flat_hash_map<TopicPartition, std::unique_ptr<Log>> futures_;
  // What promote_future() took away before it failed: a partition that answers errors points at it.
  std::vector<std::unique_ptr<Log>> orphans_;
  struct FoundFuture {
    LogDirectory* directory = nullptr;
    std::string path;
  };
  absl::flat_hash_map<TopicPartition, FoundFuture> found_futures_;
  wire::Callback<void(LogDirectory&)> failure_listener_;
  struct Removal {
    wire::DurationMs due_ms = 0;
    std::string path;
  };
  std::vector<Removal> removals_;
  unsigned checkpoints_ = 0;
  size_t dirty_ = 0;  // logs that the round under way has found to need a checkpoint
  size_t dirty_before_ = 0;
  int64_t previous_broker_epoch_ = -1;
  size_t recovered_logs_ = 0;  // whose files wait for the first checkpoint
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace storage
