// Requests of every API at every version that is served, from what Apache Kafka's own classes encoded (tests/golden), and the
// ways to spoil them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cmd/api/api_table.h"
#include "wire/base/bytes.h"

namespace malformed {

struct Request {
  wire::ApiKey key;
  int16_t version;
  std::string frame;  // without its size

  std::string name() const;  // "Fetch v12"
};

// Those that this broker serves on such a listener; `per_version_max` of each.
std::vector<Request> golden_requests(api::ListenerKind kind, size_t per_version_max);

// The frame with the integer of `size` bytes at `at` overwritten, for every place in its body and each of: the greatest and the
// smallest of 1, 2, 4 and 8 bytes, -1, and varints of five bytes that are the greatest and too great.
void for_each_extreme(const std::string& frame, size_t body_at,
                      const std::function<void(std::string spoilt)>& use);

}  // namespace malformed
