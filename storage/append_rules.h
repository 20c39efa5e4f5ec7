// Who appends to a log, and so which checks of its producers apply.
#pragma once

#include <cstdint>

namespace storage {

enum class AppendOrigin : uint8_t {
  kClient,       // sequences and epochs of producers are checked
  kCoordinator,  // a group or transaction coordinator of this broker: epochs are checked
  kRaftLeader,   // the metadata log: no producers
  kReplication,  // a replica takes what its leader took
};

// Ties the first batch of a transaction to the question that was asked of the transaction
// coordinator for it (KIP-890): a marker that comes in between makes the answer worthless.
using VerificationGuard = uint64_t;
inline constexpr VerificationGuard kNoGuard = 0;

// From this level of transaction.version on an epoch belongs to one transaction only.
inline constexpr int16_t kEpochPerTransaction = 2;

struct AppendRules {
  AppendOrigin origin = AppendOrigin::kClient;
  // Of the guard that this append was verified under, if it had to be.
  VerificationGuard guard = kNoGuard;
  // Of a marker: the transaction.version that the transaction was made under (KIP-1228).
  int16_t transaction_version = 0;
  // The bytes may wait in memory for Log::write_gathered(), so that small appends reach the file in
  // one call.
  bool gather = false;
};

}  // namespace storage
