// The partitions that were appended to in this turn of the shard: at its end each writes its batches
// in one call, and only then tells producers, coordinators and consumers of them.
//
// Many connections with many small requests in flight so cost one write a turn and partition, not
// one a request.  Nobody waits longer by it: answers leave at the end of the turn in any case.
//
// Until then the bytes are in the memory of the active segment, and count as not written:
//   - Whoever asks a segment for its file gets it with everything in it (Segment::file()): readers,
//     rolls, truncations, syncs, a clean stop.  So a sealed segment, which is all that compaction
//     sees, is whole, and flushed_offset() and the recovery point never pass what is written.
//   - The high watermark stops at Log::written_offset(), and so do consumers, coordinators,
//     DeleteRecords and retention.  A follower may be ahead of it; that counts when this disk has
//     it too.
//   - A write that fails takes the directory offline, since offsets, epochs and producers in memory
//     are ahead of the file then, and fails everybody who waits.
//   - A partition that closes, or leads no more, writes first and takes no more appends meanwhile,
//     whatever its answers set off.  A copy that replaces the log holds all of it.
// Owned by the ReplicaSet; on its shard.
#pragma once

#include <memory>
#include <vector>

#include "cluster/timers.h"

namespace cluster::replica {

class Partition;

class GatheredAppends {
 public:
  // A delay of nothing is the end of the turn.
  explicit GatheredAppends(Timers& timers) : timers_(timers) {}
  ~GatheredAppends() { timers_.cancel(timer_); }
  GatheredAppends(const GatheredAppends&) = delete;
  GatheredAppends& operator=(const GatheredAppends&) = delete;

  // Calls partition->write_gathered() at the end of the turn.
  void add(std::shared_ptr<Partition> partition);

 private:
  void write_all();

  Timers& timers_;
  TimerId timer_ = kNoTimer;
  std::vector<std::shared_ptr<Partition>> due_;
};

}  // namespace cluster::replica
