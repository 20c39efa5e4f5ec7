// The families of consumer groups: how many in which state, and how far each is behind.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cluster/replica/replica_set.h"
#include "cmd/console/exposition.h"
#include "cmd/console/partition_metrics.h"
#include "wire/api/list_groups.h"
#include "wire/api/offset_fetch.h"

namespace console {

class GroupMetrics {
 public:
  explicit GroupMetrics(SeriesBudget& budget) : budget_(budget) {}

  void add(const wire::ListGroupsResponse::ListedGroup& group) { ++of_state_[group.group_state]; }
  // What a group has committed.  Lag is known where this broker has the partition.
  void add_offsets(const wire::OffsetFetchResponse::OffsetFetchResponseGroup& group,
                   const cluster::replica::ReplicaSet& replicas);
  void finish(std::vector<std::string>& page);

 private:
  SeriesBudget& budget_;
  std::map<std::string, uint64_t> of_state_;
  uint64_t offsets_ = 0;
  Family committed_{"kafka_consumergroup_current_offset", MetricType::kGauge,
                    "The offset that the group has committed."};
  Family lag_{"kafka_consumergroup_lag", MetricType::kGauge,
              "Records between what the group has committed and the high watermark."};
};

}  // namespace console
