// The first thing that Kafka asks of a partition's records in a produce request of v3 or later
// (ProduceRequest.validateRecords), before it looks at topics, acks or the log.
#pragma once

#include <cstdint>

#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/records/record_batch.h"

namespace wire {

// Exactly one batch, of magic 2, compressed as the version knows.  INVALID_RECORD,
// UNSUPPORTED_COMPRESSION_TYPE or CORRUPT_MESSAGE if not.
Status check_produced_batch(const Bytes& records, int16_t version);
// That batch.
Result<RecordBatchView> only_produced_batch(const Bytes& records, int16_t version);

}  // namespace wire
