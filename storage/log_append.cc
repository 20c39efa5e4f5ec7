// Log: appends and rolls.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "storage/log.h"
#include "storage/segment.h"
#include "storage/tail_cache.h"
#include "wire/records/record_batch.h"

namespace storage {

using wire::ErrorCode;

namespace {

// A larger batch is written at once, while the cache still has it.
constexpr size_t kGatheredBatchMax = 16 << 10;
constexpr size_t kGatheredBytesMax = 256 << 10;

}  // namespace

wire::Result<AppendInfo> Log::append_as_leader(wire::Bytes batches, wire::Epoch leader_epoch,
                                               const AppendRules& rules) {
  if (auto status = check_appendable(); !status) return status.error();
  AppendInfo info{.first_offset = log_end_offset_,
                  .log_start_offset = log_start_offset_,
                  .size_bytes = static_cast<int64_t>(batches.size())};
  updates_.clear();
  plan_.clear();
  wire::Offset next = log_end_offset_;
  uint8_t* data = batches.exclusive_data();
  wire::BatchIterator iterator(batches);
  while (iterator.next()) {
    const wire::RecordBatchView& batch = iterator.batch();
    if (batch.last_offset_delta() < 0) {
      return wire::Error{ErrorCode::kInvalidRecord, "a batch has a negative last offset delta"};
    }
    wire::patch_batch(data + iterator.position(), next, leader_epoch);
    if (auto status = producers_.check(batch, rules, options_->verify_transactions, updates_);
        !status) {
      return status.error();
    }
    if (updates_.duplicate) {
      info.duplicate = true;
      info.first_offset = updates_.duplicate->first_offset();
      info.last_offset = updates_.duplicate->last_offset;
      info.max_timestamp = updates_.duplicate->timestamp;
      info.log_append_time = updates_.duplicate->timestamp;  // whoever gave it: Kafka does not ask
      info.size_bytes = 0;
      return info;
    }
    plan_.push_back({.base_offset = next,
                     .last_offset = batch.last_offset(),
                     .max_timestamp = batch.max_timestamp(),
                     .epoch = leader_epoch,
                     .size = static_cast<int64_t>(batch.size_bytes())});
    if (batch.timestamp_type() == wire::TimestampType::kLogAppendTime) {
      info.log_append_time = batch.max_timestamp();
    }
    next = batch.next_offset();
  }
  if (!iterator.status().ok()) return iterator.status().error();
  if (iterator.remaining() != 0 || plan_.empty()) {
    return wire::Error{ErrorCode::kCorruptMessage, "the records end within a batch"};
  }
  return write_planned(batches, info, rules.gather);
}

wire::Result<AppendInfo> Log::append_as_follower(wire::Bytes batches) {
  if (auto status = check_appendable(); !status) return status.error();
  AppendInfo info{.log_start_offset = log_start_offset_};
  updates_.clear();
  plan_.clear();
  wire::Offset next = log_end_offset_;
  wire::BatchIterator iterator(batches);
  while (iterator.next()) {
    const wire::RecordBatchView& batch = iterator.batch();
    if (!batch.crc_is_valid()) {
      return wire::Error{ErrorCode::kCorruptMessage,
                         fmt::format("checksum mismatch in {} at offset {}", name_.to_string(),
                                     batch.base_offset())};
    }
    if (batch.base_offset() < next || batch.last_offset_delta() < 0) {
      return wire::Error{
          ErrorCode::kInvalidRecord,
          fmt::format("append to {}: batch of offsets {} to {} where {} is next", name_.to_string(),
                      batch.base_offset(), batch.last_offset(), next)};
    }
    const AppendRules rules{.origin = AppendOrigin::kReplication};
    if (auto status = producers_.check(batch, rules, false, updates_); !status) {
      return status.error();
    }
    plan_.push_back({.base_offset = batch.base_offset(),
                     .last_offset = batch.last_offset(),
                     .max_timestamp = batch.max_timestamp(),
                     .epoch = batch.partition_leader_epoch(),
                     .size = static_cast<int64_t>(batch.size_bytes())});
    next = batch.next_offset();
  }
  if (!iterator.status().ok()) return iterator.status().error();
  if (plan_.empty()) return info;
  info.first_offset = plan_.front().base_offset;
  info.size_bytes = static_cast<int64_t>(batches.size() - iterator.remaining());
  return write_planned(batches.slice(0, batches.size() - iterator.remaining()), info, false);
}

wire::Status Log::write_or_gather(const wire::Bytes& batches, bool may_gather) {
  if (!may_gather || batches.size() > kGatheredBatchMax) return active().write(batches);
  if (active().gathered_bytes() == 0) gathered_offset_ = log_end_offset_;
  active().gather(batches);
  return {};
}

wire::Status Log::write_gathered() {
  if (active().gathered_bytes() == 0) return {};
  if (auto status = check_online(); !status) return status;
  if (auto status = active().write_gathered(); !status) return fail(status.error());
  return {};
}

wire::Offset Log::written_offset() const {
  return segments_.back()->gathered_bytes() == 0 ? log_end_offset_ : gathered_offset_;
}

wire::Result<AppendInfo> Log::write_planned(const wire::Bytes& batches, AppendInfo info,
                                            bool may_gather) {
  const auto size = static_cast<int64_t>(batches.size());
  if (size > options_->segment_bytes) {
    return wire::Error{ErrorCode::kRecordListTooLarge,
                       fmt::format("append of {} bytes to {} exceeds segment.bytes, {}", size,
                                   name_.to_string(), options_->segment_bytes)};
  }
  info.last_offset = plan_.back().last_offset;
  for (const BatchPlan& batch : plan_) {
    info.max_timestamp = std::max(info.max_timestamp, batch.max_timestamp);
  }
  if (active().must_roll(*options_, size, info.last_offset, info.max_timestamp,
                         directory_.services().clock, roll_jitter_ms_)) {
    if (auto status = roll_to(log_end_offset_); !status) return status.error();
  }
  const int64_t position = active().size();
  // What a failed write left behind is cut off by the recovery that has to follow.
  if (auto status = write_or_gather(batches, may_gather); !status) return fail(status.error());

  for (const BatchPlan& batch : plan_) {
    active().note_batch({.last_offset = batch.last_offset,
                         .max_timestamp = batch.max_timestamp,
                         .size = batch.size},
                        options_->index_interval_bytes);
    if (epochs_.assign(batch.epoch, batch.base_offset)) unsynced_.epochs = true;
  }
  producers_.commit(updates_);
  for (const CompletedTransaction& transaction : updates_.completed) {
    if (auto status = note_completed(active(), transaction); !status) return fail(status.error());
  }
  bytes_since_snapshot_ += size;
  bytes_since_checkpoint_ += size;
  log_end_offset_ = info.last_offset + 1;
  tail_->append(active().base_offset(), position, info.first_offset, batches);
  if (active().gathered_bytes() > kGatheredBytesMax) {
    if (auto status = write_gathered(); !status) return status.error();
  }
  return info;
}

wire::Status Log::note_completed(Segment& segment, const CompletedTransaction& transaction) {
  if (!transaction.aborted) return {};
  return segment.note_aborted({.producer_id = transaction.producer_id,
                               .first_offset = transaction.first_offset,
                               .last_offset = transaction.last_offset,
                               .last_stable_offset = transaction.last_stable_offset});
}

wire::Result<VerificationGuard> Log::begin_verification(wire::ProducerId producer_id,
                                                        const VerifiedBatch& batch) {
  if (auto status = check_appendable(); !status) return status.error();
  return producers_.begin_verification(producer_id, batch, now_ms());
}

wire::Status Log::assign_epoch(wire::Epoch epoch) {
  if (auto status = check_appendable(); !status) return status;
  if (epochs_.assign(epoch, log_end_offset_)) unsynced_.epochs = true;
  return {};
}

wire::Status Log::roll() {
  if (auto status = check_appendable(); !status) return status;
  return active().size() == 0 ? wire::Status() : roll_to(log_end_offset_);
}

wire::Status Log::roll_to(wire::Offset base_offset) {
  if (active().size() == 0 && active().base_offset() == base_offset) return {};
  // The old segment's data and index are synced with the next SyncWork, before the recovery point
  // passes them.
  auto old = active().file();
  if (!old) return fail(old.error());
  auto indexes = active().seal();
  if (!indexes) return fail(indexes.error());
  unsynced_.files.push_back(std::move(*old));
  for (auto& file : *indexes) unsynced_.files.push_back(std::move(file));
  if (auto status = take_snapshot(); !status) return status;
  auto segment = Segment::create(files(), path_, base_offset, now_ms());
  if (!segment) return fail(segment.error());
  if (options_->preallocate) {
    if (const auto file = (*segment)->file(); file.ok()) {
      (*file)->allocate(0, options_->segment_bytes);
    }
  }
  segments_.push_back(std::move(*segment));
  unsynced_.names = true;
  draw_roll_jitter();
  return {};
}

}  // namespace storage
