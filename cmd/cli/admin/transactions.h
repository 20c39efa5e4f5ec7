// Transactions: those that a coordinator knows, and the producers that a partition knows.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/admin/topic_partition.h"
#include "cmd/cli/client.h"
#include "wire/api/describe_producers.h"

namespace cli {

struct TransactionListing {
  std::string transactional_id;
  wire::NodeId coordinator = wire::kNoNode;
  wire::ProducerId producer_id = wire::kNoProducerId;
  std::string state;  // "Ongoing", "CompleteCommit", ...
};
struct TransactionFilter {
  std::vector<std::string> states;
  std::vector<wire::ProducerId> producer_ids;
  wire::DurationMs running_longer_than_ms = -1;
  std::string id_pattern;  // KIP-1152; empty: any
};
// Of every broker, by id.
wire::Result<std::vector<TransactionListing>> list_transactions(Client& client,
                                                                const TransactionFilter& filter);

struct TransactionDescription {
  std::string transactional_id;
  wire::NodeId coordinator = wire::kNoNode;
  wire::ProducerId producer_id = wire::kNoProducerId;
  wire::ProducerEpoch producer_epoch = wire::kNoProducerEpoch;
  std::string state;
  wire::DurationMs timeout_ms = 0;
  wire::TimestampMs start_ms = wire::kNoTimestamp;  // none: no transaction is open
  std::vector<TopicPartition> partitions;
};
wire::Result<TransactionDescription> describe_transaction(Client& client, const std::string& id);

using ProducerState = wire::DescribeProducersResponse::ProducerState;
// Those that write to a partition, as its leader (or the broker that is named) knows them.
wire::Result<std::vector<ProducerState>> describe_producers(Client& client,
                                                            const TopicPartition& partition,
                                                            wire::NodeId broker = wire::kNoNode);

struct TransactionAbort {
  TopicPartition partition;
  wire::ProducerId producer_id = wire::kNoProducerId;
  wire::ProducerEpoch producer_epoch = wire::kNoProducerEpoch;
  int32_t coordinator_epoch = 0;
};
// Writes an abort marker (KIP-664).
wire::Status abort_transaction(Client& client, const TransactionAbort& abort);

}  // namespace cli
