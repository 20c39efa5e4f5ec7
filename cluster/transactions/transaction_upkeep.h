// What a coordinator does for its transactions unasked: finishes what was prepared before it was
// elected, aborts what takes longer than its producer allowed, forgets ids that nobody uses.
//
// Each is a walk that may be long, so it goes in slices, one a turn of the loop.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/coordinator/keyed_timers.h"
#include "cluster/coordinator/outbox.h"
#include "cluster/coordinator/partition_runtime.h"
#include "cluster/transactions/transaction_options.h"
#include "cluster/transactions/transaction_table.h"
#include "wire/base/callback.h"
#include "wire/base/clock.h"

namespace cluster::transactions {

class TransactionUpkeep {
 public:
  struct Parts {
    const TransactionOptions& options;
    const wire::Clock& clock;
    coordinator::KeyedTimers& timers;
    coordinator::Outbox& outbox;
    coordinator::PartitionRuntime& runtime;
    TransactionTable& transactions;
  };
  // `abort_timed_out` ends an ongoing transaction in the coordinator's name.
  // REQUIRES: every part outlives this.
  TransactionUpkeep(Parts parts, wire::Callback<void(const std::string&)> abort_timed_out)
      : parts_(parts), abort_timed_out_(std::move(abort_timed_out)) {}

  // The partition has loaded.
  void start();
  // There may be an ongoing transaction: looks for late ones from now on.
  void watch_ongoing();

 private:
  void restore_slice(std::optional<std::string> after);
  void abort_late();
  void schedule_expiry();
  void expire_slice(std::optional<std::string> after);
  void forget(std::vector<std::string> ids);
  void next_turn(const char* name, wire::Callback<void()> action);

  Parts parts_;
  wire::Callback<void(const std::string&)> abort_timed_out_;
};

}  // namespace cluster::transactions
