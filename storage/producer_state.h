// What a partition knows of its idempotent and transactional producers: the last batches of each,
// to recognise a retry and refuse a gap; and the open transactions (KIP-98, KIP-360).
//
// Kept by Log, on its shard.  producer_snapshot.h writes it to `<offset>.snapshot`.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/append_rules.h"
#include "storage/transaction_verification.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/records/record_batch.h"

namespace storage {

// One batch that a producer wrote.
struct ProducedBatch {
  int32_t last_sequence = wire::kNoSequence;
  int32_t offset_delta = 0;  // last offset - first offset
  wire::Offset last_offset = wire::kNoOffset;
  wire::TimestampMs timestamp = wire::kNoTimestamp;

  wire::Offset first_offset() const { return last_offset - offset_delta; }
  int32_t first_sequence() const;
  bool operator==(const ProducedBatch&) const = default;
};

class ProducerState {
 public:
  // A client may have 5 requests in flight, so a retry may name any of the last 5 batches.
  static constexpr size_t kBatchesKept = 5;

  wire::ProducerEpoch epoch = wire::kNoProducerEpoch;
  wire::Epoch coordinator_epoch = -1;
  wire::TimestampMs last_timestamp = wire::kNoTimestamp;
  wire::Offset open_transaction_offset = wire::kNoOffset;

  bool has_batches() const { return count_ != 0; }
  size_t batch_count() const { return count_; }
  // REQUIRES: has_batches().
  const ProducedBatch& last_batch() const { return batches_[count_ - 1]; }
  int32_t last_sequence() const {
    return has_batches() ? last_batch().last_sequence : wire::kNoSequence;
  }
  // Forgets the batches of an older epoch.
  void set_epoch(wire::ProducerEpoch new_epoch);
  void add_batch(const ProducedBatch& batch);
  // The batch with exactly these sequences, if it is one of the last five of this epoch.
  const ProducedBatch* find_duplicate(wire::ProducerEpoch batch_epoch, int32_t first_sequence,
                                      int32_t last_sequence) const;

  bool operator==(const ProducerState& other) const;

 private:
  std::array<ProducedBatch, kBatchesKept> batches_;  // oldest first
  uint8_t count_ = 0;
};

struct CompletedTransaction {
  wire::ProducerId producer_id = wire::kNoProducerId;
  wire::Offset first_offset = wire::kNoOffset;
  wire::Offset last_offset = wire::kNoOffset;  // of the marker
  bool aborted = false;
  // What was decided once this one was: the start of the oldest transaction then still open, or one
  // past the marker.  Set by commit().
  wire::Offset last_stable_offset = wire::kNoOffset;
};

// The changes that one append would make: checked first, committed once the bytes are written.
struct ProducerUpdates {
  struct Update {
    wire::ProducerId producer_id;
    ProducerState state;
    bool transactional = false;  // the last batch was part of a transaction, or
    bool by_marker = false;      // its end
  };
  std::vector<Update> updates;
  std::vector<CompletedTransaction> completed;
  std::optional<ProducedBatch> duplicate;  // the batch is a retry of this one: append nothing

  void clear() {
    updates.clear();
    completed.clear();
    duplicate.reset();
  }
};

class ProducerStates {
 public:
  // Checks one batch, whose offsets are set, against the table and what `updates` holds already,
  // and adds its change. The origin decides the checks: a client's sequence and epoch, a
  // coordinator's epoch, nothing for replicated batches.  A client's or coordinator's batch begins
  // a transaction only under the guard of its verification, if `verify_transactions`
  // (transaction.partition.verification.enable).
  wire::Status check(const wire::RecordBatchView& batch, const AppendRules& rules,
                     bool verify_transactions, ProducerUpdates& updates) const;
  // Takes the changes over and fills in the last stable offsets of what was completed.
  void commit(ProducerUpdates& updates);
  // check() and commit() of a batch that is in the log already; the transaction that it ended, if
  // it ended one.
  std::optional<CompletedTransaction> replay(const wire::RecordBatchView& batch);

  // Whether a batch of this producer goes on with a transaction that is open here.
  bool has_open_transaction(wire::ProducerId producer_id, wire::ProducerEpoch epoch) const;
  // Before the first batch of a transaction: the guard to append it under, once the coordinator has
  // said that the partition is part of the transaction.  kNoGuard if the transaction is open here
  // already; INVALID_PRODUCER_EPOCH for an epoch that is over.
  wire::Result<VerificationGuard> begin_verification(wire::ProducerId producer_id,
                                                     const VerifiedBatch& batch,
                                                     wire::TimestampMs now_ms);

  const ProducerState* find(wire::ProducerId producer_id) const;
  void load(wire::ProducerId producer_id, const ProducerState& state);
  void remove_expired(wire::TimestampMs now_ms, wire::DurationMs expiration_ms);
  void clear();
  // Becomes what a snapshot held.  Guards that are out stay what they are: each is given once.
  void restore(ProducerStates&& snapshot);

  // The first offset of the oldest transaction that is still open, or was completed at or above the
  // high watermark.
  std::optional<wire::Offset> first_unstable_offset() const;
  // Completed transactions below the high watermark no longer hold the last stable offset back.
  void on_high_watermark(wire::Offset high_watermark);

  size_t size() const { return producers_.size(); }
  bool empty() const { return producers_.empty(); }
  const absl::flat_hash_map<wire::ProducerId, ProducerState>& all() const { return producers_; }

 private:
  wire::Status check_verified(const wire::RecordBatchView& batch, const AppendRules& rules,
                              bool verify_transactions) const;

  absl::flat_hash_map<wire::ProducerId, ProducerState> producers_;
  TransactionVerifications verifications_;
  std::map<wire::Offset, wire::ProducerId> open_;  // by first offset
  std::map<wire::Offset, CompletedTransaction>
      unreplicated_;  // by first offset; until the marker is replicated
};

}  // namespace storage
