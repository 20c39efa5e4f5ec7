// Writes the changes of transactions to their log and takes them over when they are committed.
#pragma once

#include <string>

#include "cluster/coordinator/outbox.h"
#include "cluster/coordinator/partition_runtime.h"
#include "cluster/transactions/cluster_view.h"
#include "cluster/transactions/transaction_table.h"
#include "wire/base/callback.h"
#include "wire/error_code.h"

namespace cluster::transactions {

class TransactionWriter {
 public:
  // REQUIRES: everything outlives this.
  TransactionWriter(coordinator::Outbox& outbox, coordinator::PartitionRuntime& runtime,
                    TransactionTable& transactions, const ClusterView& cluster)
      : outbox_(outbox), runtime_(runtime), transactions_(transactions), cluster_(cluster) {}

  // What becomes of a pending change that could not be written.
  enum class OnFailure { kDropPending, kKeepPending };

  // Calls `done` once: when the change is committed and taken over, or with the error to answer.  As
  // in Kafka it may take as long as the transaction itself.
  // REQUIRES: the change is the pending one of this transaction.
  void write(const std::string& id, TransactionMetadata next, OnFailure on_failure,
             wire::Callback<void(wire::ErrorCode)> done);

 private:
  coordinator::Outbox& outbox_;
  coordinator::PartitionRuntime& runtime_;
  TransactionTable& transactions_;
  const ClusterView& cluster_;
};

}  // namespace cluster::transactions
