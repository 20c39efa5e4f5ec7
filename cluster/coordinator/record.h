// A coordinator's record: what is written to its partition, and what its state is made of.
//
//   key    int16 type, body (never flexible)
//   value  int16 version, body; absent: a tombstone
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "wire/base/big_endian.h"
#include "wire/base/bytes.h"

namespace cluster::coordinator {

struct Record {
  wire::Bytes key;
  std::optional<wire::Bytes> value;

  bool operator==(const Record&) const = default;
};

// The number at the head of a key or value; nothing if it is shorter than one.
inline std::optional<int16_t> leading_int16(std::string_view bytes) {
  if (bytes.size() < sizeof(int16_t)) return std::nullopt;
  return wire::load_big_endian<int16_t>(reinterpret_cast<const uint8_t*>(bytes.data()));
}

}  // namespace cluster::coordinator
