// Who appends: what a client may not do (skip a sequence, write a marker), a broker may.
#pragma once

#include <cstdint>

namespace wire {

enum class AppendOrigin : uint8_t { kClient, kCoordinator, kRaftLeader, kReplication };

}  // namespace wire
