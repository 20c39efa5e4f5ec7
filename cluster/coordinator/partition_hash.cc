#include "cluster/coordinator/partition_hash.h"

#include <cstdint>
#include <cstdlib>

namespace cluster::coordinator {

uint32_t java_hash(std::string_view text) {
  uint32_t hash = 0;
  const auto add = [&hash](uint32_t unit) { hash = hash * 31 + unit; };
  size_t at = 0;
  const auto continuation = [&](size_t index) -> uint32_t {
    return index < text.size() ? static_cast<uint8_t>(text[index]) & 0x3FU : 0;
  };
  while (at < text.size()) {
    const uint32_t lead = static_cast<uint8_t>(text[at]);
    if (lead < 0x80) {
      add(lead);
      at += 1;
    } else if (lead < 0xE0) {
      add((lead & 0x1F) << 6 | continuation(at + 1));
      at += 2;
    } else if (lead < 0xF0) {
      add((lead & 0x0F) << 12 | continuation(at + 1) << 6 | continuation(at + 2));
      at += 3;
    } else {
      const uint32_t code = (lead & 0x07) << 18 | continuation(at + 1) << 12 |
                            continuation(at + 2) << 6 | continuation(at + 3);
      const uint32_t offset = code - 0x10000;
      add(0xD800 + (offset >> 10));
      add(0xDC00 + (offset & 0x3FF));
      at += 4;
    }
  }
  return hash;
}

wire::PartitionIndex partition_for_key(std::string_view key, int32_t partition_count) {
  // Utils.abs of Kafka: negated, and the one int that cannot be is 0.  (Its toPositive, which masks the
  // sign away, is for producers' keys.)
  const auto hash = static_cast<int32_t>(java_hash(key));
  const int32_t positive = hash == INT32_MIN ? 0 : std::abs(hash);
  return positive % partition_count;
}

}  // namespace cluster::coordinator
