// An aborted transaction of one partition, as a segment's `.txnindex` lists it (KIP-98).
//
//   offset  size  field
//        0     2  version: 0
//        2     8  producer id
//       10     8  first offset
//       18     8  last offset: of the ABORT marker
//       26     8  last stable offset when the marker was written
//
// Entries lie one behind the other, in the order of their markers; a segment's index lists the
// markers that the segment holds.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "storage/fs/file_system.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace storage {

inline constexpr size_t kAbortedTransactionSize = 34;

struct AbortedTransaction {
  wire::ProducerId producer_id = wire::kNoProducerId;
  wire::Offset first_offset = wire::kNoOffset;
  wire::Offset last_offset = wire::kNoOffset;
  wire::Offset last_stable_offset = wire::kNoOffset;

  bool operator==(const AbortedTransaction&) const = default;
};

wire::Bytes encode_aborted_transactions(std::span<const AbortedTransaction> transactions);
// CORRUPT_MESSAGE, with `path`, if the bytes are not whole entries of version 0 with rising
// markers.
wire::Result<std::vector<AbortedTransaction>> decode_aborted_transactions(
    std::span<const uint8_t> bytes, const std::string& path);
// Empty if there is no such file.
wire::Result<std::vector<AbortedTransaction>> read_aborted_transactions(FileSystem& files,
                                                                        const std::string& path);

}  // namespace storage
