#include "cmd/server/coordinators.h"

#include <string>

namespace server {

using cluster::groups::kOffsetsTopic;
using cluster::transactions::kTransactionTopic;

Coordinators::Coordinators(Ports ports, const cluster::config::BrokerConfig& config)
    : rows_(ports.store, ports.shard),
      offsets_partitions_(std::string(kOffsetsTopic), ports.replicas),
      groups_(config.group_options(), {.clock = ports.shard.clock(),
                                       .random = ports.random,
                                       .timers = ports.shard,
                                       .writer = offsets_partitions_,
                                       .reader = offsets_partitions_,
                                       .store = rows_}),
      group_leadership_(groups_),
      transaction_partitions_(std::string(kTransactionTopic), ports.replicas),
      transactions_(config.transaction_options(), {.clock = ports.shard.clock(),
                                                   .timers = ports.shard,
                                                   .writer = transaction_partitions_,
                                                   .reader = transaction_partitions_,
                                                   .store = rows_,
                                                   .producer_ids = ports.producer_ids,
                                                   .transport = ports.transport,
                                                   .cluster = cluster_view_}),
      transaction_leadership_(transactions_) {
  ports.replicas.listen(std::string(kOffsetsTopic), group_leadership_);
  ports.replicas.listen(std::string(kTransactionTopic), transaction_leadership_);
}

void Coordinators::listen(cluster::metadata::ImageLoader& loader) {
  loader.add_listener(group_leadership_);
  loader.add_listener(transaction_leadership_);
}

}  // namespace server
