// One partition on this broker: its log, its role, its high watermark, and those who wait for it.
//
//               append()               its own disk, and the followers, have it
//   produce --------------> log end -------------------------------------------> high watermark
//                              |                                                    |
//                              +-- acks=1 is answered                               +-- acks=all,
//                                                      parked fetches and coordinators are answered
//
// In the durability mode `fsync` the leader's own part of "everyone in sync has it" is the end of
// what its disk has synced; in the other modes it is the log end.  So acks=all, and every read by a
// consumer, waits for the disk where the user asked for that, and one rule serves all modes.
//
// Owned by the ReplicaSet, on the partition's shard.  Callbacks are called on it too, some before
// the call that took them returns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/metadata/topics.h"
#include "cluster/replica/fetch_session.h"
#include "cluster/replica/follower_states.h"
#include "cluster/replica/traffic.h"
#include "cluster/replica/waiting_queue.h"
#include "cluster/timers.h"
#include "storage/log.h"
#include "storage/sync_queue.h"
#include "wire/base/bytes.h"
#include "wire/base/callback.h"
#include "wire/base/clock.h"
#include "wire/base/result.h"
#include "wire/records/batch_validation.h"
#include "wire/records/control_record.h"

namespace cluster::replica {

class GatheredAppends;
class ParkedFetch;
class Partition;

// Who wants to know of a partition's progress: the coordinators that live in internal topics.
class PartitionObserver {
 public:
  virtual ~PartitionObserver() = default;
  virtual void on_high_watermark(Partition& partition) = 0;
};

// What all partitions of this broker share.  Outlives them.
struct PartitionServices {
  wire::NodeId node_id = wire::kNoNode;
  const wire::Clock& clock;
  Timers& timers;
  storage::SyncQueue* sync_queue =
      nullptr;  // null: an append counts as durable at once (relaxed, memory)
  PartitionObserver* observer = nullptr;
  GatheredAppends* gathered = nullptr;  // null: an append is written and answered at once
  wire::DurationMs replica_lag_time_max_ms = 30'000;
  Traffic traffic = {};  // of all partitions, those that have left among them
};

// The topic configs that a leader enforces; the log has its own.
struct PartitionOptions {
  storage::LogOptions log;
  int32_t min_insync_replicas = 1;
  wire::DurationMs timestamp_before_max_ms = INT64_MAX;
  wire::DurationMs timestamp_after_max_ms = 3'600'000;
  std::optional<wire::Compression> target_compression;  // nothing: the producer's
  size_t inflate_limit = wire::kDefaultInflateLimit;
};

struct AppendRequest {
  int16_t produce_version = 13;     // below 3: message sets, to be converted
  int16_t required_acks = -1;       // -1: all in-sync replicas; 0, 1: this leader
  wire::DurationMs timeout_ms = 0;  // of the wait for acks=all
  // Of the transaction that the batch begins, if it had to be verified.
  storage::VerificationGuard guard = storage::kNoGuard;
};

// What became of an append.  With REQUEST_TIMED_OUT and NOT_ENOUGH_REPLICAS_AFTER_APPEND the
// records are in the log and may become visible; any other error means that they are not
// (reliability: an error must not be surer than the fact).
struct AppendOutcome {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  std::string message;
  std::vector<wire::RecordError> record_errors;
  wire::Offset base_offset = wire::kNoOffset;
  wire::Offset last_offset = wire::kNoOffset;
  wire::TimestampMs log_append_time_ms = wire::kNoTimestamp;
  wire::Offset log_start_offset = wire::kNoOffset;
};

enum class Isolation : int8_t { kReadUncommitted = 0, kReadCommitted = 1 };

struct ReadLimits {
  int32_t max_bytes = 0;
  bool at_least_one_batch = false;
  Isolation isolation = Isolation::kReadUncommitted;
  wire::NodeId replica_id =
      wire::kNoNode;  // a follower reads up to the log end and may truncate; -1: a consumer
  int64_t replica_epoch = -1;
  // False: a read that would wait for a disk adds to `cold` instead, and answers without records.
  bool may_wait = true;
  std::vector<storage::ColdRange> cold = {};

  // After a partition has been read: what is left for those behind it, never less than nothing.
  void take(size_t bytes) {
    if (bytes > 0) at_least_one_batch = false;
    max_bytes = static_cast<int32_t>(
        std::max<int64_t>(int64_t{max_bytes} - static_cast<int64_t>(bytes), 0));
  }
};

struct OffsetAndTimestamp {
  wire::Offset offset = wire::kNoOffset;
  wire::TimestampMs timestamp = wire::kNoTimestamp;
  wire::Epoch leader_epoch = wire::kNoEpoch;
};

// Timestamps that name an offset in ListOffsets.
inline constexpr wire::TimestampMs kLatestTimestamp = -1;
inline constexpr wire::TimestampMs kEarliestTimestamp = -2;
inline constexpr wire::TimestampMs kMaxTimestamp = -3;                    // KIP-734
inline constexpr wire::TimestampMs kEarliestLocalTimestamp = -4;          // KIP-405
inline constexpr wire::TimestampMs kLatestTieredTimestamp = -5;           // KIP-1005
inline constexpr wire::TimestampMs kEarliestPendingUploadTimestamp = -6;  // KIP-1023

class Partition : public std::enable_shared_from_this<Partition> {
 public:
  // `initial_high_watermark` comes from the checkpoint of the log's directory.
  Partition(PartitionServices& services, storage::TopicPartition name, wire::Uuid topic_id,
            storage::Log& log, PartitionOptions options, wire::Offset initial_high_watermark);
  ~Partition();

  const storage::TopicPartition& name() const { return name_; }
  wire::Uuid topic_id() const { return topic_id_; }
  storage::Log& log() { return *log_; }
  const storage::Log& log() const { return *log_; }
  bool is_leader() const { return is_leader_; }
  wire::Epoch leader_epoch() const { return leader_epoch_; }
  wire::Offset high_watermark() const { return high_watermark_; }
  // Where a read_committed reader stops.
  wire::Offset last_stable_offset() const;
  const PartitionOptions& options() const { return options_; }
  void set_options(PartitionOptions options);
  const Traffic& traffic() const { return traffic_; }
  // A fetch of a consumer has been answered with this much of it, or refused.
  void count_fetch(size_t bytes, bool refused);
  // The in-sync replicas are fewer than the replicas, than min.insync.replicas, or just as many as
  // that.  REQUIRES: is_leader().
  bool is_under_replicated() const { return isr_.size() < replica_count_; }
  bool is_under_min_insync() const { return below_min_insync(); }
  bool is_at_min_insync() const { return isr_.size() == min_insync(); }
  // Goes on with another copy of its log (KIP-113): what `swap` returns, which ends where the log
  // ends, is synced, and takes the place of the log that `swap` destroys.  An error of `swap` closes
  // the partition.
  wire::Status replace_log(const std::function<wire::Result<storage::Log*>()>& swap);

  // Takes over, or goes on with, leadership as the image says.  A new epoch begins at the log end
  // (KIP-101).
  wire::Status lead(const metadata::PartitionImage& image);
  // Another broker leads, or none: those who wait here are told so.  But where nobody else is in
  // sync, what was appended stays, whoever leads next: a produce that waits only for this disk is
  // still answered when it has synced.
  void follow(const metadata::PartitionImage& image);
  // The broker stops: as follow(), and who comes later is told NOT_LEADER_OR_FOLLOWER.
  void resign();
  // The partition leaves this broker or its directory failed: everyone waiting gets `why`, and so
  // does who comes later.
  void close(wire::ErrorCode why);

  // Validates and appends one produced batch.  `done` is called once.
  void append(wire::Bytes records, const AppendRequest& request,
              wire::Callback<void(AppendOutcome)> done);
  // Appends the end of a producer's transaction as acks=all does (WriteTxnMarkers).  Beside the
  // errors of append(): INVALID_PRODUCER_EPOCH, TRANSACTION_COORDINATOR_FENCED.
  void append_marker(const wire::EndTransactionMarker& marker, int16_t transaction_version,
                     wire::DurationMs timeout_ms, wire::Callback<void(AppendOutcome)> done);
  // Appends a coordinator's batch with the rules of acks=all but without the wait: the observer
  // hears of its commit.
  wire::Result<storage::AppendInfo> append_as_coordinator(
      wire::Epoch epoch, wire::Bytes batch,
      const storage::AppendRules& rules = {.origin = storage::AppendOrigin::kCoordinator});
  // Before a batch that may begin a transaction here (KIP-890): the guard to append it under once
  // its coordinator has confirmed it; kNoGuard if it needs none.  NOT_LEADER_OR_FOLLOWER,
  // INVALID_PRODUCER_EPOCH.
  wire::Result<storage::VerificationGuard> begin_verification(wire::ProducerId producer_id,
                                                              const storage::VerifiedBatch& batch);

  // Reads for a consumer or a follower; error code and offsets as a Fetch answer has them.  What was
  // read is taken off the limits.
  wire::FetchResponse::PartitionData read(const FetchPartition& request, ReadLimits& limits);
  // ListOffsets for a consumer (replica_id -1) or a replica.  Offset -1 without an error: there is
  // no such record.
  wire::Result<OffsetAndTimestamp> offset_for(wire::TimestampMs timestamp,
                                              wire::Epoch current_leader_epoch,
                                              std::optional<Isolation> isolation);
  // ListOffsets v0: Log::segment_offsets_before(), for kEarliestTimestamp, kLatestTimestamp or a
  // time.  A consumer gets the high watermark in place of what lies beyond it.
  wire::Result<std::vector<wire::Offset>> segment_offsets_before(wire::TimestampMs timestamp,
                                                                 size_t limit, bool for_consumer);
  wire::Result<storage::EpochEndOffset> end_offset_for_epoch(wire::Epoch current_leader_epoch,
                                                             wire::Epoch epoch);
  // DeleteRecords: moves the log start; -1 means the high watermark.  Returns the new log start.
  wire::Result<wire::Offset> delete_records_before(wire::Offset offset);

  // Checks a client's idea of the leader epoch: FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH,
  // NOT_LEADER_OR_FOLLOWER.
  wire::ErrorCode check_leader(wire::Epoch current_leader_epoch) const;

  // Writes what this turn has appended, and tells those who wait for it: see GatheredAppends.
  void write_gathered();

  void watch(std::shared_ptr<ParkedFetch> fetch) { watchers_.push_back(std::move(fetch)); }
  void unwatch(const ParkedFetch& fetch);

 private:
  // A produce that waits until everyone in sync has its records.
  struct WaitingProduce {
    wire::Offset required_offset;  // exclusive
    wire::DurationMs deadline_ms;  // monotonic
    AppendOutcome outcome;
    wire::Callback<void(AppendOutcome)> done;
  };
  // A produce that is answered once the log has written its batch.
  struct GatheredProduce {
    AppendOutcome outcome;
    wire::Callback<void(AppendOutcome)> done;
  };
  // Bytes of one append above the high watermark, so that each advance is told in bytes.
  struct Unseen {
    wire::Offset end_offset;
    size_t bytes;
  };

  wire::ValidationOptions validation_options(const AppendRequest& request) const;
  // Passes validated batches to the log and notes what it appended.
  wire::Result<storage::AppendInfo> append_to_log(wire::Bytes batch, storage::AppendRules rules);
  // The answer that acks=all owes for what was appended: now, or when everyone in sync has it.
  void answer_acks_all(const AppendRequest& request, AppendOutcome outcome,
                       wire::Callback<void(AppendOutcome)> done);
  std::string too_few_in_sync() const;
  void wait_for_replicas(const AppendRequest& request, AppendOutcome outcome,
                         wire::Callback<void(AppendOutcome)> done);
  // The answer that acks=1 is owed: now, or when the batch is in the file.
  void answer_written(AppendOutcome outcome, wire::Callback<void(AppendOutcome)> done);
  void write_at_turn_end();
  // After a write: asks for a sync, or counts it as durable.
  void after_write();
  void request_sync();
  void advance_high_watermark();
  void complete_produces();
  void arm_produce_timer();
  void expire_produces();
  void stop_leading(bool others_lead);
  void fail_waiting(wire::ErrorCode why);
  void lose_watchers();
  // min.insync.replicas, but never more than there are replicas.
  size_t min_insync() const;
  bool below_min_insync() const { return isr_.size() < min_insync(); }
  std::optional<storage::EpochEndOffset> diverging_epoch(const FetchPartition& request) const;

  PartitionServices& services_;
  const storage::TopicPartition name_;
  const wire::Uuid topic_id_;
  storage::Log* log_;  // never null
  uint64_t log_generation_ = 0;
  PartitionOptions options_;

  bool is_leader_ = false;
  bool settling_ = false;  // leads no more, and its disk has yet to answer those who wait for it
  wire::ErrorCode closed_ = wire::ErrorCode::kNone;
  wire::Epoch leader_epoch_ = wire::kNoEpoch;
  wire::Offset leader_epoch_start_ = 0;
  std::vector<wire::NodeId> isr_;
  size_t replica_count_ = 1;
  FollowerStates followers_;
  wire::Offset high_watermark_;

  bool sync_requested_ = false;
  WaitingQueue<Unseen> unseen_;
  bool write_is_due_ = false;  // GatheredAppends has this partition
  std::vector<GatheredProduce> gathered_;
  WaitingQueue<WaitingProduce> produces_;  // by required_offset
  TimerId produce_timer_ = kNoTimer;
  std::vector<std::shared_ptr<ParkedFetch>> watchers_;
  Traffic traffic_;
};

}  // namespace cluster::replica
