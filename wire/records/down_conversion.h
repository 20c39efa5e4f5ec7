// Records for consumers older than the batches on disk: Fetch v0 and v1 read message sets v0, v2 and
// v3 read v1 (Kafka 3.9's RecordsUtil.downConvert).
//
// Headers, producer ids and epochs have no place there and are left out, and so are control
// batches: such a consumer reads uncommitted, and sees no markers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace wire {

struct DownConversionOptions {
  int8_t to_magic = 1;  // 0 or 1
  // Where the consumer reads from: messages before it are left out of what is not compressed, since
  // some versions of librdkafka rely on that.
  Offset first_offset = 0;
  // Converts no further batch once this many bytes are made: what is not sent is not converted.
  // Messages beyond are cut off, but not from what the first batch has become.
  size_t bytes_wanted = 0;
  // A batch that becomes more than this, in its plain form, is not converted.
  size_t bytes_max = 0;
  size_t inflate_limit = 0;
};

// Whole batches of a log as message sets; fewer than all where bytes_wanted is reached, or where one
// that follows cannot be converted, so that the consumer meets it first next time.  The first one's
// errors: UNSUPPORTED_COMPRESSION_TYPE for zstd, MESSAGE_TOO_LARGE beyond bytes_max, INVALID_RECORD
// and CORRUPT_MESSAGE for what does not read.  Entries that are old enough already stay as they are.
Result<Bytes> down_convert(const Bytes& batches, const DownConversionOptions& options);

}  // namespace wire
