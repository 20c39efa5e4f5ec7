// One transactional id as its coordinator knows it (Kafka's TransactionMetadata): what is committed
// to the log, and the one change that is on its way there.
//
// A change is prepared (a new TransactionMetadata, and `pending` names its state), written, and
// taken over when it is committed.  While one is pending no other can be prepared: requests that
// would need it are answered CONCURRENT_TRANSACTIONS.  Values in, values out; no clock, no log.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "cluster/transactions/transaction_state.h"
#include "storage/topic_partition.h"
#include "wire/base/types.h"

namespace cluster::transactions {

using storage::TopicPartition;

// Levels of transaction.version (KIP-890).  1: flexible records.  2: the epoch grows with each
// transaction.
inline constexpr int16_t kFlexibleRecordsVersion = 1;
inline constexpr int16_t kEpochBumpVersion = 2;

// The greatest epoch that a client may have; one more is left for fencing it.
inline constexpr wire::ProducerEpoch kLastClientEpoch = 32'766;
inline constexpr wire::ProducerEpoch kLastEpoch = 32'767;
inline constexpr bool is_epoch_exhausted(wire::ProducerEpoch epoch) {
  return epoch >= kLastClientEpoch;
}

struct ProducerIdAndEpoch {
  wire::ProducerId id = wire::kNoProducerId;
  wire::ProducerEpoch epoch = wire::kNoProducerEpoch;

  bool operator==(const ProducerIdAndEpoch&) const = default;
};

struct TransactionMetadata {
  wire::ProducerId producer_id = wire::kNoProducerId;
  // The id before this one, or this one: what a retry that spans a change of ids is known by.
  wire::ProducerId previous_producer_id = wire::kNoProducerId;
  // The id that follows when the markers are written, where the epochs of this one are used up.
  wire::ProducerId next_producer_id = wire::kNoProducerId;
  wire::ProducerEpoch producer_epoch = wire::kNoProducerEpoch;
  // The epoch before, which a retry comes with.  Not in the log: lost with the coordinator.
  wire::ProducerEpoch last_producer_epoch = wire::kNoProducerEpoch;
  int32_t timeout_ms = 0;
  TransactionState state = TransactionState::kEmpty;
  // Those that still wait for the marker, once the outcome is written down.
  std::set<TopicPartition> partitions;
  wire::TimestampMs start_ms = wire::kNoTimestamp;
  wire::TimestampMs last_update_ms = wire::kNoTimestamp;
  int16_t client_version = 0;  // transaction.version that the client followed in this transaction

  bool operator==(const TransactionMetadata&) const = default;
};

class Transaction {
 public:
  Transaction(std::string id, TransactionMetadata committed)
      : id_(std::move(id)), committed_(std::move(committed)) {}

  const std::string& id() const { return id_; }
  const TransactionMetadata& committed() const { return committed_; }
  std::optional<TransactionState> pending() const { return pending_; }
  bool is_pending(TransactionState state) const { return pending_ == state; }
  bool is_epoch_exhausted() const {
    return transactions::is_epoch_exhausted(committed_.producer_epoch);
  }
  // A transaction without a timeout: its end is decided elsewhere (KIP-939).
  bool is_two_phase() const;

  // REQUIRES of every prepare: nothing is pending, and the state may_follow() the current one.

  // InitProducerId: the next epoch, or the current one for the retry of a call that was served
  // already.  Nothing if `expected` names neither.  REQUIRES: the epochs are not used up.
  std::optional<TransactionMetadata> prepare_next_epoch(int32_t timeout_ms,
                                                        std::optional<wire::ProducerEpoch> expected,
                                                        wire::TimestampMs now_ms);
  // InitProducerId when the epochs are used up.
  TransactionMetadata prepare_next_producer(wire::ProducerId producer_id, int32_t timeout_ms,
                                            bool keep_last_epoch, wire::TimestampMs now_ms);
  TransactionMetadata prepare_add(const std::set<TopicPartition>& added, int16_t client_version,
                                  wire::TimestampMs now_ms);
  // Begins to fence: nobody but the abort that follows may go on.  Returns the epoch that it uses,
  // which no client ever gets.
  wire::ProducerEpoch prepare_fence();
  // EndTxn.  With `client_version` 2 the epoch grows; `next_producer_id` is set where it is used
  // up.  `is_empty`: nothing was added, so the transaction begins and ends now.
  // REQUIRES: the epoch can grow, unless this is an abort.
  TransactionMetadata prepare_end(TransactionState outcome, int16_t client_version,
                                  wire::ProducerId next_producer_id, bool is_empty,
                                  wire::TimestampMs now_ms);
  // Every partition has its marker.
  TransactionMetadata prepare_complete(wire::TimestampMs now_ms);
  void prepare_dead();

  // The prepared change is committed.  REQUIRES: it is the one that is pending.
  void take(TransactionMetadata next);
  // It could not be written, or gives way to the abort of a fence.
  void drop_pending() { pending_.reset(); }

  // A fence of transaction.version 0 or 1 shows its epoch at once, so that the producer it fences
  // is refused even if the abort is not committed.
  void show_fencing_epoch(wire::ProducerEpoch epoch);
  // That abort failed: the next fence uses the same epoch.
  void note_failed_fence() { has_failed_fence_ = true; }
  bool has_failed_fence() const { return has_failed_fence_; }
  // The partition has its marker.
  void note_marker(const TopicPartition& partition) { committed_.partitions.erase(partition); }

 private:
  // A copy of what is committed, to be changed, with `next` pending.
  TransactionMetadata begin(TransactionState next);

  std::string id_;
  TransactionMetadata committed_;
  std::optional<TransactionState> pending_;
  bool has_failed_fence_ = false;
};

}  // namespace cluster::transactions
