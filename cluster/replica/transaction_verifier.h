// Asks a transaction's coordinator whether partitions are part of it, before the first batch of the
// transaction is appended to them (KIP-890; Kafka's AddPartitionsToTxnManager and what
// ReplicaManager does around it).
//
//   transaction.version 0, 1   the producer has added the partitions itself: they are verified
//   transaction.version 2      the question adds them
//
// A partition where the transaction is open already needs no question.  Lives on the shard of the
// partitions.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/replica/partition.h"
#include "cluster/timers.h"
#include "cluster/transport.h"
#include "storage/append_rules.h"
#include "storage/topic_partition.h"
#include "wire/base/callback.h"
#include "wire/base/clock.h"
#include "wire/base/types.h"
#include "wire/error_code.h"

namespace cluster::replica {

// What the version of the client's request says that it can handle.
enum class TransactionSupport {
  kOldErrors,  // does not know TRANSACTION_ABORTABLE: INVALID_TXN_STATE in its place
  kAbortableError,
  kAddsPartitions,  // follows transaction.version 2
};

struct TransactionalProducer {
  std::string transactional_id;
  wire::ProducerId id = wire::kNoProducerId;
  wire::ProducerEpoch epoch = wire::kNoProducerEpoch;
  TransactionSupport support = TransactionSupport::kOldErrors;
};

// A batch that may begin the transaction in its partition.
struct VerificationTarget {
  std::shared_ptr<Partition> partition;
  int32_t first_sequence = wire::kNoSequence;
};

struct Verified {
  wire::ErrorCode error = wire::ErrorCode::kNone;
  storage::VerificationGuard guard = storage::kNoGuard;
};

class TransactionVerifier {
 public:
  struct Options {
    // add.partitions.to.txn.retry.backoff.ms, and .max.ms: for how long.
    wire::DurationMs retry_backoff_ms = 20;
    wire::DurationMs retry_for_ms = 100;
  };
  struct Ports {
    const wire::Clock& clock;
    Timers& timers;
    Transport& transport;
    // Who coordinates a transactional id; kNoNode if nobody does at the moment.
    std::function<wire::NodeId(const std::string& transactional_id)> coordinator_of;
  };
  // REQUIRES: every port outlives this.
  TransactionVerifier(Options options, Ports ports)
      : options_(options),
        ports_(std::move(ports)),
        self_(std::make_shared<TransactionVerifier*>(this)) {}
  ~TransactionVerifier() { *self_ = nullptr; }
  TransactionVerifier(const TransactionVerifier&) = delete;
  TransactionVerifier& operator=(const TransactionVerifier&) = delete;

  // Calls `done` once, with one answer for each target, in their order; before it returns if there
  // is nothing to ask.  Errors are the coordinator's (PRODUCER_FENCED is INVALID_PRODUCER_EPOCH
  // here), the partition's, COORDINATOR_NOT_AVAILABLE and NETWORK_EXCEPTION.
  void verify(TransactionalProducer producer, std::vector<VerificationTarget> targets,
              wire::Callback<void(std::vector<Verified>)> done);

 private:
  struct Question;

  void ask(const std::shared_ptr<Question>& question);
  void receive(const std::shared_ptr<Question>& question, wire::Result<PeerResponse> answer);
  void settle(const std::shared_ptr<Question>& question);

  Options options_;
  Ports ports_;
  // Answers that come after this is gone find it empty.
  std::shared_ptr<TransactionVerifier*> self_;
};

}  // namespace cluster::replica
