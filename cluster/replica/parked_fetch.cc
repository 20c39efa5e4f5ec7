#include "cluster/replica/parked_fetch.h"

#include <utility>

#include "cluster/replica/partition.h"

namespace cluster::replica {

void ParkedFetch::park(std::vector<std::shared_ptr<Partition>> partitions,
                       wire::DurationMs max_wait_ms) {
  partitions_ = std::move(partitions);
  for (const auto& partition : partitions_) partition->watch(shared_from_this());
  timer_ = timers_.schedule(max_wait_ms, [self = shared_from_this()] { self->wake(); });
}

void ParkedFetch::on_visible(size_t bytes) {
  if (bytes >= missing_bytes_) return wake();
  missing_bytes_ -= bytes;
}

void ParkedFetch::wake() {
  if (!wake_) return;
  timers_.cancel(timer_);
  // The partitions hold this object; it must outlive its own removal.
  const auto self = shared_from_this();
  for (const auto& partition : partitions_) partition->unwatch(*this);
  partitions_.clear();
  std::exchange(wake_, nullptr)();
}

}  // namespace cluster::replica
