#include "storage/producer_state.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "wire/records/control_record.h"

namespace storage {

namespace {

using wire::ErrorCode;

bool follows(int32_t last_sequence, int32_t next_sequence) {
  return next_sequence == int64_t{last_sequence} + 1 ||
         (next_sequence == 0 && last_sequence == INT32_MAX);
}

wire::Status check_epoch(wire::ProducerId producer_id, const ProducerState& state,
                         wire::ProducerEpoch epoch, AppendOrigin origin) {
  // A replica takes what its leader took.
  if (epoch >= state.epoch || origin == AppendOrigin::kReplication) return {};
  return wire::Error{ErrorCode::kInvalidProducerEpoch,
                     fmt::format("epoch {} of producer {} is older than {}, the latest one seen",
                                 epoch, producer_id, state.epoch)};
}

wire::Status check_sequence(const wire::RecordBatchView& batch, const ProducerState& state) {
  const int32_t first = batch.base_sequence();
  if (batch.producer_epoch() != state.epoch) {
    // A new epoch counts from 0; a producer that is unknown here (expired, or its records were
    // deleted) may go on.
    if (first == 0 || state.epoch == wire::kNoProducerEpoch) return {};
    return wire::Error{ErrorCode::kOutOfOrderSequenceNumber,
                       fmt::format("producer {} begins its epoch {} at sequence {}, not at 0",
                                   batch.producer_id(), batch.producer_epoch(), first)};
  }
  if (follows(state.last_sequence(), first)) return {};
  return wire::Error{ErrorCode::kOutOfOrderSequenceNumber,
                     fmt::format("producer {} sent sequence {}, the last one here is {}",
                                 batch.producer_id(), first, state.last_sequence())};
}

}  // namespace

int32_t ProducedBatch::first_sequence() const {
  // Wraps below 0 to the largest int32, as sequences do.
  const int64_t first = int64_t{last_sequence} - offset_delta;
  return static_cast<int32_t>(first < 0 ? first + int64_t{INT32_MAX} + 1 : first);
}

void ProducerState::set_epoch(wire::ProducerEpoch new_epoch) {
  if (epoch == new_epoch) return;
  epoch = new_epoch;
  count_ = 0;
}

void ProducerState::add_batch(const ProducedBatch& batch) {
  if (count_ == kBatchesKept) {
    std::move(batches_.begin() + 1, batches_.end(), batches_.begin());
    --count_;
  }
  batches_[count_++] = batch;
}

const ProducedBatch* ProducerState::find_duplicate(wire::ProducerEpoch batch_epoch,
                                                   int32_t first_sequence,
                                                   int32_t last_sequence) const {
  if (batch_epoch != epoch) return nullptr;
  for (size_t i = 0; i < count_; ++i) {
    if (batches_[i].last_sequence == last_sequence &&
        batches_[i].first_sequence() == first_sequence) {
      return &batches_[i];
    }
  }
  return nullptr;
}

bool ProducerState::operator==(const ProducerState& other) const {
  return epoch == other.epoch && coordinator_epoch == other.coordinator_epoch &&
         last_timestamp == other.last_timestamp &&
         open_transaction_offset == other.open_transaction_offset &&
         std::equal(batches_.begin(), batches_.begin() + count_, other.batches_.begin(),
                    other.batches_.begin() + other.count_);
}

namespace {

// The end of a transaction: no sequence of its own, and the producer may start over.
wire::Status apply_marker(const wire::RecordBatchView& batch, AppendOrigin origin,
                          ProducerState& state, std::vector<CompletedTransaction>& completed) {
  auto marker = wire::parse_end_transaction_batch(batch);
  if (!marker) return marker.error();
  if (!*marker) return {};  // some other control record: no producer's affair
  if (auto status = check_epoch(batch.producer_id(), state, batch.producer_epoch(), origin);
      !status) {
    return status;
  }
  if (state.coordinator_epoch > (*marker)->coordinator_epoch &&
      origin != AppendOrigin::kReplication) {
    return wire::Error{
        ErrorCode::kTransactionCoordinatorFenced,
        fmt::format("marker of coordinator epoch {} for producer {}; {} has been seen",
                    (*marker)->coordinator_epoch, batch.producer_id(), state.coordinator_epoch)};
  }
  if (state.open_transaction_offset != wire::kNoOffset) {
    completed.push_back({.producer_id = batch.producer_id(),
                         .first_offset = state.open_transaction_offset,
                         .last_offset = batch.last_offset(),
                         .aborted = !(*marker)->committed});
  }
  state.set_epoch(batch.producer_epoch());
  state.coordinator_epoch = (*marker)->coordinator_epoch;
  state.open_transaction_offset = wire::kNoOffset;
  state.last_timestamp = batch.max_timestamp();
  return {};
}

wire::Status apply_data(const wire::RecordBatchView& batch, AppendOrigin origin,
                        ProducerState& state) {
  if (auto status = check_epoch(batch.producer_id(), state, batch.producer_epoch(), origin);
      !status) {
    return status;
  }
  if (origin == AppendOrigin::kClient) {
    if (auto status = check_sequence(batch, state); !status) return status;
  }
  if (state.open_transaction_offset != wire::kNoOffset && !batch.is_transactional() &&
      origin != AppendOrigin::kReplication) {
    return wire::Error{
        ErrorCode::kInvalidTxnState,
        fmt::format("producer {} has an open transaction and sent a batch outside it",
                    batch.producer_id())};
  }
  state.set_epoch(batch.producer_epoch());
  state.add_batch({.last_sequence = batch.last_sequence(),
                   .offset_delta = batch.last_offset_delta(),
                   .last_offset = batch.last_offset(),
                   .timestamp = batch.max_timestamp()});
  state.last_timestamp = batch.max_timestamp();
  if (batch.is_transactional() && state.open_transaction_offset == wire::kNoOffset) {
    state.open_transaction_offset = batch.base_offset();
  }
  return {};
}

}  // namespace

wire::Status ProducerStates::check(const wire::RecordBatchView& batch, AppendOrigin origin,
                                   ProducerUpdates& updates) const {
  if (!batch.has_producer_id()) return {};
  auto update = std::find_if(updates.updates.begin(), updates.updates.end(), [&](const auto& each) {
    return each.producer_id == batch.producer_id();
  });
  if (update == updates.updates.end()) {
    const ProducerState* known = find(batch.producer_id());
    if (known != nullptr && origin == AppendOrigin::kClient) {
      const ProducedBatch* duplicate = known->find_duplicate(
          batch.producer_epoch(), batch.base_sequence(), batch.last_sequence());
      if (duplicate != nullptr) {
        updates.duplicate = *duplicate;
        return {};
      }
    }
    updates.updates.push_back({batch.producer_id(), known == nullptr ? ProducerState() : *known});
    update = std::prev(updates.updates.end());
  }
  if (batch.is_control()) return apply_marker(batch, origin, update->state, updates.completed);
  return apply_data(batch, origin, update->state);
}

void ProducerStates::commit(ProducerUpdates& updates) {
  for (auto& update : updates.updates) {
    if (update.state.open_transaction_offset != wire::kNoOffset) {
      open_.emplace(update.state.open_transaction_offset, update.producer_id);
    }
    producers_.insert_or_assign(update.producer_id, update.state);
  }
  for (const CompletedTransaction& transaction : updates.completed) {
    open_.erase(transaction.first_offset);
    unreplicated_.emplace(transaction.first_offset, transaction);
  }
  updates.clear();
}

void ProducerStates::replay(const wire::RecordBatchView& batch) {
  ProducerUpdates updates;
  // A record that cannot be read as a marker was accepted when it was written; it changes nothing
  // here.
  if (check(batch, AppendOrigin::kReplication, updates)) commit(updates);
}

const ProducerState* ProducerStates::find(wire::ProducerId producer_id) const {
  const auto found = producers_.find(producer_id);
  return found == producers_.end() ? nullptr : &found->second;
}

void ProducerStates::load(wire::ProducerId producer_id, const ProducerState& state) {
  producers_.insert_or_assign(producer_id, state);
  if (state.open_transaction_offset != wire::kNoOffset) {
    open_.emplace(state.open_transaction_offset, producer_id);
  }
}

void ProducerStates::remove_expired(wire::TimestampMs now_ms, wire::DurationMs expiration_ms) {
  absl::erase_if(producers_, [&](const auto& entry) {
    return entry.second.open_transaction_offset == wire::kNoOffset &&
           now_ms - entry.second.last_timestamp >= expiration_ms;
  });
}

void ProducerStates::clear() {
  producers_.clear();
  open_.clear();
  unreplicated_.clear();
}

std::optional<wire::Offset> ProducerStates::first_unstable_offset() const {
  std::optional<wire::Offset> first;
  if (!open_.empty()) first = open_.begin()->first;
  if (!unreplicated_.empty()) {
    first = std::min(first.value_or(INT64_MAX), unreplicated_.begin()->first);
  }
  return first;
}

void ProducerStates::on_high_watermark(wire::Offset high_watermark) {
  if (unreplicated_.empty()) return;
  std::erase_if(unreplicated_,
                [&](const auto& entry) { return entry.second.last_offset < high_watermark; });
}

}  // namespace storage
