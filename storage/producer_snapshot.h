// `<offset>.snapshot`: the producer states of a partition as they were below an offset, so that a
// start need not read the whole log for them.
//
//   offset  size  field
//        0     2  version: 1
//        2     4  CRC-32C of everything behind it
//        6     4  number of entries
//       10    46  each entry:
//                   0  8  producer id
//                   8  2  producer epoch
//                  10  4  last sequence, -1 for none
//                  14  8  last offset, -1 for none
//                  22  4  offset delta: last offset - first offset of the last batch
//                  26  8  timestamp
//                  34  4  coordinator epoch, -1 for none
//                  38  8  first offset of the open transaction, -1 for none
//
// Of the batches of a producer only the last one is kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/producer_state.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"

namespace storage {

inline constexpr size_t kSnapshotHeaderSize = 10;
inline constexpr size_t kSnapshotEntrySize = 46;
static_assert(8 + 2 + 4 + 8 + 4 + 8 + 4 + 8 == kSnapshotEntrySize);

// Sorted by producer id: the same state gives the same bytes.
wire::Bytes encode_producer_snapshot(const ProducerStates& states);
// Leaves out producers that have expired.  `path` is named in the error.
wire::Result<ProducerStates> decode_producer_snapshot(const wire::Bytes& bytes,
                                                      const std::string& path,
                                                      wire::TimestampMs now_ms,
                                                      wire::DurationMs expiration_ms);

}  // namespace storage
