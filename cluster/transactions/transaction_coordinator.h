// The transaction coordinator (Kafka's TransactionCoordinator and TransactionStateManager).
//
// A transactional id belongs to one partition of `__transaction_state`, and the leader of that
// partition coordinates it.  Every method answers through its Reply: at once, or when what it wrote
// is committed (the high watermark has passed it).  Requests for a partition not led here are
// answered NOT_COORDINATOR, while it loads COORDINATOR_LOAD_IN_PROGRESS.  Authorisation and the
// existence of topics are the handlers' business.
//
// Lives on the shard that owns the partitions of `__transaction_state`; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "cluster/coordinator/outbox.h"
#include "cluster/coordinator/partition_writer.h"
#include "cluster/timers.h"
#include "cluster/transactions/producer_id_source.h"
#include "cluster/transactions/transaction_markers.h"
#include "cluster/transactions/transaction_options.h"
#include "cluster/transport.h"
#include "storage/kv/key_value_store.h"
#include "wire/api/add_offsets_to_txn.h"
#include "wire/api/add_partitions_to_txn.h"
#include "wire/api/describe_transactions.h"
#include "wire/api/end_txn.h"
#include "wire/api/init_producer_id.h"
#include "wire/api/list_transactions.h"
#include "wire/base/callback.h"
#include "wire/base/clock.h"
#include "wire/base/reply.h"
#include "wire/base/types.h"

namespace cluster::transactions {

inline constexpr std::string_view kTransactionTopic = "__transaction_state";

class TransactionShard;

struct TransactionPorts {
  const wire::Clock& clock;
  Timers& timers;
  coordinator::PartitionWriter& writer;
  coordinator::PartitionReader& reader;
  storage::KeyValueStore& store;
  ProducerIdSource& producer_ids;
  Transport& transport;
  const ClusterView& cluster;
};

class TransactionCoordinator {
 public:
  // REQUIRES: every port outlives this.
  TransactionCoordinator(TransactionOptions options, TransactionPorts ports);
  ~TransactionCoordinator();

  TransactionCoordinator(const TransactionCoordinator&) = delete;
  TransactionCoordinator& operator=(const TransactionCoordinator&) = delete;

  wire::PartitionIndex partition_for(std::string_view transactional_id) const;

  // This node has begun to lead a partition of `__transaction_state`: it loads in the background.
  // For a partition that it leads already: under a new epoch.
  void on_election(wire::PartitionIndex partition, wire::Epoch leader_epoch);
  // It leads it no more: everything waiting is answered NOT_COORDINATOR.
  void on_resignation(wire::PartitionIndex partition);
  // It leads none any more, before the logs are closed.
  void resign_all();
  // The high watermark of a led partition has moved.
  void on_high_watermark(wire::PartitionIndex partition, wire::Offset high_watermark);
  // The metadata image has changed: markers that wait for a leader try again.
  void on_leaders_changed() { markers_.on_leaders_changed(); }

  // With a transactional id or without.
  void init_producer_id(wire::InitProducerIdRequest request,
                        wire::Reply<wire::InitProducerIdResponse> reply);
  // One transaction of the request (versions below 4 have one).  The result is complete.
  using AddTransaction = wire::AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction;
  using AddResult = wire::AddPartitionsToTxnResponse::AddPartitionsToTxnResult;
  void add_partitions(AddTransaction transaction, int16_t api_version,
                      wire::Callback<void(AddResult)> done);
  // `offsets_partition`: of `__consumer_offsets`, where the group lives.
  void add_offsets(wire::AddOffsetsToTxnRequest request, wire::PartitionIndex offsets_partition,
                   wire::Reply<wire::AddOffsetsToTxnResponse> reply);
  void end_transaction(wire::EndTxnRequest request, int16_t api_version,
                       wire::Reply<wire::EndTxnResponse> reply);
  void list(const wire::ListTransactionsRequest& request,
            wire::Reply<wire::ListTransactionsResponse> reply);
  wire::DescribeTransactionsResponse::TransactionState describe(
      const std::string& transactional_id);

 private:
  // The shard of an id, or why there is none to ask.
  struct Lookup {
    TransactionShard* shard;
    wire::ErrorCode error;
  };
  Lookup shard_for(std::string_view transactional_id);
  // kNone, or why the request is refused whatever the state of its id.
  wire::ErrorCode check_init(const wire::InitProducerIdRequest& request) const;

  const TransactionOptions options_;
  TransactionPorts ports_;
  // Shared with answers that may come after this is gone.
  std::shared_ptr<coordinator::Outbox> outbox_;
  TransactionMarkers markers_;
  absl::flat_hash_map<wire::PartitionIndex, std::unique_ptr<TransactionShard>> shards_;
};

}  // namespace cluster::transactions
