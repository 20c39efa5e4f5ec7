#include "cluster/transactions/transaction_state.h"

#include <array>

namespace cluster::transactions {
namespace {

constexpr std::array<std::string_view, 8> kNames = {
    "Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
    "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence"};

}  // namespace

std::string_view state_name(TransactionState state) {
  return kNames[static_cast<size_t>(state)];
}

std::optional<TransactionState> state_named(std::string_view name) {
  for (size_t number = 0; number < kNames.size(); ++number) {
    if (kNames[number] == name) return static_cast<TransactionState>(number);
  }
  return std::nullopt;
}

std::optional<TransactionState> state_of(int8_t number) {
  if (number < 0 || static_cast<size_t>(number) >= kNames.size()) return std::nullopt;
  return static_cast<TransactionState>(number);
}

bool may_follow(TransactionState next, TransactionState current) {
  switch (next) {
    case TransactionState::kEmpty:
    case TransactionState::kDead:
      return may_expire(current);
    case TransactionState::kOngoing:
    case TransactionState::kPrepareAbort:
      return may_expire(current) || current == TransactionState::kOngoing;
    case TransactionState::kPrepareCommit:
    case TransactionState::kPrepareEpochFence:
      return current == TransactionState::kOngoing;
    case TransactionState::kCompleteCommit:
      return current == TransactionState::kPrepareCommit;
    case TransactionState::kCompleteAbort:
      return current == TransactionState::kPrepareAbort;
  }
  return false;
}

bool may_expire(TransactionState state) {
  return state == TransactionState::kEmpty || state == TransactionState::kCompleteCommit ||
         state == TransactionState::kCompleteAbort;
}

}  // namespace cluster::transactions
