// The coordinators of this node, put together: groups in `__consumer_offsets`, transactions in
// `__transaction_state`.
//
// Lives on the shard of those topics' partitions.
#pragma once

#include "cluster/config/broker_config.h"
#include "cluster/coordinator/gathered_rows.h"
#include "cluster/groups/group_coordinator.h"
#include "cluster/groups/group_leadership.h"
#include "cluster/metadata/image_loader.h"
#include "cluster/replica/coordinator_partitions.h"
#include "cluster/replica/replica_set.h"
#include "cluster/transactions/producer_id_source.h"
#include "cluster/transactions/transaction_coordinator.h"
#include "cluster/transactions/transaction_leadership.h"
#include "cluster/transport.h"
#include "cmd/server/shard.h"
#include "storage/kv/key_value_store.h"
#include "wire/base/random.h"

namespace server {

class Coordinators {
 public:
  struct Ports {
    Shard& shard;
    wire::Random& random;
    cluster::replica::ReplicaSet& replicas;
    storage::KeyValueStore& store;
    cluster::transactions::ProducerIdSource& producer_ids;
    cluster::Transport& transport;
  };
  // REQUIRES: every port outlives this.
  Coordinators(Ports ports, const cluster::config::BrokerConfig& config);

  cluster::groups::GroupCoordinator& groups() { return groups_; }
  cluster::transactions::TransactionCoordinator& transactions() { return transactions_; }

  // Answers whoever waits, before the logs are closed.  The listeners stay: elections may still be
  // told.
  void resign() {
    groups_.resign_all();
    transactions_.resign_all();
  }

  // Image listeners: the view before the ReplicaSet, the others after it.
  cluster::metadata::ImageListener& cluster_view() { return cluster_view_; }
  void listen(cluster::metadata::ImageLoader& loader);

 private:
  cluster::coordinator::GatheredRows rows_;

  cluster::replica::CoordinatorPartitions offsets_partitions_;
  cluster::groups::GroupCoordinator groups_;
  cluster::groups::GroupLeadership group_leadership_;

  cluster::replica::CoordinatorPartitions transaction_partitions_;
  cluster::transactions::ImageClusterView cluster_view_;
  cluster::transactions::TransactionCoordinator transactions_;
  cluster::transactions::TransactionLeadership transaction_leadership_;
};

}  // namespace server
