// Where a coordinator gets producer ids from: the blocks that the controller gives this broker.
#pragma once

#include "wire/base/callback.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace cluster::transactions {

class ProducerIdSource {
 public:
  virtual ~ProducerIdSource() = default;

  // Calls `done` with an id that nobody has, or why there is none now (retriable).  May call before
  // it returns.
  virtual void next(wire::Callback<void(wire::Result<wire::ProducerId>)> done) = 0;
};

}  // namespace cluster::transactions
