// The states of a transactional id, under Kafka's names and numbers (TransactionState).
//
//   Empty --partition added--> Ongoing --end--> PrepareCommit | PrepareAbort
//     ^                         ^   \                 |
//     |                         |    \--fenced--> PrepareEpochFence --> PrepareAbort
//     |                         |                     | every partition has the marker
//     \---initialised again-----+------------ CompleteCommit | CompleteAbort --expired--> Dead
//
// With transaction.version 2 an abort is also taken from Empty and the complete states: a client
// that does not know whether its partitions were added aborts to be sure (KIP-890).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cluster::transactions {

enum class TransactionState : int8_t {
  kEmpty = 0,
  kOngoing = 1,
  kPrepareCommit = 2,
  kPrepareAbort = 3,
  kCompleteCommit = 4,
  kCompleteAbort = 5,
  kDead = 6,               // expired: never written, a tombstone is
  kPrepareEpochFence = 7,  // between the decision to fence and the abort: never written
};

// "Ongoing", "PrepareCommit": as ListTransactions and its filter spell them.
std::string_view state_name(TransactionState state);
std::optional<TransactionState> state_named(std::string_view name);
// Nothing if Kafka knows no state of that number.
std::optional<TransactionState> state_of(int8_t number);

bool may_follow(TransactionState next, TransactionState current);
// Whether an id in this state is forgotten when nothing has happened to it for long enough.
bool may_expire(TransactionState state);
// The outcome is written down, and the markers are on their way.
inline bool is_prepared(TransactionState state) {
  return state == TransactionState::kPrepareCommit || state == TransactionState::kPrepareAbort;
}

}  // namespace cluster::transactions
