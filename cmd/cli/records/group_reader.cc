#include "cmd/cli/records/group_reader.h"

#include "cmd/cli/admin/groups.h"

namespace cli {

GroupReader::GroupReader(Client& client, std::string group, std::vector<std::string> topics,
                         GroupReaderOptions options)
    : client_(client),
      group_(std::move(group)),
      options_(options),
      member_(client, group_, std::move(topics)),
      reader_(client, options.reader) {}

wire::Status GroupReader::rejoin() {
  // What was read so far is the others' starting point.
  if (joined_) {
    if (auto done = commit(); !done.ok() && !wire::is_retriable(done.error().code) &&
                              done.error().code != wire::ErrorCode::kUnknownMemberId &&
                              done.error().code != wire::ErrorCode::kIllegalGeneration) {
      return done;
    }
  }
  if (auto joined = member_.join(); !joined.ok()) return joined;
  joined_ = true;
  const auto committed = committed_offsets(client_, group_);
  if (!committed.ok()) return committed.error();
  std::map<TopicPartition, wire::Offset> positions;
  std::set<TopicPartition> fresh;
  for (const TopicPartition& partition : member_.assignment()) {
    const auto found = committed->find(partition);
    if (found == committed->end()) {
      fresh.insert(partition);
    } else {
      positions[partition] = found->second.offset;
    }
  }
  committed_ = positions;
  const auto starts =
      start_offsets(client_, fresh, options_.reader.reset, options_.reader.isolation);
  if (!starts.ok()) return starts.error();
  positions.insert(starts->begin(), starts->end());
  reader_.assign(positions);
  commit_due_ =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.commit_interval_ms);
  return {};
}

wire::Status GroupReader::commit() {
  CommittedOffsets changed;
  for (const auto& [partition, offset] : reader_.positions()) {
    const auto known = committed_.find(partition);
    if (known != committed_.end() && known->second == offset) continue;
    changed[partition].offset = offset;
    const wire::Epoch epoch = reader_.leader_epoch(partition);
    if (epoch >= 0) changed[partition].leader_epoch = epoch;
  }
  auto done = member_.commit(changed);
  if (done.ok()) {
    for (const auto& [partition, position] : changed) committed_[partition] = position.offset;
  }
  commit_due_ =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.commit_interval_ms);
  return done;
}

wire::Status GroupReader::poll(absl::FunctionRef<bool(const FetchedRecord&)> visit) {
  if (!joined_) {
    if (auto joined = rejoin(); !joined.ok()) return joined;
  }
  const auto rebalances = member_.heartbeat();
  if (!rebalances.ok()) return rebalances.error();
  if (*rebalances) {
    if (auto joined = rejoin(); !joined.ok()) return joined;
  }
  if (auto polled = reader_.poll(visit); !polled.ok()) return polled;
  if (std::chrono::steady_clock::now() < commit_due_) return {};
  const auto done = commit();
  // A rebalance is heard of at the next heartbeat.
  if (!done.ok() && done.error().code == wire::ErrorCode::kRebalanceInProgress) return {};
  return done;
}

wire::Status GroupReader::close() {
  if (!joined_) return {};
  const auto done = commit();
  const auto left = member_.leave();
  return done.ok() ? left : done;
}

}  // namespace cli
