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

  // Compacts logs from now on.  REQUIRES: load() is done; the ports outlive this.
  void start_cleaner(LogCleaner::Ports ports);
  // Before shut_down(), once the cleaner's executor has ended.
  void stop_cleaner();

  // Group commit for the logs of this shard.
  SyncQueue& sync_queue() { return *sync_queue_; }

  // Once a second: sweeps the logs, syncs the dirty ones through the executor, then writes the
  // recovery-point, log-start-offset and high-watermark checkpoints that have changed.
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
  // Renames the log's directory so that it is no partition's any more, and forgets the log.
  wire::Result<std::string> rename_away(const TopicPartition& name, std::string_view suffix);

  State& state_of(const LogDirectory& directory) const;
  wire::Status persist(State& state);
  void write_checkpoints(State& state);
  void remove_due_directories();

  StorageServices& services_;
  Options options_;
  std::vector<std::unique_ptr<LogDirectory>> directories_;
  std::vector<std::unique_ptr<State>> states_;  // one for each of directories_
  std::unique_ptr<SyncQueue> sync_queue_;
  std::unique_ptr<LogCleaner> cleaner_;
  absl::flat_hash_map<TopicPartition, std::unique_ptr<Log>> logs_;
  wire::Callback<void(LogDirectory&)> failure_listener_;
  struct Removal {
    wire::DurationMs due_ms = 0;
    std::string path;
  };
  std::vector<Removal> removals_;
  int64_t previous_broker_epoch_ = -1;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace storage
