#include "storage/producer_state.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "wire/base/elapsed.h"
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

// A marker ends the producer's current epoch.  With transaction.version 2 it carries the next one,
// so that one of an epoch that has been seen belongs to a transaction of the past (KIP-1228).
wire::Status check_marker_epoch(const wire::RecordBatchView& batch, const ProducerState& state,
                                const AppendRules& rules) {
  const wire::ProducerEpoch epoch = batch.producer_epoch();
  if (rules.transaction_version < kEpochPerTransaction || epoch != state.epoch) {
    return check_epoch(batch.producer_id(), state, epoch, rules.origin);
  }
  // A marker that comes again after it was written is written again (KAFKA-19999); the last epoch
  // of all is let through, so that a transaction that was begun under it can end.
  const bool is_retry = state.open_transaction_offset == wire::kNoOffset;
  if (is_retry || epoch == INT16_MAX || rules.origin == AppendOrigin::kReplication) return {};
  return wire::Error{
      ErrorCode::kInvalidProducerEpoch,
      fmt::format("a marker of epoch {} for producer {}, whose open transaction has that epoch",
                  epoch, batch.producer_id())};
}

wire::Status check_sequence(const wire::RecordBatchView& batch, const ProducerState& state,
                            const TransactionVerification* verification) {
  const int32_t first = batch.base_sequence();
  if (verification != nullptr) {
    if (verification->epoch_per_transaction && first != 0 && !state.has_batches()) {
      return wire::Error{
          ErrorCode::kOutOfOrderSequenceNumber,
          fmt::format("producer {} begins at sequence {}, not at 0", batch.producer_id(), first)};
    }
    if (first > verification->lowest_sequence) {
      return wire::Error{
          ErrorCode::kOutOfOrderSequenceNumber,
          fmt::format("producer {} sent sequence {}, and {} has not been appended yet",
                      batch.producer_id(), first, verification->lowest_sequence)};
    }
  }
  // A producer that is unknown here (expired, or its records were deleted) may go on.
  if (state.epoch == wire::kNoProducerEpoch) return {};
  if (batch.producer_epoch() != state.epoch) {
    if (first == 0) return {};  // a new epoch counts from 0
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
wire::Status apply_marker(const wire::RecordBatchView& batch, const AppendRules& rules,
                          ProducerState& state, std::vector<CompletedTransaction>& completed) {
  auto marker = wire::parse_end_transaction_batch(batch);
  if (!marker) return marker.error();
  if (!*marker) return {};  // some other control record: no producer's affair
  if (auto status = check_marker_epoch(batch, state, rules); !status) return status;
  if (state.coordinator_epoch > (*marker)->coordinator_epoch &&
      rules.origin != AppendOrigin::kReplication) {
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
                        const TransactionVerification* verification, ProducerState& state) {
  if (auto status = check_epoch(batch.producer_id(), state, batch.producer_epoch(), origin);
      !status) {
    return status;
  }
  if (origin == AppendOrigin::kClient) {
    if (auto status = check_sequence(batch, state, verification); !status) return status;
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

bool ProducerStates::has_open_transaction(wire::ProducerId producer_id,
                                          wire::ProducerEpoch epoch) const {
  const ProducerState* state = find(producer_id);
  return state != nullptr && state->open_transaction_offset != wire::kNoOffset &&
         state->epoch == epoch;
}

wire::Result<VerificationGuard> ProducerStates::begin_verification(wire::ProducerId producer_id,
                                                                   const VerifiedBatch& batch,
                                                                   wire::TimestampMs now_ms) {
  if (const ProducerState* state = find(producer_id)) {
    if (auto status = check_epoch(producer_id, *state, batch.epoch, AppendOrigin::kClient);
        !status) {
      return status.error();
    }
  }
  if (has_open_transaction(producer_id, batch.epoch)) return kNoGuard;
  return verifications_.begin(producer_id, batch, now_ms);
}

wire::Status ProducerStates::check_verified(const wire::RecordBatchView& batch,
                                            const AppendRules& rules,
                                            bool verify_transactions) const {
  if (rules.origin != AppendOrigin::kClient && rules.origin != AppendOrigin::kCoordinator) {
    return {};
  }
  if (!batch.is_transactional()) return {};
  if (has_open_transaction(batch.producer_id(), batch.producer_epoch())) return {};
  // An old epoch is told first: a client can recover from that.
  if (const ProducerState* state = find(batch.producer_id())) {
    if (auto status =
            check_epoch(batch.producer_id(), *state, batch.producer_epoch(), rules.origin);
        !status) {
      return status;
    }
  }
  if (!verify_transactions || batch.is_control()) return {};
  const TransactionVerification* verification = verifications_.find(batch.producer_id());
  if (rules.guard != kNoGuard && verification != nullptr && verification->guard == rules.guard) {
    return {};
  }
  return wire::Error{ErrorCode::kInvalidTxnState, "Record was not part of an ongoing transaction"};
}

wire::Status ProducerStates::check(const wire::RecordBatchView& batch, const AppendRules& rules,
                                   bool verify_transactions, ProducerUpdates& updates) const {
  if (!batch.has_producer_id()) return {};
  const ProducerState* known = find(batch.producer_id());
  auto update = std::find_if(updates.updates.begin(), updates.updates.end(), [&](const auto& each) {
    return each.producer_id == batch.producer_id();
  });
  if (update == updates.updates.end()) {
    if (known != nullptr && rules.origin == AppendOrigin::kClient) {
      const ProducedBatch* duplicate = known->find_duplicate(
          batch.producer_epoch(), batch.base_sequence(), batch.last_sequence());
      if (duplicate != nullptr) {
        updates.duplicate = *duplicate;
        return {};
      }
    }
    if (auto status = check_verified(batch, rules, verify_transactions); !status) return status;
    updates.updates.push_back({batch.producer_id(), known == nullptr ? ProducerState() : *known});
    update = std::prev(updates.updates.end());
  }
  update->transactional = batch.is_transactional();
  update->by_marker = batch.is_control();
  if (batch.is_control()) return apply_marker(batch, rules, update->state, updates.completed);
  return apply_data(batch, rules.origin, verifications_.find(batch.producer_id()), update->state);
}

void ProducerStates::commit(ProducerUpdates& updates) {
  for (auto& update : updates.updates) {
    if (update.state.open_transaction_offset != wire::kNoOffset) {
      open_.emplace(update.state.open_transaction_offset, update.producer_id);
    }
    producers_.insert_or_assign(update.producer_id, update.state);
    if (update.transactional) {
      verifications_.end(update.producer_id, update.by_marker, update.state.epoch);
    }
  }
  for (CompletedTransaction& transaction : updates.completed) {
    open_.erase(transaction.first_offset);
    transaction.last_stable_offset =
        open_.empty() ? transaction.last_offset + 1 : open_.begin()->first;
    unreplicated_.emplace(transaction.first_offset, transaction);
  }
}

std::optional<CompletedTransaction> ProducerStates::replay(const wire::RecordBatchView& batch) {
  ProducerUpdates updates;
  // A record that cannot be read as a marker was accepted when it was written; it changes nothing
  // here.
  if (!check(batch, {.origin = AppendOrigin::kReplication}, false, updates)) return std::nullopt;
  commit(updates);
  return updates.completed.empty() ? std::nullopt : std::optional(updates.completed.front());
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
           wire::elapsed_ms(entry.second.last_timestamp, now_ms) >= expiration_ms;
  });
  verifications_.remove_expired(now_ms, expiration_ms);
}

void ProducerStates::restore(ProducerStates&& snapshot) {
  producers_ = std::move(snapshot.producers_);
  open_ = std::move(snapshot.open_);
  unreplicated_ = std::move(snapshot.unreplicated_);
}

void ProducerStates::clear() {
  verifications_.clear();
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
