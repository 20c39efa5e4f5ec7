#include "cluster/transactions/transaction.h"

#include <limits>
#include <utility>

#include "wire/base/check.h"

namespace cluster::transactions {

bool Transaction::is_two_phase() const {
  return committed_.timeout_ms == std::numeric_limits<int32_t>::max();
}

TransactionMetadata Transaction::begin(TransactionState next) {
  CHECK(!pending_);
  CHECK(may_follow(next, committed_.state));
  pending_ = next;
  TransactionMetadata changed = committed_;
  changed.state = next;
  changed.previous_producer_id = committed_.producer_id;
  return changed;
}

std::optional<TransactionMetadata> Transaction::prepare_next_epoch(
    int32_t timeout_ms, std::optional<wire::ProducerEpoch> expected, wire::TimestampMs now_ms) {
  CHECK(!is_epoch_exhausted());
  const wire::ProducerEpoch current = committed_.producer_epoch;
  auto epoch = static_cast<wire::ProducerEpoch>(current + 1);
  wire::ProducerEpoch last = wire::kNoProducerEpoch;
  if (expected && (current == wire::kNoProducerEpoch || *expected == current)) {
    last = current;
  } else if (expected && *expected == committed_.last_producer_epoch) {
    // The retry of a call whose answer was lost.  Another producer would have set the last epoch to
    // none.
    epoch = current;
    last = committed_.last_producer_epoch;
  } else if (expected) {
    return std::nullopt;
  }
  TransactionMetadata next = begin(TransactionState::kEmpty);
  next.producer_epoch = epoch;
  next.last_producer_epoch = last;
  next.timeout_ms = timeout_ms;
  next.partitions.clear();
  next.start_ms = wire::kNoTimestamp;
  next.last_update_ms = now_ms;
  return next;
}

TransactionMetadata Transaction::prepare_next_producer(wire::ProducerId producer_id,
                                                       int32_t timeout_ms, bool keep_last_epoch,
                                                       wire::TimestampMs now_ms) {
  TransactionMetadata next = begin(TransactionState::kEmpty);
  next.producer_id = producer_id;
  next.last_producer_epoch = keep_last_epoch ? committed_.producer_epoch : wire::kNoProducerEpoch;
  next.producer_epoch = 0;
  next.timeout_ms = timeout_ms;
  next.partitions.clear();
  next.start_ms = wire::kNoTimestamp;
  next.last_update_ms = now_ms;
  return next;
}

TransactionMetadata Transaction::prepare_add(const std::set<TopicPartition>& added,
                                             int16_t client_version, wire::TimestampMs now_ms) {
  const bool begins = committed_.state != TransactionState::kOngoing;
  TransactionMetadata next = begin(TransactionState::kOngoing);
  next.partitions.insert(added.begin(), added.end());
  if (begins) next.start_ms = now_ms;
  next.last_update_ms = now_ms;
  next.client_version = client_version;
  return next;
}

wire::ProducerEpoch Transaction::prepare_fence() {
  begin(TransactionState::kPrepareEpochFence);
  const bool keep = has_failed_fence_ || committed_.producer_epoch == kLastEpoch;
  return static_cast<wire::ProducerEpoch>(committed_.producer_epoch + (keep ? 0 : 1));
}

TransactionMetadata Transaction::prepare_end(TransactionState outcome, int16_t client_version,
                                             wire::ProducerId next_producer_id, bool is_empty,
                                             wire::TimestampMs now_ms) {
  TransactionMetadata next = begin(outcome);
  if (client_version >= kEpochBumpVersion) {
    const bool can_grow = committed_.producer_epoch < kLastEpoch;
    CHECK(can_grow || outcome == TransactionState::kPrepareAbort);
    if (can_grow) ++next.producer_epoch;
    next.last_producer_epoch = committed_.producer_epoch;
  }
  // The start of an empty transaction is not known, yet every ended one has a start.
  if (is_empty) next.start_ms = now_ms;
  next.next_producer_id = next_producer_id;
  next.last_update_ms = now_ms;
  next.client_version = client_version;
  return next;
}

TransactionMetadata Transaction::prepare_complete(wire::TimestampMs now_ms) {
  // The abort of the fence is in the log, so its epoch is used.
  has_failed_fence_ = false;
  TransactionMetadata next = begin(committed_.state == TransactionState::kPrepareCommit
                                       ? TransactionState::kCompleteCommit
                                       : TransactionState::kCompleteAbort);
  if (committed_.client_version >= kEpochBumpVersion &&
      committed_.next_producer_id != wire::kNoProducerId) {
    // The client sees 32766 followed by 0 of the next id; the last epoch stays what it saw.
    next.producer_id = committed_.next_producer_id;
    next.producer_epoch = 0;
  }
  next.next_producer_id = wire::kNoProducerId;
  next.partitions.clear();
  next.last_update_ms = now_ms;
  return next;
}

void Transaction::prepare_dead() {
  begin(TransactionState::kDead);
}

void Transaction::take(TransactionMetadata next) {
  CHECK(pending_ == next.state);
  committed_ = std::move(next);
  pending_.reset();
}

void Transaction::show_fencing_epoch(wire::ProducerEpoch epoch) {
  committed_.producer_epoch = epoch;
  committed_.last_producer_epoch = wire::kNoProducerEpoch;
}

}  // namespace cluster::transactions
