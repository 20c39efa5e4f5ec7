// Who appends to a log, and so which checks apply.
#pragma once

#include <cstdint>

namespace storage {

enum class AppendOrigin : uint8_t {
  kClient,       // sequences and epochs of producers are checked
  kCoordinator,  // a group or transaction coordinator of this broker: epochs are checked
  kRaftLeader,   // the metadata log: no producers
  kReplication,  // a replica takes what its leader took
};

}  // namespace storage
