#include "cmd/console/group_metrics.h"

#include <algorithm>
#include <array>

namespace console {
namespace {

constexpr size_t kSeriesOfOffset = 2;

struct StateFamily {
  std::string_view state;  // as ListGroups names it
  std::string_view name;
  std::string_view help;
};
constexpr std::array<StateFamily, 5> kStates = {{
    {"Stable", "kafka_coordinator_group_groupmetadatamanager_numgroupsstable",
     "Groups whose members have their partitions."},
    {"PreparingRebalance",
     "kafka_coordinator_group_groupmetadatamanager_numgroupspreparingrebalance",
     "Groups that wait for their members to join."},
    {"CompletingRebalance",
     "kafka_coordinator_group_groupmetadatamanager_numgroupscompletingrebalance",
     "Groups that wait for their leader's assignment."},
    {"Empty", "kafka_coordinator_group_groupmetadatamanager_numgroupsempty",
     "Groups without members."},
    {"Dead", "kafka_coordinator_group_groupmetadatamanager_numgroupsdead",
     "Groups that are being removed."},
}};

}  // namespace

void GroupMetrics::add_offsets(const wire::OffsetFetchResponse::OffsetFetchResponseGroup& group,
                               const cluster::replica::ReplicaSet& replicas) {
  for (const auto& topic : group.topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.committed_offset < 0) continue;
      ++offsets_;
      if (!budget_.take(kSeriesOfOffset)) continue;
      const std::string index = std::to_string(partition.partition_index);
      const Labels labels = {
          {"consumergroup", group.group_id}, {"topic", topic.name}, {"partition", index}};
      committed_.sample(labels, int64_t{partition.committed_offset});
      const auto replica = replicas.find(topic.name, partition.partition_index);
      if (!replica) continue;
      lag_.sample(labels,
                  std::max<int64_t>(replica->high_watermark() - partition.committed_offset, 0));
    }
  }
}

void GroupMetrics::finish(std::vector<std::string>& page) {
  uint64_t groups = 0;
  for (const auto& [state, count] : of_state_) groups += count;
  write_metric("kafka_coordinator_group_groupmetadatamanager_numgroups", MetricType::kGauge,
               "Groups that this broker coordinates.", groups, page);
  for (const StateFamily& family : kStates)
    write_metric(family.name, MetricType::kGauge, family.help, of_state_[std::string(family.state)],
                 page);
  write_metric("kafka_coordinator_group_groupmetadatamanager_numoffsets", MetricType::kGauge,
               "Offsets that these groups have committed.", offsets_, page);
  page.push_back(committed_.take());
  page.push_back(lag_.take());
}

}  // namespace console
