// Loading: PartitionRuntime's way from the election to the state being complete.

#include <algorithm>
#include <iterator>
#include <utility>

#include "cluster/coordinator/partition_runtime.h"
#include "wire/base/check.h"
#include "wire/base/log.h"
#include "wire/records/control_record.h"
#include "wire/records/record.h"

namespace cluster::coordinator {

using wire::ErrorCode;

void PartitionRuntime::load(wire::Callback<void()> loaded) {
  CHECK(phase_ == Phase::kNew);
  phase_ = Phase::kLoading;
  loaded_ = std::move(loaded);
  load_started_ms_ = ports_.clock.monotonic_ms();
  const std::optional<LogBounds> bounds = ports_.reader.bounds(partition_);
  if (!bounds) {
    return fail_load({ErrorCode::kNotLeaderOrFollower, "it is not led here any more"});
  }
  topic_id_ = bounds->topic_id;
  high_watermark_ = std::max(high_watermark_, bounds->high_watermark);
  load_until_ = bounds->log_end_offset;
  const wire::Result<wire::Offset> first = first_offset_to_load(*bounds);
  if (!first.ok()) return fail_load(first.error());
  next_to_load_ = *first;
  load_more();
}

void PartitionRuntime::rebuild() {
  if (phase_ == Phase::kClosed) return;
  wire::log::warn("the rows of coordinator partition {} are damaged and rebuilt from the log",
                  partition_);
  for (PendingWrite& write : std::exchange(pending_, {})) {
    if (write.done) write.done(ErrorCode::kNotCoordinator);
  }
  phase_ = Phase::kLoading;
  if (const wire::Status status = state_.wipe(); !status.ok()) return fail_load(status.error());
  const std::optional<LogBounds> bounds = ports_.reader.bounds(partition_);
  if (!bounds) {
    return fail_load({ErrorCode::kNotLeaderOrFollower, "it is not led here any more"});
  }
  load_until_ = bounds->log_end_offset;
  next_to_load_ = bounds->log_start_offset;
  load_more();
}

wire::Result<wire::Offset> PartitionRuntime::first_offset_to_load(const LogBounds& bounds) {
  const std::optional<AppliedPosition> applied = state_.applied();
  if (applied && !state_.damaged()) {
    const bool same_log = applied->topic_id == bounds.topic_id &&
                          applied->next_offset >= bounds.log_start_offset &&
                          applied->next_offset <= bounds.log_end_offset &&
                          ports_.reader.end_offset_for_epoch(partition_, applied->leader_epoch) >=
                              applied->next_offset;
    // A tombstone may be cleaned away once it is this old, and the row that it deletes would stay
    // for ever.
    const bool tail_is_whole =
        applied->next_offset == bounds.log_end_offset ||
        ports_.clock.wall_ms() - applied->applied_at_ms < options_.tombstone_retention_ms;
    if (same_log && tail_is_whole) return applied->next_offset;
    wire::log::info(
        "coordinator partition {}: the rows up to offset {} (epoch {}) do not belong to this log; "
        "they are rebuilt",
        partition_, applied->next_offset, applied->leader_epoch);
  }
  if (const wire::Status status = state_.wipe(); !status.ok()) return status.error();
  return bounds.log_start_offset;
}

void PartitionRuntime::load_more() {
  if (reading_ || load_timer_ != kNoTimer) return;
  if (next_to_load_ >= load_until_) {
    phase_ = Phase::kActive;
    wire::log::debug("coordinator partition {} loaded up to offset {} in {} ms", partition_,
                     load_until_, ports_.clock.monotonic_ms() - load_started_ms_);
    if (loaded_) loaded_();
    return;
  }
  // What lies above is not committed yet; on_high_watermark() calls again.
  if (next_to_load_ >= high_watermark_) return;
  reading_ = true;
  ports_.reader.read(partition_, next_to_load_, options_.load_bytes,
                     [self = self_](wire::Result<wire::Bytes> bytes) {
                       if (*self != nullptr) (*self)->on_loaded_bytes(std::move(bytes));
                     });
}

void PartitionRuntime::on_loaded_bytes(wire::Result<wire::Bytes> bytes) {
  reading_ = false;
  if (phase_ != Phase::kLoading) return;
  if (!bytes.ok()) return fail_load(bytes.error());
  // A read is empty where compaction has removed everything up to the high watermark.
  if (bytes->empty()) skip_hole(high_watermark_);
  LoadedRun run;
  wire::BatchIterator batches(std::move(*bytes));
  while (batches.next()) {
    const wire::RecordBatchView& batch = batches.batch();
    // The first batch may begin below the position; the last may lie above the high watermark.
    if (batch.last_offset() < next_to_load_) continue;
    if (batch.last_offset() >= high_watermark_) {
      skip_hole(batch.base_offset());
      break;
    }
    if (const wire::Status status = replay(batch, run); !status.ok()) {
      return fail_load(status.error());
    }
    next_to_load_ = batch.next_offset();
  }
  if (!batches.status().ok()) return fail_load(batches.status().error());
  if (const wire::Status status = commit_run(run); !status.ok()) return fail_load(status.error());
  // On the next turn of the loop, so that a long load does not hold up the shard.
  load_timer_ = ports_.timers.schedule(0, [this] {
    load_timer_ = kNoTimer;
    load_more();
  });
}

void PartitionRuntime::skip_hole(wire::Offset next) {
  next_to_load_ = std::max(next_to_load_, std::min({next, high_watermark_, load_until_}));
}

wire::Status PartitionRuntime::commit_run(LoadedRun& run) {
  if (!run.position) return {};
  const LoadedRun whole = std::exchange(run, {});
  return state_.commit(whole.records, *whole.position);
}

wire::Status PartitionRuntime::replay(const wire::RecordBatchView& batch, LoadedRun& run) {
  const AppliedPosition position = {topic_id_, batch.next_offset(), batch.partition_leader_epoch(),
                                    ports_.clock.wall_ms()};
  if (batch.is_control()) {
    if (wire::Status status = commit_run(run); !status.ok()) return status;
    const auto marker = wire::parse_end_transaction_batch(batch);
    if (!marker.ok()) return marker.error();
    if (!*marker) return {};
    return state_.end_transaction((*marker)->producer_id, (*marker)->committed, position);
  }
  std::vector<AppendedRecord> records;
  if (wire::Status status = read_batch(batch, records); !status.ok()) return status;
  if (batch.is_transactional()) {
    if (wire::Status status = commit_run(run); !status.ok()) return status;
    return state_.commit_transactional(batch.producer_id(), records, position);
  }
  std::move(records.begin(), records.end(), std::back_inserter(run.records));
  run.position = position;
  return {};
}

wire::Status PartitionRuntime::read_batch(const wire::RecordBatchView& batch,
                                          std::vector<AppendedRecord>& records) {
  wire::Status refused;
  const auto take = [&](wire::Record record) {
    if (record.offset < next_to_load_ || !record.key) return true;
    Record own{std::move(*record.key), std::move(record.value)};
    const Verdict verdict = inspect_(own);
    if (verdict == Verdict::kTake) records.push_back({record.offset, std::move(own)});
    if (verdict != Verdict::kRefuse) return true;
    refused =
        wire::Error{ErrorCode::kUnknownServerError,
                    fmt::format("the record at offset {} is none that this version understands",
                                record.offset)};
    return false;
  };
  const wire::Status walked = wire::for_each_record(batch, wire::kDefaultInflateLimit, take);
  return refused.ok() ? walked : refused;
}

// Kafka leaves the partition without a coordinator, too: its groups are told to look elsewhere, and
// an operator to look here.
void PartitionRuntime::fail_load(const wire::Error& error) {
  wire::log::error("coordinator partition {} could not be loaded: {}", partition_, error.detail);
  close();
}

}  // namespace cluster::coordinator
