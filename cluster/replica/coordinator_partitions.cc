#include "cluster/replica/coordinator_partitions.h"

#include <utility>

namespace cluster::replica {

using wire::Error;
using wire::ErrorCode;

std::shared_ptr<Partition> CoordinatorPartitions::led(wire::PartitionIndex partition) const {
  auto found = replicas_.find(topic_, partition);
  return found && found->is_leader() ? found : nullptr;
}

wire::Result<coordinator::Appended> CoordinatorPartitions::append(
    wire::PartitionIndex partition, wire::Epoch leader_epoch, wire::Bytes batch,
    const storage::AppendRules& rules) {
  const auto found = led(partition);
  if (!found) return Error{ErrorCode::kNotLeaderOrFollower, topic_ + " has moved"};
  const auto appended = found->append_as_coordinator(leader_epoch, std::move(batch), rules);
  if (!appended.ok()) return appended.error();
  return coordinator::Appended{appended->first_offset, appended->last_offset};
}

std::optional<coordinator::LogBounds> CoordinatorPartitions::bounds(
    wire::PartitionIndex partition) const {
  const auto found = led(partition);
  if (!found) return std::nullopt;
  return coordinator::LogBounds{found->topic_id(), found->log().log_start_offset(),
                                found->high_watermark(), found->log().log_end_offset()};
}

wire::Offset CoordinatorPartitions::end_offset_for_epoch(wire::PartitionIndex partition,
                                                         wire::Epoch epoch) const {
  const auto found = led(partition);
  if (!found) return wire::kNoOffset;
  return found->log()
      .leader_epochs()
      .end_offset_for(epoch, found->log().log_end_offset())
      .end_offset;
}

void CoordinatorPartitions::read(wire::PartitionIndex partition, wire::Offset offset,
                                 size_t max_bytes,
                                 wire::Callback<void(wire::Result<wire::Bytes>)> done) {
  const auto found = led(partition);
  if (!found) return done(Error{ErrorCode::kNotLeaderOrFollower, topic_ + " has moved"});
  storage::ReadRequest request;
  request.offset = offset;
  request.max_bytes = static_cast<int64_t>(max_bytes);
  request.upper_bound_offset = found->high_watermark();
  auto fetched = found->log().read(request);
  if (!fetched.ok()) return done(fetched.error());
  done(std::move(fetched->records));
}

}  // namespace cluster::replica
