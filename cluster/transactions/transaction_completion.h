// The second half of an end: from the outcome being in the log to every partition having its marker
// and the transaction being complete.
//
// Begins when the prepare record is committed, and again for every prepared transaction that a
// load finds: what was decided is finished, whoever decided it.
#pragma once

#include <string>

#include "cluster/coordinator/keyed_timers.h"
#include "cluster/coordinator/outbox.h"
#include "cluster/transactions/transaction_markers.h"
#include "cluster/transactions/transaction_table.h"
#include "cluster/transactions/transaction_writer.h"
#include "wire/base/clock.h"

namespace cluster::transactions {

class TransactionCompletion {
 public:
  struct Parts {
    const wire::Clock& clock;
    coordinator::KeyedTimers& timers;
    coordinator::Outbox& outbox;
    TransactionMarkers& markers;
    TransactionTable& transactions;
    TransactionWriter& writer;
  };
  // REQUIRES: every part outlives this.
  TransactionCompletion(Parts parts, wire::PartitionIndex partition, wire::Epoch coordinator_epoch)
      : parts_(parts), partition_(partition), coordinator_epoch_(coordinator_epoch) {}

  void continue_in(wire::Epoch coordinator_epoch) { coordinator_epoch_ = coordinator_epoch; }

  // Returns who the producer is afterwards (with transaction.version 2 the client is told).
  // REQUIRES: the transaction is prepared and nothing is pending.
  ProducerIdAndEpoch begin(Transaction& transaction);

 private:
  void on_settled(const std::string& id, const TopicPartition& partition,
                  const TransactionMetadata& complete);
  void write_complete(const std::string& id, const TransactionMetadata& complete);

  Parts parts_;
  wire::PartitionIndex partition_;
  wire::Epoch coordinator_epoch_;
};

}  // namespace cluster::transactions
