// What the transaction coordinator can be told, under Kafka's names and with Kafka's defaults.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/base/types.h"

namespace cluster::transactions {

struct TransactionOptions {
  int32_t transaction_max_timeout_ms = 900'000;
  int32_t transactional_id_expiration_ms = 604'800'000;
  wire::DurationMs abort_timed_out_interval_ms = 10'000;
  wire::DurationMs remove_expired_interval_ms = 3'600'000;
  int32_t state_log_num_partitions = 50;
  size_t state_log_load_buffer_size = 5'242'880;
  // How long the removal of expired ids may wait for its commit.  What changes a transaction may wait
  // as long as the transaction.
  wire::DurationMs request_timeout_ms = 30'000;
  // delete.retention.ms of the topic: rows older than this that missed part of the log may have
  // missed a tombstone.
  wire::DurationMs state_log_delete_retention_ms = 86'400'000;
};

}  // namespace cluster::transactions
