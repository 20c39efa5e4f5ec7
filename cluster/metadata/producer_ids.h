// How far producer ids have been handed out, in blocks (KIP-730).
#pragma once

#include "wire/base/types.h"

namespace cluster::metadata {

inline constexpr int32_t kProducerIdBlockSize = 1000;

struct ProducerIdsImage {
  // -1: none has been handed out yet.
  wire::ProducerId next_producer_id = -1;

  bool operator==(const ProducerIdsImage&) const = default;
};

}  // namespace cluster::metadata
