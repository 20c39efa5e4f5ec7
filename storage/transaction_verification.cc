#include "storage/transaction_verification.h"

namespace storage {

const TransactionVerification* TransactionVerifications::find(wire::ProducerId producer_id) const {
  const auto found = entries_.find(producer_id);
  return found == entries_.end() ? nullptr : &found->second;
}

VerificationGuard TransactionVerifications::begin(wire::ProducerId producer_id,
                                                  const VerifiedBatch& batch,
                                                  wire::TimestampMs now_ms) {
  TransactionVerification& entry = entries_[producer_id];
  if (entry.guard == kNoGuard) {
    entry = {.guard = ++last_guard_,
             .since_ms = now_ms,
             .epoch = batch.epoch,
             .lowest_sequence = batch.first_sequence,
             .epoch_per_transaction = batch.epoch_per_transaction};
    return entry.guard;
  }
  const bool lower = batch.epoch == entry.epoch && batch.first_sequence < entry.lowest_sequence;
  if (lower || batch.epoch > entry.epoch) {
    entry.epoch = batch.epoch;
    entry.lowest_sequence = batch.first_sequence;
  }
  return entry.guard;
}

void TransactionVerifications::end(wire::ProducerId producer_id, bool by_marker,
                                   wire::ProducerEpoch epoch) {
  const auto found = entries_.find(producer_id);
  if (found == entries_.end()) return;
  // With transaction.version 2 the marker carries the epoch of the next transaction: what waits
  // under that epoch is not of the one that has ended.
  const bool waits_for_next =
      by_marker && found->second.epoch_per_transaction && found->second.epoch == epoch;
  if (!waits_for_next) entries_.erase(found);
}

void TransactionVerifications::remove_expired(wire::TimestampMs now_ms,
                                              wire::DurationMs expiration_ms) {
  absl::erase_if(
      entries_, [&](const auto& entry) { return now_ms - entry.second.since_ms >= expiration_ms; });
}

}  // namespace storage
