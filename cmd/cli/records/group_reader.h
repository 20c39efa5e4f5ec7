// Reads the partitions that a group gives this member, and commits what was read.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "cmd/cli/records/group_member.h"
#include "cmd/cli/records/reader.h"

namespace cli {

struct GroupReaderOptions {
  ReaderOptions reader;  // reset: where a partition begins of which nothing is committed
  wire::DurationMs commit_interval_ms = 5'000;
};

class GroupReader {
 public:
  GroupReader(Client& client, std::string group, std::vector<std::string> topics,
              GroupReaderOptions options);

  // Joins at the first call and whenever the group rebalances; then as RecordReader::poll.
  wire::Status poll(absl::FunctionRef<bool(const FetchedRecord&)> visit);
  // Commits and leaves the group.
  wire::Status close();

  const std::set<TopicPartition>& assignment() const { return member_.assignment(); }
  std::map<TopicPartition, wire::Offset> positions() const { return reader_.positions(); }

 private:
  wire::Status rejoin();
  wire::Status commit();

  Client& client_;
  const std::string group_;
  const GroupReaderOptions options_;
  GroupMembership member_;
  RecordReader reader_;
  bool joined_ = false;
  std::map<TopicPartition, wire::Offset> committed_;
  std::chrono::steady_clock::time_point commit_due_;
};

}  // namespace cli
