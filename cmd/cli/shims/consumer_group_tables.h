// What kafka-consumer-groups prints: its tables, column for column.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cmd/cli/admin/groups.h"
#include "cmd/cli/client.h"

namespace cli::shims {

void print_listings(const std::vector<GroupListing>& groups, bool with_type, bool with_state);

// A partition of a group: what is committed and who holds it.
struct OffsetRow {
  TopicPartition partition;
  std::optional<wire::Offset> committed = std::nullopt;
  std::optional<wire::Epoch> leader_epoch = std::nullopt;
  std::optional<wire::Offset> end = std::nullopt;
  std::string member = "-";
  std::string host = "-";
  std::string client = "-";
};
// Those of members with the most partitions first, then those that nobody holds.
wire::Result<std::vector<OffsetRow>> offset_rows(Client& client, const GroupDescription& group);
void print_offsets(const GroupDescription& group, const std::vector<OffsetRow>& rows, bool verbose);
void print_members(const GroupDescription& group, bool verbose);
void print_state(const GroupDescription& group, const Client::Address& coordinator, bool verbose);

// New offsets, group by group.
using ResetPlans = std::vector<std::pair<std::string, std::map<TopicPartition, wire::Offset>>>;
void print_plans(const ResetPlans& plans);
void print_plans_as_csv(const ResetPlans& plans, bool single_group);

}  // namespace cli::shims
