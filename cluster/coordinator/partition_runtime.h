// The life of one coordinator partition on its leader: load, write, commit, resign.
//
// A coordinator decides on the latest state, writes records, and answers when they are committed.
// This class appends the records, shows them in the overlay of the MaterializedState, moves them
// into its rows once the high watermark has passed them, and then calls back.  Loading reads the
// part of the log that the rows do not hold yet.  It is done only when everything that was in the
// log at the election is below the high watermark: an offset that an earlier leader has
// acknowledged is never answered in an older version.
//
//   kLoading --rows hold the log up to the election's end--> kActive --close()--> kClosed
//       \------- the log cannot be read or understood ------------------------------^
//
// Shared by the group and the transaction coordinator.  Lives on the shard of its partition.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "cluster/coordinator/materialized_state.h"
#include "cluster/coordinator/partition_writer.h"
#include "cluster/coordinator/record.h"
#include "cluster/timers.h"
#include "wire/base/clock.h"
#include "wire/base/types.h"
#include "wire/error_code.h"
#include "wire/records/compression.h"
#include "wire/records/control_record.h"

namespace cluster::coordinator {

// What a coordinator answers when a write fails with `error` (Kafka's handleOperationException).
wire::ErrorCode response_error(wire::ErrorCode error);

class PartitionRuntime {
 public:
  struct Options {
    // How long a write may wait for its commit before its answer is an error.
    wire::DurationMs commit_timeout_ms = 5'000;
    // Rows that missed part of the log for longer than this may have missed a tombstone.
    wire::DurationMs tombstone_retention_ms = 86'400'000;
    size_t load_bytes = 1 << 20;         // read from the log at a time
    wire::Compression compression = {};  // of the batches it writes
  };
  struct Ports {
    const wire::Clock& clock;
    Timers& timers;
    PartitionWriter& writer;
    PartitionReader& reader;
    storage::KeyValueStore& store;
  };
  // Whether a record can be part of the state.  An error refuses the load: Kafka does not skip a
  // value that it does not understand.  May rewrite the record (old key formats).  kSkip: not ours,
  // as Kafka with an unknown key.
  enum class Verdict { kTake, kSkip, kRefuse };
  using Inspect = Verdict (*)(Record& record);

  // REQUIRES: every port outlives this.
  PartitionRuntime(Ports ports, Options options, CoordinatorKind kind,
                   wire::PartitionIndex partition, wire::Epoch leader_epoch, Inspect inspect);
  ~PartitionRuntime();

  // Begins to load; `loaded` is called when that has ended well, and again after each rebuild().
  void load(wire::Callback<void()> loaded);
  // kNone while active, else what to answer meanwhile.
  wire::ErrorCode availability() const;
  // The leadership goes on under a new epoch, without a break: so does everything else.
  void continue_in(wire::Epoch leader_epoch) { leader_epoch_ = leader_epoch; }
  // Fails every waiting write with NOT_COORDINATOR; nothing happens afterwards.
  void close();

  // Appends the records as one batch and calls `done` once: with kNone when they are committed,
  // else with the error to answer.  False if nothing was appended.  With no records: when all that
  // was written before is committed.  `timeout_ms`: instead of the options' commit timeout.
  bool write(std::vector<Record> records, wire::Callback<void(wire::ErrorCode)> done,
             std::optional<wire::DurationMs> timeout_ms = std::nullopt);
  // The same for records that count only when their transaction is committed.  `guard`: of its
  // verification, if it had to be verified.  REQUIRES: records are not empty.
  struct Producer {
    wire::ProducerId id = wire::kNoProducerId;
    wire::ProducerEpoch epoch = wire::kNoProducerEpoch;
    storage::VerificationGuard guard = storage::kNoGuard;
  };
  bool write_transactional(const Producer& producer, std::vector<Record> records,
                           wire::Callback<void(wire::ErrorCode)> done);
  // Ends a producer's transaction: its records count from now on, or never.  Errors beside those of
  // write() are those of Partition::append_marker().
  bool end_transaction(const wire::EndTransactionMarker& marker, int16_t transaction_version,
                       wire::Callback<void(wire::ErrorCode)> done);
  void on_high_watermark(wire::Offset high_watermark);

  // The end of what was written, committed or not.
  wire::Offset written_end() const {
    return pending_.empty() ? high_watermark_ : pending_.back().last_offset + 1;
  }
  const MaterializedState& state() const { return state_; }
  wire::PartitionIndex partition() const { return partition_; }
  // A read of the rows failed: wipes them and loads again from the log.
  void rebuild();

 private:
  enum class Phase { kNew, kLoading, kActive, kClosed };
  struct PendingWrite {
    wire::Offset last_offset = wire::kNoOffset;
    wire::DurationMs deadline_ms = 0;  // monotonic
    std::vector<AppendedRecord> records;
    wire::Callback<void(wire::ErrorCode)> done;  // empty once answered
    // Of a transaction: its producer, and the marker if this is its end.
    wire::ProducerId producer = wire::kNoProducerId;
    std::optional<wire::EndTransactionMarker> marker;
  };

  // Where in the log the load begins; wipes the rows if they are not a prefix of this log.
  wire::Result<wire::Offset> first_offset_to_load(const LogBounds& bounds);
  void load_more();
  void on_loaded_bytes(wire::Result<wire::Bytes> bytes);
  // Plain records read from the log and not yet written to the rows, and the position after them.
  struct LoadedRun {
    std::vector<AppendedRecord> records;
    std::optional<AppliedPosition> position;
  };
  wire::Status replay(const wire::RecordBatchView& batch, LoadedRun& run);
  wire::Status read_batch(const wire::RecordBatchView& batch, std::vector<AppendedRecord>& records);
  wire::Status commit_run(LoadedRun& run);
  // Nothing is left between the position and `next`: compaction has taken it.
  void skip_hole(wire::Offset next);
  void fail_load(const wire::Error& error);

  PendingWrite pending_write(wire::Callback<void(wire::ErrorCode)> done,
                             std::optional<wire::DurationMs> timeout_ms = std::nullopt) const;
  // Appends a batch and queues what depends on its commit; `records` are those in it.
  bool append(wire::Bytes batch, const storage::AppendRules& rules, std::vector<Record> records,
              PendingWrite pending);
  void stage(const PendingWrite& write);
  // Writes the front of what waits to the rows: plain writes together, the rest one by one.
  wire::Status commit_front(std::vector<wire::Callback<void(wire::ErrorCode)>>& answers);
  bool is_committed(const PendingWrite& write) const { return write.last_offset < high_watermark_; }
  AppliedPosition position_after(wire::Offset last_offset) const;
  void commit_writes();
  // on_timeout() will come at `due_ms`, or before.
  void arm_timeout(wire::DurationMs due_ms);
  void on_timeout();

  Ports ports_;
  Options options_;
  wire::PartitionIndex partition_;
  wire::Epoch leader_epoch_;
  Inspect inspect_;
  MaterializedState state_;

  Phase phase_ = Phase::kNew;
  wire::Uuid topic_id_;
  wire::Offset high_watermark_ = 0;
  wire::Offset next_to_load_ = 0;
  wire::Offset load_until_ = 0;  // log end at the election
  bool reading_ = false;
  wire::DurationMs load_started_ms_ = 0;
  wire::Callback<void()> loaded_;

  std::deque<PendingWrite> pending_;
  bool committing_ = false;
  bool appending_ = false;
  TimerId timeout_timer_ = kNoTimer;
  wire::DurationMs timeout_due_ms_ = 0;  // monotonic, of the timer
  TimerId load_timer_ = kNoTimer;
  // Answers of the reader that come after this is gone find it empty.
  std::shared_ptr<PartitionRuntime*> self_;
};

}  // namespace cluster::coordinator
