#include "cluster/replica/gathered_appends.h"

#include <utility>

#include "cluster/replica/partition.h"

namespace cluster::replica {

void GatheredAppends::add(std::shared_ptr<Partition> partition) {
  due_.push_back(std::move(partition));
  if (timer_ == kNoTimer) timer_ = timers_.schedule(0, [this] { write_all(); });
}

void GatheredAppends::write_all() {
  timer_ = kNoTimer;
  // An answer may append again: that is for the next end of a turn.
  auto due = std::exchange(due_, {});
  for (const auto& partition : due) partition->write_gathered();
  due.clear();
  if (due_.empty()) due_ = std::move(due);  // for its memory
}

}  // namespace cluster::replica
