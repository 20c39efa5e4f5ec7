// What a partition knows of transactions that it was told of by a producer only, and has not had
// verified yet by their coordinator (KIP-890).
//
// A producer's late batch must not begin a transaction that has ended: nobody would ever end it
// again.  So the first batch of a transaction waits for the coordinator's word, and is appended
// under the guard that was issued before the question; a marker takes the guard away.
#pragma once

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "storage/append_rules.h"
#include "wire/base/types.h"

namespace storage {

struct VerifiedBatch {
  wire::ProducerEpoch epoch = wire::kNoProducerEpoch;
  int32_t first_sequence = wire::kNoSequence;
  bool epoch_per_transaction = false;  // the producer follows transaction.version 2
};

struct TransactionVerification {
  VerificationGuard guard = kNoGuard;
  wire::TimestampMs since_ms = 0;
  wire::ProducerEpoch epoch = wire::kNoProducerEpoch;
  // The lowest that waited: a higher one must not overtake it, or the lower one could never be
  // appended.
  int32_t lowest_sequence = wire::kNoSequence;
  bool epoch_per_transaction = false;
};

class TransactionVerifications {
 public:
  const TransactionVerification* find(wire::ProducerId producer_id) const;
  // The guard of the producer's verification, begun now or earlier.
  VerificationGuard begin(wire::ProducerId producer_id, const VerifiedBatch& batch,
                          wire::TimestampMs now_ms);
  // A batch of the transaction, or with `by_marker` its end, is in the log under `epoch`.
  void end(wire::ProducerId producer_id, bool by_marker, wire::ProducerEpoch epoch);
  void remove_expired(wire::TimestampMs now_ms, wire::DurationMs expiration_ms);
  void clear() { entries_.clear(); }

 private:
  absl::flat_hash_map<wire::ProducerId, TransactionVerification> entries_;
  VerificationGuard last_guard_ = kNoGuard;
};

}  // namespace storage
