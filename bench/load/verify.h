// That fast is not wrong: writes batches of which each is different, over several connections with
// many in flight, then reads everything back.
#pragma once

#include <cstdint>

#include "bench/load/options.h"
#include "wire/base/result.h"

namespace load {

struct Verified {
  int64_t batches = 0;
  int64_t records = 0;
};

// Each acknowledged batch must lie at the offset that was told, whole and once; those of a connection
// in the order in which they were sent; and nothing else may be there.  The topic must be new.
wire::Result<Verified> verify(const Options& options);

}  // namespace load
