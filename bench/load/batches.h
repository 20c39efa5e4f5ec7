// The batches that are produced.
#pragma once

#include <cstdint>

#include "bench/load/options.h"
#include "wire/base/bytes.h"

namespace load {

// One batch of about `options.batch_bytes` on the wire, and at least one record.  Its records are of
// `options.record_bytes` and begin with `number`, so that batches of different numbers differ.
wire::Bytes make_batch(const Options& options, int64_t number = 0);
// The number that the records of such a batch begin with; -1 if it is none.
int64_t number_of(const wire::Bytes& batch);

}  // namespace load
