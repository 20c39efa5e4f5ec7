// A fetch that waits for data: until `min_bytes` more are visible in its partitions, until one of
// them is lost, or until its time is up.
//
// Partitions report each advance once, with the bytes it made visible, so a waiting fetch costs
// nothing but an addition: the log is read again only when the answer is due.  Lives on one shard;
// held by the request and by each partition it watches.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "cluster/timers.h"
#include "wire/base/callback.h"
#include "wire/base/types.h"

namespace cluster::replica {

class Partition;

class ParkedFetch : public std::enable_shared_from_this<ParkedFetch> {
 public:
  // Calls `wake` once, on this shard.  REQUIRES: timers and the watched partitions' ReplicaSet
  // outlive this.
  ParkedFetch(size_t missing_bytes, Timers& timers, wire::Callback<void()> wake)
      : missing_bytes_(missing_bytes), timers_(timers), wake_(std::move(wake)) {}

  // Starts to wait, for at most `max_wait_ms`.
  void park(std::vector<std::shared_ptr<Partition>> partitions, wire::DurationMs max_wait_ms);

  // `bytes` more can be read from one of the partitions.
  void on_visible(size_t bytes);
  // One of the partitions moved away, was deleted or failed: the client must hear of it now.
  void on_partition_lost() { wake(); }

 private:
  void wake();

  size_t missing_bytes_;
  Timers& timers_;
  wire::Callback<void()> wake_;  // empty once woken
  TimerId timer_ = kNoTimer;
  std::vector<std::shared_ptr<Partition>> partitions_;
};

}  // namespace cluster::replica
