#include "cluster/transactions/transaction_decisions.h"

#include <algorithm>
#include <utility>

namespace cluster::transactions {
namespace {

using wire::ErrorCode;

// The producer that is expected may go on: its id is the current one; or there is none yet; or this
// repeats a call that has moved it from the last epoch of the previous id.
bool knows_producer(const TransactionMetadata& current, const ProducerIdAndEpoch& expected) {
  return current.producer_epoch == wire::kNoProducerEpoch || expected.id == current.producer_id ||
         (expected.id == current.previous_producer_id && is_epoch_exhausted(expected.epoch));
}

InitDecision decide_init_of_idle(Transaction& transaction, const InitRequest& request,
                                 std::optional<wire::ProducerId> fresh, wire::TimestampMs now_ms) {
  const TransactionMetadata& current = transaction.committed();
  std::optional<wire::ProducerEpoch> expected;
  if (request.expected) expected = request.expected->epoch;
  if (transaction.is_epoch_exhausted()) {
    // Kafka runs into an IllegalStateException here.
    if (expected && *expected != current.producer_epoch) {
      return Refusal{ErrorCode::kUnknownServerError};
    }
    if (!fresh) return NeedsProducerId{};
    return transaction.prepare_next_producer(*fresh, request.timeout_ms, expected.has_value(),
                                             now_ms);
  }
  auto next = transaction.prepare_next_epoch(request.timeout_ms, expected, now_ms);
  if (!next) return Refusal{ErrorCode::kProducerFenced};
  return *std::move(next);
}

// A retry of the end that has brought the transaction here.
struct Retry {
  bool bumped = false;      // it knows the epoch before
  bool overflowed = false;  // it knows the last epoch of the id before
  explicit operator bool() const { return bumped || overflowed; }
};

Retry retry_of(const TransactionMetadata& current, const ProducerIdAndEpoch& producer) {
  return {.bumped = current.producer_epoch == producer.epoch + 1,
          .overflowed = current.previous_producer_id == producer.id &&
                        producer.epoch == kLastClientEpoch && current.producer_epoch == 0};
}

// KIP-890: with the same epoch it is the next end; only a lower one can be a retry.
bool is_valid_epoch(const TransactionMetadata& current, wire::ProducerEpoch epoch, Retry retry) {
  switch (current.state) {
    case TransactionState::kPrepareCommit:
    case TransactionState::kPrepareAbort:
      return retry.bumped;
    case TransactionState::kCompleteCommit:
    case TransactionState::kCompleteAbort:
      return retry || epoch == current.producer_epoch;
    default:
      return epoch == current.producer_epoch;
  }
}

TransactionState outcome_of(const EndRequest& request) {
  return request.commit ? TransactionState::kPrepareCommit : TransactionState::kPrepareAbort;
}

EndAnswer refuse(ErrorCode error) {
  return {error, {}};
}

// The rules of transaction.version 0 and 1.
EndDecision decide_classic_end(Transaction& transaction, const EndRequest& request,
                               wire::TimestampMs now_ms) {
  const TransactionMetadata& current = transaction.committed();
  const wire::ProducerEpoch epoch = request.producer.epoch;
  if (current.producer_id != request.producer.id) {
    return refuse(ErrorCode::kInvalidProducerIdMapping);
  }
  if ((request.from_client && epoch != current.producer_epoch) || epoch < current.producer_epoch) {
    return refuse(ErrorCode::kProducerFenced);
  }
  const bool is_fencing = transaction.is_pending(TransactionState::kPrepareEpochFence);
  if (transaction.pending() && !is_fencing) return refuse(ErrorCode::kConcurrentTransactions);
  switch (current.state) {
    case TransactionState::kOngoing: {
      const bool is_fence = is_fencing && !request.commit;
      if (is_fence) {
        transaction.drop_pending();
        transaction.show_fencing_epoch(epoch);
      } else if (is_fencing) {
        // A commit that comes while its producer is fenced.
        return refuse(ErrorCode::kConcurrentTransactions);
      }
      return EndChange{
          transaction.prepare_end(outcome_of(request), 0, wire::kNoProducerId, false, now_ms),
          is_fence};
    }
    case TransactionState::kCompleteCommit:
      return refuse(request.commit ? ErrorCode::kNone : ErrorCode::kInvalidTxnState);
    case TransactionState::kCompleteAbort:
      return refuse(request.commit ? ErrorCode::kInvalidTxnState : ErrorCode::kNone);
    case TransactionState::kPrepareCommit:
      return refuse(request.commit ? ErrorCode::kConcurrentTransactions
                                   : ErrorCode::kInvalidTxnState);
    case TransactionState::kPrepareAbort:
      return refuse(request.commit ? ErrorCode::kInvalidTxnState
                                   : ErrorCode::kConcurrentTransactions);
    case TransactionState::kEmpty:
      return refuse(ErrorCode::kInvalidTxnState);
    case TransactionState::kDead:
    case TransactionState::kPrepareEpochFence:
      break;
  }
  return refuse(ErrorCode::kUnknownServerError);
}

// The end itself, by the rules of transaction.version 2.
EndDecision end_with_bump(Transaction& transaction, const EndRequest& request, bool is_empty,
                          std::optional<wire::ProducerId> fresh, wire::TimestampMs now_ms) {
  const bool is_fence = transaction.is_pending(TransactionState::kPrepareEpochFence);
  wire::ProducerId next_id = wire::kNoProducerId;
  if (transaction.is_epoch_exhausted()) {
    if (!fresh) return NeedsProducerId{};
    // No client has this epoch: a commit with it is a bug of somebody's, and must not overflow.
    if (request.commit && transaction.committed().producer_epoch == kLastEpoch) {
      return refuse(ErrorCode::kUnknownServerError);
    }
    next_id = *fresh;
  }
  if (is_fence && request.commit) return refuse(ErrorCode::kConcurrentTransactions);
  if (is_fence) transaction.drop_pending();
  return EndChange{transaction.prepare_end(outcome_of(request), request.client_version, next_id,
                                           is_empty, now_ms),
                   is_fence};
}

}  // namespace

InitDecision decide_init(Transaction& transaction, const InitRequest& request,
                         int16_t transaction_version, std::optional<wire::ProducerId> fresh,
                         wire::TimestampMs now_ms) {
  const TransactionMetadata& current = transaction.committed();
  if (transaction.pending()) return Refusal{ErrorCode::kConcurrentTransactions};
  if (request.expected && !knows_producer(current, *request.expected)) {
    return Refusal{ErrorCode::kProducerFenced};
  }
  switch (current.state) {
    case TransactionState::kPrepareCommit:
    case TransactionState::kPrepareAbort:
      return Refusal{ErrorCode::kConcurrentTransactions};
    case TransactionState::kEmpty:
    case TransactionState::kCompleteCommit:
    case TransactionState::kCompleteAbort:
      return decide_init_of_idle(transaction, request, fresh, now_ms);
    case TransactionState::kOngoing:
      // The abort that follows will need the id: it is had before anything changes.
      if (transaction_version >= kEpochBumpVersion && transaction.is_epoch_exhausted() && !fresh) {
        return NeedsProducerId{};
      }
      return Fence{transaction.prepare_fence()};
    case TransactionState::kDead:
    case TransactionState::kPrepareEpochFence:
      break;
  }
  return Refusal{ErrorCode::kUnknownServerError};
}

AddDecision decide_add(Transaction& transaction, const AddRequest& request,
                       wire::TimestampMs now_ms) {
  const TransactionMetadata& current = transaction.committed();
  // First, so that a change may end before it is looked at: the producer may use an id that is only
  // pending yet.
  if (transaction.pending()) return Refusal{ErrorCode::kConcurrentTransactions};
  if (current.producer_id != request.producer.id) {
    return Refusal{ErrorCode::kInvalidProducerIdMapping};
  }
  if (current.producer_epoch != request.producer.epoch) return Refusal{ErrorCode::kProducerFenced};
  if (is_prepared(current.state)) return Refusal{ErrorCode::kConcurrentTransactions};
  if (current.state == TransactionState::kOngoing &&
      std::includes(current.partitions.begin(), current.partitions.end(),
                    request.partitions.begin(), request.partitions.end())) {
    return Refusal{ErrorCode::kNone};
  }
  return transaction.prepare_add(request.partitions, request.client_version, now_ms);
}

std::map<TopicPartition, ErrorCode> verify(const Transaction& transaction,
                                           const AddRequest& request) {
  const TransactionMetadata& current = transaction.committed();
  ErrorCode whole = ErrorCode::kNone;
  // What is pending is not asked for: the append checks once more.
  if (current.producer_id != request.producer.id) {
    whole = ErrorCode::kInvalidProducerIdMapping;
  } else if (current.producer_epoch != request.producer.epoch) {
    whole = ErrorCode::kProducerFenced;
  } else if (is_prepared(current.state)) {
    whole = ErrorCode::kConcurrentTransactions;
  }
  std::map<TopicPartition, ErrorCode> errors;
  for (const TopicPartition& partition : request.partitions) {
    const bool is_part = current.partitions.contains(partition);
    errors[partition] = whole != ErrorCode::kNone ? whole
                        : is_part                 ? ErrorCode::kNone
                                                  : ErrorCode::kTransactionAbortable;
  }
  return errors;
}

// The table of KIP-890 for what is not ongoing (PF PRODUCER_FENCED, ITS INVALID_TXN_STATE):
//
//                       abort                commit
//                   retry   current      retry   current
//   Empty           PF      ended anew   PF      ITS
//   CompleteAbort   none    ended anew   ITS     ITS
//   CompleteCommit  ITS     ended anew   none    ITS
EndDecision decide_end(Transaction& transaction, const EndRequest& request,
                       std::optional<wire::ProducerId> fresh, wire::TimestampMs now_ms) {
  if (request.client_version < kEpochBumpVersion) {
    return decide_classic_end(transaction, request, now_ms);
  }
  const TransactionMetadata& current = transaction.committed();
  const ProducerIdAndEpoch& producer = request.producer;
  const bool is_fencing = transaction.is_pending(TransactionState::kPrepareEpochFence);
  const Retry retry = is_fencing ? Retry{} : retry_of(current, producer);
  // First, as for partitions added: the producer may use an id that is only pending yet.
  if (transaction.pending() && !is_fencing) return refuse(ErrorCode::kConcurrentTransactions);
  if (current.producer_id != producer.id && !retry.overflowed) {
    return refuse(ErrorCode::kInvalidProducerIdMapping);
  }
  const bool is_valid = is_fencing
                            ? (!request.from_client || producer.epoch == current.producer_epoch) &&
                                  producer.epoch >= current.producer_epoch
                            : is_valid_epoch(current, producer.epoch, retry);
  if (!is_valid) return refuse(ErrorCode::kProducerFenced);
  const EndAnswer done{ErrorCode::kNone, {current.producer_id, current.producer_epoch}};
  switch (current.state) {
    case TransactionState::kOngoing:
      return end_with_bump(transaction, request, false, fresh, now_ms);
    case TransactionState::kCompleteCommit:
      if (request.commit) return retry ? done : refuse(ErrorCode::kInvalidTxnState);
      if (retry) return refuse(ErrorCode::kInvalidTxnState);
      return end_with_bump(transaction, request, true, fresh, now_ms);
    case TransactionState::kCompleteAbort:
      if (request.commit) return refuse(ErrorCode::kInvalidTxnState);
      if (retry) return done;
      return end_with_bump(transaction, request, true, fresh, now_ms);
    case TransactionState::kPrepareCommit:
      return refuse(request.commit ? ErrorCode::kConcurrentTransactions
                                   : ErrorCode::kInvalidTxnState);
    case TransactionState::kPrepareAbort:
      return refuse(request.commit ? ErrorCode::kInvalidTxnState
                                   : ErrorCode::kConcurrentTransactions);
    case TransactionState::kEmpty:
      if (request.commit) return refuse(ErrorCode::kInvalidTxnState);
      return end_with_bump(transaction, request, true, fresh, now_ms);
    case TransactionState::kDead:
    case TransactionState::kPrepareEpochFence:
      break;
  }
  return refuse(ErrorCode::kUnknownServerError);
}

}  // namespace cluster::transactions
