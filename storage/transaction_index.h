// The aborted transactions whose markers lie in a segment: `.txnindex`, which a read_committed
// consumer's fetch is answered from.
//
//   offset  size  field
//        0     2  version: 0
//        2     8  producer id
//       10     8  first offset: of the transaction, in this segment or an earlier one
//       18     8  last offset: of the marker
//       26     8  last stable offset: everything below it was decided when the marker came
//
// A segment without aborted transactions has no such file.
#pragma once

#include <cstddef>
#include <cstdint>

#include "storage/index_file.h"
#include "wire/base/types.h"

namespace storage {

struct AbortedTransaction {
  static constexpr size_t kSize = 34;

  int16_t version = 0;
  wire::ProducerId producer_id = wire::kNoProducerId;
  wire::Offset first_offset = wire::kNoOffset;
  wire::Offset last_offset = wire::kNoOffset;
  wire::Offset last_stable_offset = wire::kNoOffset;

  int64_t key() const { return last_offset; }
  // Entries rise by the offset of their marker.  Zeros, and what a torn write leaves, are no entry.
  bool may_follow(const AbortedTransaction* previous) const {
    if (version != 0 || producer_id < 0 || first_offset < 0) return false;
    if (last_offset <= first_offset || last_stable_offset < 0) return false;
    return previous == nullptr || last_offset > previous->last_offset;
  }
  void encode(uint8_t* to) const;
  static AbortedTransaction decode(const uint8_t* from);
  bool operator==(const AbortedTransaction&) const = default;
};

static_assert(AbortedTransaction::kSize == 2 + 8 + 8 + 8 + 8);

using TransactionIndex = IndexFile<AbortedTransaction>;

}  // namespace storage
