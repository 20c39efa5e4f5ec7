#include "cluster/coordinator/partition_runtime.h"

#include <algorithm>
#include <utility>

#include "wire/base/check.h"
#include "wire/base/log.h"
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
    // Of a verification: what clients take as "ask again, here" (old ones do not expect the code).
    case ErrorCode::kNetworkException:
      return ErrorCode::kCoordinatorLoadInProgress;
    case ErrorCode::kMessageTooLarge:
    case ErrorCode::kRecordListTooLarge:
    case ErrorCode::kInvalidFetchSize:
      return ErrorCode::kUnknownServerError;
    default:
      return error;
  }
}

namespace {

wire::Bytes build_batch(const std::vector<Record>& records, const wire::BatchOptions& options,
                        wire::TimestampMs now) {
  wire::RecordBatchBuilder builder(options);
  for (const Record& record : records) {
    builder.append(now, record.key.view(),
                   record.value ? std::optional(record.value->view()) : std::nullopt);
  }
  return builder.build();
}

}  // namespace

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

PartitionRuntime::PendingWrite PartitionRuntime::pending_write(
    wire::Callback<void(ErrorCode)> done, std::optional<wire::DurationMs> timeout_ms) const {
  PendingWrite pending;
  pending.deadline_ms =
      ports_.clock.monotonic_ms() + timeout_ms.value_or(options_.commit_timeout_ms);
  pending.done = std::move(done);
  return pending;
}

bool PartitionRuntime::write(std::vector<Record> records, wire::Callback<void(ErrorCode)> done,
                             std::optional<wire::DurationMs> timeout_ms) {
  if (phase_ != Phase::kActive) {
    done(availability());
    return false;
  }
  if (records.empty()) {
    if (pending_.empty()) {
      done(ErrorCode::kNone);
    } else {
      PendingWrite wait = pending_write(std::move(done), timeout_ms);
      wait.last_offset = pending_.back().last_offset;
      arm_timeout(wait.deadline_ms);
      pending_.push_back(std::move(wait));
    }
    return true;
  }
  wire::BatchOptions options;
  options.compression = options_.compression;
  wire::Bytes batch = build_batch(records, options, ports_.clock.wall_ms());
  return append(std::move(batch), {.origin = storage::AppendOrigin::kCoordinator},
                std::move(records), pending_write(std::move(done), timeout_ms));
}

bool PartitionRuntime::write_transactional(const Producer& producer, std::vector<Record> records,
                                           wire::Callback<void(ErrorCode)> done) {
  if (phase_ != Phase::kActive) {
    done(availability());
    return false;
  }
  wire::BatchOptions options;
  options.producer_id = producer.id;
  options.producer_epoch = producer.epoch;
  options.transactional = true;
  options.compression = options_.compression;
  PendingWrite pending = pending_write(std::move(done));
  pending.producer = producer.id;
  wire::Bytes batch = build_batch(records, options, ports_.clock.wall_ms());
  return append(std::move(batch),
                {.origin = storage::AppendOrigin::kCoordinator, .guard = producer.guard},
                std::move(records), std::move(pending));
}

bool PartitionRuntime::end_transaction(const wire::EndTransactionMarker& marker,
                                       int16_t transaction_version,
                                       wire::Callback<void(ErrorCode)> done) {
  if (phase_ != Phase::kActive) {
    done(availability());
    return false;
  }
  PendingWrite pending = pending_write(std::move(done));
  pending.producer = marker.producer_id;
  pending.marker = marker;
  return append(
      wire::build_end_transaction_batch(marker, ports_.clock.wall_ms()),
      {.origin = storage::AppendOrigin::kCoordinator, .transaction_version = transaction_version},
      {}, std::move(pending));
}

bool PartitionRuntime::append(wire::Bytes batch, const storage::AppendRules& rules,
                              std::vector<Record> records, PendingWrite pending) {
  appending_ = true;  // the high watermark may pass the batch before we know its offsets
  const wire::Result<Appended> appended =
      ports_.writer.append(partition_, leader_epoch_, std::move(batch), rules);
  appending_ = false;
  if (!appended.ok()) {
    wire::log::debug("a coordinator's write to partition {} failed: {}", partition_,
                     appended.error().detail);
    pending.done(response_error(appended.error().code));
    return false;
  }
  pending.last_offset = appended->last_offset;
  pending.records.reserve(records.size());
  wire::Offset offset = appended->first_offset;
  for (Record& record : records) pending.records.push_back({offset++, std::move(record)});
  if (!is_committed(pending)) stage(pending);
  const wire::DurationMs due_ms = pending.deadline_ms;
  pending_.push_back(std::move(pending));
  commit_writes();
  if (!pending_.empty()) arm_timeout(due_ms);
  return true;
}

void PartitionRuntime::stage(const PendingWrite& write) {
  if (write.marker) {
    return state_.stage_end(write.producer, write.marker->committed, write.last_offset);
  }
  for (const AppendedRecord& record : write.records) {
    if (write.producer == wire::kNoProducerId) {
      state_.stage(record);
    } else {
      state_.stage_transactional(write.producer, record);
    }
  }
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
  while (!pending_.empty() && is_committed(pending_.front())) {
    std::vector<wire::Callback<void(ErrorCode)>> answers;
    ErrorCode error = ErrorCode::kNone;
    if (const wire::Status status = commit_front(answers); !status.ok()) {
      wire::log::error("coordinator partition {}: {}", partition_, status.error().detail);
      error = ErrorCode::kNotCoordinator;
    }
    for (auto& done : answers) done(error);
    // The rows lack what the log has: start again from the log.
    if (error != ErrorCode::kNone) rebuild();
  }
  committing_ = false;
}

wire::Status PartitionRuntime::commit_front(std::vector<wire::Callback<void(ErrorCode)>>& answers) {
  const auto take = [&] {
    PendingWrite write = std::move(pending_.front());
    pending_.pop_front();
    if (write.done) answers.push_back(std::move(write.done));
    return write;
  };
  if (pending_.front().producer != wire::kNoProducerId) {
    const PendingWrite write = take();
    const AppliedPosition position = position_after(write.last_offset);
    return write.marker ? state_.end_transaction(write.producer, write.marker->committed, position)
                        : state_.commit_transactional(write.producer, write.records, position);
  }
  // All plain writes that are committed become one write to the store.
  size_t writes = 0;
  size_t count = 0;
  for (const PendingWrite& write : pending_) {
    if (!is_committed(write) || write.producer != wire::kNoProducerId) break;
    ++writes;
    count += write.records.size();
  }
  answers.reserve(writes);
  PendingWrite first = take();
  wire::Offset last_offset = first.last_offset;
  std::vector<AppendedRecord> records = std::move(first.records);
  records.reserve(count);
  while (--writes > 0) {
    PendingWrite write = take();
    last_offset = write.last_offset;
    std::move(write.records.begin(), write.records.end(), std::back_inserter(records));
  }
  return records.empty() ? wire::Status() : state_.commit(records, position_after(last_offset));
}

void PartitionRuntime::arm_timeout(wire::DurationMs due_ms) {
  if (timeout_timer_ != kNoTimer) {
    if (timeout_due_ms_ <= due_ms) return;
    ports_.timers.cancel(timeout_timer_);
  }
  timeout_due_ms_ = due_ms;
  const wire::DurationMs left = due_ms - ports_.clock.monotonic_ms();
  timeout_timer_ = ports_.timers.schedule(std::max<wire::DurationMs>(left, 0), [this] {
    timeout_timer_ = kNoTimer;
    on_timeout();
  });
}

// The records stay: they are in the log, and may be committed later.  Only their answer is given.
void PartitionRuntime::on_timeout() {
  const wire::DurationMs now = ports_.clock.monotonic_ms();
  std::vector<wire::Callback<void(ErrorCode)>> late;
  std::optional<wire::DurationMs> next_due;
  for (PendingWrite& write : pending_) {
    if (!write.done) continue;
    if (write.deadline_ms <= now) {
      late.push_back(std::exchange(write.done, nullptr));
    } else {
      next_due = std::min(next_due.value_or(write.deadline_ms), write.deadline_ms);
    }
  }
  if (next_due) arm_timeout(*next_due);
  for (auto& done : late) done(response_error(ErrorCode::kRequestTimedOut));
}

}  // namespace cluster::coordinator
