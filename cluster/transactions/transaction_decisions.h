// Decisions: what becomes of a request, given the transaction it is about (the rules of Kafka's
// TransactionCoordinator, error code for error code).
//
// A decision answers, or prepares a change that is to be written first, or says that it cannot be
// made without a fresh producer id: then nothing has changed, and it is asked again with one.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <variant>

#include "cluster/transactions/transaction.h"
#include "wire/base/types.h"
#include "wire/error_code.h"

namespace cluster::transactions {

struct NeedsProducerId {};

// An answer that needs no record.
struct Refusal {
  wire::ErrorCode error = wire::ErrorCode::kNone;
};
// The ongoing transaction is to be aborted first, with this epoch (pending: PrepareEpochFence).
struct Fence {
  wire::ProducerEpoch epoch = wire::kNoProducerEpoch;
};

struct InitRequest {
  int32_t timeout_ms = 0;
  std::optional<ProducerIdAndEpoch> expected;  // KIP-360: what the producer believes to be
};
using InitDecision = std::variant<Refusal, TransactionMetadata, Fence, NeedsProducerId>;
// `transaction_version`: the finalised level, which the abort of a fence follows.
InitDecision decide_init(Transaction& transaction, const InitRequest& request,
                         int16_t transaction_version, std::optional<wire::ProducerId> fresh,
                         wire::TimestampMs now_ms);

struct AddRequest {
  ProducerIdAndEpoch producer;
  std::set<TopicPartition> partitions;
  int16_t client_version = 0;  // transaction.version that the request speaks
};
// Refusal with kNone: they are in it already.
using AddDecision = std::variant<Refusal, TransactionMetadata>;
AddDecision decide_add(Transaction& transaction, const AddRequest& request,
                       wire::TimestampMs now_ms);

// Whether each partition is part of the ongoing transaction: kNone, or TRANSACTION_ABORTABLE, or
// the reason why none of them can be.
std::map<TopicPartition, wire::ErrorCode> verify(const Transaction& transaction,
                                                 const AddRequest& request);

struct EndRequest {
  ProducerIdAndEpoch producer;
  bool commit = false;
  bool from_client = true;     // else the coordinator aborts: fencing, or a timeout
  int16_t client_version = 0;  // 2: the epoch grows with each transaction
};
// An answer; the producer is what the client goes on as.
struct EndAnswer {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  ProducerIdAndEpoch producer;

  bool operator==(const EndAnswer&) const = default;
};
struct EndChange {
  TransactionMetadata next;
  bool is_fence = false;  // gave way to it: the pending PrepareEpochFence
};
using EndDecision = std::variant<EndAnswer, EndChange, NeedsProducerId>;
EndDecision decide_end(Transaction& transaction, const EndRequest& request,
                       std::optional<wire::ProducerId> fresh, wire::TimestampMs now_ms);

}  // namespace cluster::transactions
