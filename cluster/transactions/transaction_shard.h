// One partition of `__transaction_state` on its leader: its transactions, and what keeps them.
//
// The parts refer to each other; this is where they are put together, where a request's turn
// begins, and where a decision becomes records, and records an answer.
#pragma once

#include <memory>
#include <string>

#include "cluster/coordinator/keyed_timers.h"
#include "cluster/coordinator/outbox.h"
#include "cluster/coordinator/partition_runtime.h"
#include "cluster/transactions/transaction_completion.h"
#include "cluster/transactions/transaction_coordinator.h"
#include "cluster/transactions/transaction_decisions.h"
#include "cluster/transactions/transaction_options.h"
#include "cluster/transactions/transaction_table.h"
#include "cluster/transactions/transaction_upkeep.h"
#include "cluster/transactions/transaction_writer.h"

namespace cluster::transactions {

class TransactionShard {
 public:
  // REQUIRES: everything outlives this.
  TransactionShard(const TransactionOptions& options, TransactionPorts ports,
                   coordinator::Outbox& outbox, TransactionMarkers& markers,
                   wire::PartitionIndex partition, wire::Epoch leader_epoch);
  ~TransactionShard();

  void load();
  void continue_in(wire::Epoch leader_epoch);
  // kNone, or what to answer while it loads or after it failed to.  Begins to rebuild the rows if a
  // read of them has failed.
  wire::ErrorCode availability();
  // Answers everyone who waits with NOT_COORDINATOR; the shard is to be destroyed next.
  void close();
  void on_high_watermark(wire::Offset high_watermark);

  // REQUIRES of all below: availability() is kNone.  Each answers once.
  using InitDone = wire::Callback<void(wire::ErrorCode, ProducerIdAndEpoch)>;
  void init(const std::string& id, const InitRequest& request, InitDone done);
  void add(const std::string& id, const AddRequest& request,
           wire::Callback<void(wire::ErrorCode)> done);
  std::map<TopicPartition, wire::ErrorCode> verify_added(const std::string& id,
                                                         const AddRequest& request);
  using EndDone = wire::Callback<void(EndAnswer)>;
  void end(const std::string& id, const EndRequest& request, EndDone done);

  const TransactionTable& transactions() const { return transactions_; }

 private:
  void init_with(const std::string& id, const InitRequest& request,
                 std::optional<wire::ProducerId> fresh, InitDone done);
  Transaction* find_or_create(const std::string& id, const InitRequest& request,
                              std::optional<wire::ProducerId>& fresh);
  void write_init(const std::string& id, TransactionMetadata next, InitDone done);
  void end_with(const std::string& id, const EndRequest& request,
                std::optional<wire::ProducerId> fresh, EndDone done);
  void write_end(const std::string& id, int16_t client_version, EndChange change, EndDone done);
  void abort_timed_out(const std::string& id);
  void fence_timed_out(const std::string& id, std::optional<wire::ProducerId> fresh);
  // Calls back with an id or why there is none: also that this shard is gone, so only an id may
  // lead back to it.
  void with_producer_id(wire::Callback<void(wire::Result<wire::ProducerId>)> then);

  const wire::Clock& clock_;
  ProducerIdSource& producer_ids_;
  TransactionMarkers& markers_;
  const ClusterView& cluster_;

  coordinator::Outbox& outbox_;
  coordinator::KeyedTimers timers_;
  coordinator::PartitionRuntime runtime_;
  TransactionTable transactions_;
  TransactionWriter writer_;
  TransactionCompletion completion_;
  TransactionUpkeep upkeep_;
  // Producer ids that come after this is gone find it empty.
  std::shared_ptr<TransactionShard*> self_;
};

}  // namespace cluster::transactions
