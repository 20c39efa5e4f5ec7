#include "cluster/coordinator/partition_runtime.h"

#include <algorithm>
#include <utility>

#include "wire/base/check.h"
#include "wire/base/log.h"
#include "wire/records/control_record.h"
#include "wire/records/record.h"
#include "wire/records/record_batch_builder.h"

namespace cluster::coordinator {

using wire::ErrorCode;

ErrorCode response_error(ErrorCode error) {
  switch (error) {
    case ErrorCode::kUnknownTopicOrPartition:
    case ErrorCode::kNotEnoughReplicas:
    case ErrorCode::kNotEnoughReplicasAfterAppend:
    case ErrorCode::kRequestTimedOut:
      return ErrorCode::kCoordinatorNotAvailable;
    case ErrorCode::kNotLeaderOrFollower:
    case ErrorCode::kKafkaStorageError:
      return ErrorCode::kNotCoordinator;
    case ErrorCode::kMessageTooLarge:
    case ErrorCode::kRecordListTooLarge:
    case ErrorCode::kInvalidFetchSize:
      return ErrorCode::kUnknownServerError;
    default:
      return error;
  }
}

PartitionRuntime::PartitionRuntime(Ports ports, Options options, CoordinatorKind kind,
                                   wire::PartitionIndex partition, wire::Epoch leader_epoch,
                                   Inspect inspect)
    : ports_(ports),
      options_(options),
      partition_(partition),
      leader_epoch_(leader_epoch),
      inspect_(inspect),
      state_(ports.store, kind, partition),
      self_(std::make_shared<PartitionRuntime*>(this)) {}

PartitionRuntime::~PartitionRuntime() {
  *self_ = nullptr;
  ports_.timers.cancel(timeout_timer_);
  ports_.timers.cancel(load_timer_);
}

ErrorCode PartitionRuntime::availability() const {
  switch (phase_) {
    case Phase::kNew:
    case Phase::kLoading:
      return ErrorCode::kCoordinatorLoadInProgress;
    case Phase::kActive:
      return ErrorCode::kNone;
    case Phase::kClosed:
      break;
  }
  return ErrorCode::kNotCoordinator;
}

void PartitionRuntime::close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  ports_.timers.cancel(std::exchange(timeout_timer_, kNoTimer));
  ports_.timers.cancel(std::exchange(load_timer_, kNoTimer));
  for (PendingWrite& write : std::exchange(pending_, {})) {
    if (write.done) write.done(ErrorCode::kNotCoordinator);
  }
}

bool PartitionRuntime::write(std::vector<Record> records, wire::Callback<void(ErrorCode)> done) {
  if (phase_ != Phase::kActive) {
    done(availability());
    return false;
  }
  const wire::DurationMs deadline_ms = ports_.clock.monotonic_ms() + options_.commit_timeout_ms;
  if (records.empty()) {
    if (pending_.empty()) {
      done(ErrorCode::kNone);
    } else {
      pending_.push_back({pending_.back().last_offset, deadline_ms, {}, std::move(done)});
    }
    return true;
  }
  wire::RecordBatchBuilder builder;
  const wire::TimestampMs now = ports_.clock.wall_ms();
  for (const Record& record : records) {
    builder.append(now, record.key.view(),
                   record.value ? std::optional(record.value->view()) : std::nullopt);
  }
  appending_ = true;  // the high watermark may pass the batch before we know its offsets
  const wire::Result<Appended> appended =
      ports_.writer.append(partition_, leader_epoch_, builder.build());
  appending_ = false;
  if (!appended.ok()) {
    wire::log::debug("a coordinator's write to partition {} failed: {}", partition_,
                     appended.error().detail);
    done(response_error(appended.error().code));
    return false;
  }
  PendingWrite pending{appended->last_offset, deadline_ms, {}, std::move(done)};
  pending.records.reserve(records.size());
  wire::Offset offset = appended->first_offset;
  const bool committed_already = high_watermark_ > appended->last_offset;
  for (Record& record : records) {
    pending.records.push_back({offset++, std::move(record)});
    if (!committed_already) state_.stage(pending.records.back());
  }
  pending_.push_back(std::move(pending));
  commit_writes();
  if (!pending_.empty() && timeout_timer_ == kNoTimer) arm_timeout();
  return true;
}

void PartitionRuntime::on_high_watermark(wire::Offset high_watermark) {
  high_watermark_ = std::max(high_watermark_, high_watermark);
  if (phase_ == Phase::kLoading) {
    load_more();
  } else if (phase_ == Phase::kActive && !appending_) {
    commit_writes();
  }
}

AppliedPosition PartitionRuntime::position_after(wire::Offset last_offset) const {
  return {topic_id_, last_offset + 1, leader_epoch_, ports_.clock.wall_ms()};
}

void PartitionRuntime::commit_writes() {
  if (committing_) return;  // an answer's receiver has come back with the next write
  committing_ = true;
  while (!pending_.empty() && pending_.front().last_offset < high_watermark_) {
    // All that is committed becomes one write to the store.
    std::vector<AppendedRecord> records;
    std::vector<wire::Callback<void(ErrorCode)>> answers;
    wire::Offset last_offset = 0;
    while (!pending_.empty() && pending_.front().last_offset < high_watermark_) {
      PendingWrite& write = pending_.front();
      last_offset = write.last_offset;
      std::move(write.records.begin(), write.records.end(), std::back_inserter(records));
      if (write.done) answers.push_back(std::move(write.done));
      pending_.pop_front();
    }
    ErrorCode error = ErrorCode::kNone;
    if (!records.empty()) {
      const wire::Status status = state_.commit(records, position_after(last_offset));
      if (!status.ok()) {
        wire::log::error("coordinator partition {}: {}", partition_, status.error().detail);
        error = ErrorCode::kNotCoordinator;
      }
    }
    for (auto& done : answers) done(error);
    // The rows lack what the log has: start again from the log.
    if (error != ErrorCode::kNone) rebuild();
  }
  committing_ = false;
}

void PartitionRuntime::arm_timeout() {
  const auto oldest = std::find_if(pending_.begin(), pending_.end(),
                                   [](const PendingWrite& write) { return bool(write.done); });
  if (oldest == pending_.end()) return;
  const wire::DurationMs left = oldest->deadline_ms - ports_.clock.monotonic_ms();
  timeout_timer_ = ports_.timers.schedule(std::max<wire::DurationMs>(left, 0), [this] {
    timeout_timer_ = kNoTimer;
    on_timeout();
  });
}

// The records stay: they are in the log, and may be committed later.  Only their answer is given.
void PartitionRuntime::on_timeout() {
  const wire::DurationMs now = ports_.clock.monotonic_ms();
  std::vector<wire::Callback<void(ErrorCode)>> late;
  for (PendingWrite& write : pending_) {
    if (write.deadline_ms > now) break;
    if (write.done) late.push_back(std::exchange(write.done, nullptr));
  }
  for (auto& done : late) done(response_error(ErrorCode::kRequestTimedOut));
  if (phase_ == Phase::kActive && timeout_timer_ == kNoTimer) arm_timeout();
}

}  // namespace cluster::coordinator
