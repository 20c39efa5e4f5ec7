// The reading half of Partition: Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords.
#include <algorithm>

#include "cluster/replica/partition.h"

namespace cluster::replica {

using wire::Error;
using wire::ErrorCode;
using wire::Offset;
using wire::Result;

namespace {

// But for the bound, which is the partition's.
storage::ReadRequest read_request(const FetchPartition& request, const ReadLimits& limits) {
  storage::ReadRequest read;
  read.offset = request.fetch_offset;
  read.max_bytes = std::min(request.max_bytes, limits.max_bytes);
  read.min_one_message = limits.at_least_one_batch;
  read.with_aborted = limits.isolation == Isolation::kReadCommitted;
  read.may_wait = limits.may_wait;
  return read;
}

}  // namespace

wire::FetchResponse::PartitionData Partition::read(const FetchPartition& request,
                                                   ReadLimits& limits) {
  wire::FetchResponse::PartitionData data;
  data.partition_index = name_.partition;
  data.high_watermark = wire::kNoOffset;
  data.records.emplace();
  data.aborted_transactions.reset();
  const auto refuse = [&data](ErrorCode code) {
    data.error_code = code;
    return data;
  };
  // In a fetch any negative epoch is none.
  const wire::Epoch expected_epoch = std::max(request.current_leader_epoch, wire::kNoEpoch);
  if (const ErrorCode code = check_leader(expected_epoch); code != ErrorCode::kNone)
    return refuse(code);
  const bool from_follower = limits.replica_id >= 0;
  if (from_follower && !followers_.contains(limits.replica_id)) {
    // Its assignment may be newer than our metadata, if it has one at all: it retries (KIP-320).
    return refuse(expected_epoch == wire::kNoEpoch ? ErrorCode::kNotLeaderOrFollower
                                                   : ErrorCode::kUnknownLeaderEpoch);
  }
  const auto diverging = diverging_epoch(request);
  if (diverging && diverging->epoch == wire::kNoEpoch) return refuse(ErrorCode::kOffsetOutOfRange);
  data.high_watermark = high_watermark_;
  data.last_stable_offset = last_stable_offset();
  data.log_start_offset = log_->log_start_offset();
  if (diverging) {
    data.diverging_epoch.epoch = diverging->epoch;
    data.diverging_epoch.end_offset = diverging->end_offset;
    return data;
  }

  storage::ReadRequest read = read_request(request, limits);
  read.upper_bound_offset = from_follower       ? log_->log_end_offset()
                            : read.with_aborted ? data.last_stable_offset
                                                : high_watermark_;
  auto fetched = log_->read(read);
  // Java fails when it has something to read and a negative limit.
  const bool is_limit_invalid =
      read.max_bytes < 0 && request.fetch_offset < read.upper_bound_offset;
  if (fetched.ok() && is_limit_invalid) fetched = Error{ErrorCode::kUnknownServerError, {}};
  if (!fetched.ok()) {
    data.high_watermark = wire::kNoOffset;
    data.last_stable_offset = wire::kNoOffset;
    data.log_start_offset = wire::kNoOffset;
    return refuse(fetched.error().code);
  }
  if (fetched->cold) {
    limits.take(static_cast<size_t>(fetched->cold->size));
    limits.cold.push_back(std::move(*fetched->cold));
    return data;
  }
  if (from_follower) {
    followers_.on_fetch(limits.replica_id, request.fetch_offset, request.log_start_offset,
                        log_->log_end_offset(), limits.replica_epoch,
                        services_.clock.monotonic_ms());
    advance_high_watermark();
  }
  data.records = std::move(fetched->records);
  limits.take(fetched->filled);
  // Apache has an answer of its own, without them, where a batch does not fit.
  if (read.with_aborted && !fetched->first_batch_too_large) {
    auto& aborted = data.aborted_transactions.emplace();
    aborted.reserve(fetched->aborted.size());
    for (const storage::AbortedTransaction& each : fetched->aborted) {
      aborted.push_back({each.producer_id, each.first_offset});
    }
  }
  return data;
}

std::optional<storage::EpochEndOffset> Partition::diverging_epoch(
    const FetchPartition& request) const {
  if (request.last_fetched_epoch < 0) return std::nullopt;
  const storage::EpochEndOffset end =
      log_->leader_epochs().end_offset_for(request.last_fetched_epoch, log_->log_end_offset());
  if (end.epoch == wire::kNoEpoch || end.end_offset == wire::kNoOffset)
    return storage::EpochEndOffset{};
  const bool diverges =
      end.epoch < request.last_fetched_epoch || end.end_offset < request.fetch_offset;
  return diverges ? std::optional(end) : std::nullopt;
}

Result<OffsetAndTimestamp> Partition::offset_for(wire::TimestampMs timestamp,
                                                 wire::Epoch current_leader_epoch,
                                                 std::optional<Isolation> isolation) {
  if (const ErrorCode code = check_leader(current_leader_epoch); code != ErrorCode::kNone)
    return Error{code, {}};
  // Nothing: a replica asks, and may see all.
  const Offset last_fetchable = !isolation                                ? log_->log_end_offset()
                                : *isolation == Isolation::kReadCommitted ? last_stable_offset()
                                                                          : high_watermark_;
  // Until this epoch's high watermark is known, "latest" could move backwards (KIP-207).
  const bool mark_is_stale = isolation && high_watermark_ < leader_epoch_start_;
  const auto answer = [](const storage::TimestampOffset& found) {
    return OffsetAndTimestamp{found.offset, found.timestamp, found.leader_epoch};
  };

  switch (timestamp) {
    case kLatestTimestamp:
      if (mark_is_stale)
        return Error{ErrorCode::kOffsetNotAvailable,
                     "the high watermark of this epoch is not known yet"};
      return OffsetAndTimestamp{last_fetchable, wire::kNoTimestamp, leader_epoch_};
    case kEarliestTimestamp:
    case kEarliestLocalTimestamp:
      return answer(log_->earliest());
    case kLatestTieredTimestamp:
    case kEarliestPendingUploadTimestamp:
      return OffsetAndTimestamp{};  // nothing is tiered
    default:
      break;
  }
  if (timestamp < 0 && timestamp != kMaxTimestamp) {
    return Error{ErrorCode::kUnsupportedVersion,
                 "no offset is named by timestamp " + std::to_string(timestamp)};
  }
  auto found = timestamp == kMaxTimestamp ? log_->offset_of_max_timestamp()
                                          : log_->offset_for_timestamp(timestamp);
  if (!found.ok()) return found.error();
  if (!found->has_value()) return OffsetAndTimestamp{};
  if (mark_is_stale && (*found)->offset >= high_watermark_) {
    return Error{ErrorCode::kOffsetNotAvailable,
                 "the high watermark of this epoch is not known yet"};
  }
  if ((*found)->offset >= last_fetchable) return OffsetAndTimestamp{};
  return answer(**found);
}

Result<std::vector<Offset>> Partition::segment_offsets_before(wire::TimestampMs timestamp,
                                                              size_t limit, bool for_consumer) {
  if (const ErrorCode code = check_leader(wire::kNoEpoch); code != ErrorCode::kNone)
    return Error{code, {}};
  if (timestamp == kEarliestTimestamp) {
    return std::vector<Offset>(std::min<size_t>(limit, 1), log_->log_start_offset());
  }
  const bool from_end = timestamp == kLatestTimestamp;
  auto offsets =
      log_->segment_offsets_before(from_end ? std::nullopt : std::optional(timestamp), limit);
  if (!offsets.ok() || !for_consumer) return offsets;
  if (offsets->empty() || offsets->front() <= high_watermark_) return offsets;
  std::erase_if(*offsets, [this](Offset offset) { return offset > high_watermark_; });
  offsets->insert(offsets->begin(), high_watermark_);
  return offsets;
}

Result<storage::EpochEndOffset> Partition::end_offset_for_epoch(wire::Epoch current_leader_epoch,
                                                                wire::Epoch epoch) {
  if (const ErrorCode code = check_leader(current_leader_epoch); code != ErrorCode::kNone)
    return Error{code, {}};
  return log_->leader_epochs().end_offset_for(epoch, log_->log_end_offset());
}

Result<Offset> Partition::delete_records_before(Offset offset) {
  if (const ErrorCode code = check_leader(wire::kNoEpoch); code != ErrorCode::kNone)
    return Error{code, {}};
  if (!options_.log.delete_by_retention && options_.log.compact) {
    return Error{ErrorCode::kPolicyViolation,
                 "Records of partition " + name_.to_string() +
                     " can not be deleted due to the configured policy"};
  }
  const Offset target = offset == -1 ? high_watermark_ : offset;
  if (target < 0 || target > high_watermark_) {
    return Error{ErrorCode::kOffsetOutOfRange, "The offset " + std::to_string(offset) +
                                                   " for partition " + name_.to_string() +
                                                   " is not valid"};
  }
  if (auto moved = log_->increment_log_start_offset(target); !moved.ok()) return moved.error();
  return log_->log_start_offset();
}

}  // namespace cluster::replica
