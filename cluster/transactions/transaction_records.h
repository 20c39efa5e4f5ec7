// The records of `__transaction_state`, exactly as Apache Kafka 4.3 writes them (TransactionLog).
//
//   key     int16 type 0 | transactional id string
//   value   int16 version | TransactionLogValue: version 0 with transaction.version 0, else 1
//
// Strings of keys have an int16 length.  A tombstone says that the id has expired.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/coordinator/partition_runtime.h"
#include "cluster/coordinator/record.h"
#include "cluster/transactions/transaction.h"

namespace cluster::transactions {

std::string transaction_key(std::string_view transactional_id);

// `transaction_version` is the finalised level.
coordinator::Record transaction_record(std::string_view transactional_id,
                                       const TransactionMetadata& metadata,
                                       int16_t transaction_version);
coordinator::Record transaction_tombstone(std::string_view transactional_id);

// Nothing if the bytes are not of that kind, or cut off, or of a version that is not known.
std::optional<std::string> parse_transaction_key(std::string_view key);
// Nothing also if no coordinator can have written it: no producer, no partitions where the state
// has some, or a state that is never written.
std::optional<TransactionMetadata> parse_transaction_value(std::string_view value);

// Decides at load what becomes of a record: an unknown key or value version is skipped with a
// warning, as Kafka does; what does not parse refuses the load.
coordinator::PartitionRuntime::Verdict inspect_record(coordinator::Record& record);

}  // namespace cluster::transactions
