// Producer snapshots of any bytes: refused, or read and written again the same.
#include <cstdint>
#include <vector>

#include "storage/producer_snapshot.h"
#include "wire/base/big_endian.h"
#include "wire/base/check.h"
#include "wire/base/crc32c.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes(data, data + size);
  for (const bool repaired : {false, true}) {
    if (repaired && size > 6) {
      wire::store_big_endian<int16_t>(bytes.data(), 1);
      wire::store_big_endian<uint32_t>(bytes.data() + 2, wire::crc32c(std::span(bytes).subspan(6)));
    }
    const auto states =
        storage::decode_producer_snapshot(wire::Bytes::unowned(bytes), "fuzz", 0, INT64_MAX);
    if (!states.ok()) continue;
    const wire::Bytes again = storage::encode_producer_snapshot(*states);
    const auto same = storage::decode_producer_snapshot(again, "fuzz", 0, INT64_MAX);
    CHECK(same.ok());
    CHECK(same->all() == states->all());
  }
  return 0;
}
