#include "storage/transaction_index.h"

#include "wire/base/big_endian.h"

namespace storage {

void AbortedTransaction::encode(uint8_t* to) const {
  wire::store_big_endian<int16_t>(to, version);
  wire::store_big_endian<int64_t>(to + 2, producer_id);
  wire::store_big_endian<int64_t>(to + 10, first_offset);
  wire::store_big_endian<int64_t>(to + 18, last_offset);
  wire::store_big_endian<int64_t>(to + 26, last_stable_offset);
}

AbortedTransaction AbortedTransaction::decode(const uint8_t* from) {
  return {.version = wire::load_big_endian<int16_t>(from),
          .producer_id = wire::load_big_endian<int64_t>(from + 2),
          .first_offset = wire::load_big_endian<int64_t>(from + 10),
          .last_offset = wire::load_big_endian<int64_t>(from + 18),
          .last_stable_offset = wire::load_big_endian<int64_t>(from + 26)};
}

}  // namespace storage
