// Group properties (KIP-848 and later kinds of groups).
#include "cluster/config/config_rows.h"

namespace cluster::config {
namespace {

constexpr ConfigDef kGroupRows[] = {
    {"consumer.assignment.interval.ms", Type::kInt, "1000", at_least(0), Update::kClusterWide,
     Effect::kNotYet, "Least time between two assignments of the group.",
     "group.consumer.assignment.interval.ms"},
    {"consumer.heartbeat.interval.ms", Type::kInt, "5000", at_least(1), Update::kClusterWide,
     Effect::kNotYet, "How often the group's members are told to send a heartbeat.",
     "group.consumer.heartbeat.interval.ms"},
    {"consumer.session.timeout.ms", Type::kInt, "45000", at_least(1), Update::kClusterWide,
     Effect::kNotYet, "A member that was silent for so long is removed.",
     "group.consumer.session.timeout.ms"},
    {"share.assignment.interval.ms", Type::kInt, "1000", at_least(0), Update::kClusterWide,
     Effect::kNotYet, "Least time between two assignments of the share group.",
     "group.share.assignment.interval.ms"},
    {"share.auto.offset.reset", Type::kString, "latest", valid(Valid::Kind::kOffsetReset),
     Update::kClusterWide, Effect::kNotYet,
     "Where a share group begins: latest, earliest, or by_duration: and how long ago."},
    {"share.delivery.count.limit", Type::kInt, "5", at_least(2), Update::kClusterWide,
     Effect::kNotYet, "How often a record is delivered before it is given up.",
     "group.share.delivery.count.limit"},
    {"share.heartbeat.interval.ms", Type::kInt, "5000", at_least(1), Update::kClusterWide,
     Effect::kNotYet, "How often the share group's members are told to send a heartbeat.",
     "group.share.heartbeat.interval.ms"},
    {"share.isolation.level", Type::kString, "read_uncommitted",
     one_of("read_committed, read_uncommitted"), Update::kClusterWide, Effect::kNotYet,
     "Whether a share group reads records of open and aborted transactions."},
    {"share.partition.max.record.locks", Type::kInt, "2000", at_least(100), Update::kClusterWide,
     Effect::kNotYet, "Records of one partition that may be out for delivery at once.",
     "group.share.partition.max.record.locks"},
    {"share.record.lock.duration.ms", Type::kInt, "30000", at_least(1000), Update::kClusterWide,
     Effect::kNotYet, "How long a record that was delivered stays reserved.",
     "group.share.record.lock.duration.ms"},
    {"share.renew.acknowledge.enable", Type::kBoolean, "true", any(), Update::kClusterWide,
     Effect::kNotYet, "Whether a member may prolong the reservation of a record."},
    {"share.session.timeout.ms", Type::kInt, "45000", at_least(1), Update::kClusterWide,
     Effect::kNotYet, "A member of the share group that was silent for so long is removed.",
     "group.share.session.timeout.ms"},
    {"streams.assignment.interval.ms", Type::kInt, "1000", at_least(0), Update::kClusterWide,
     Effect::kNotYet, "Least time between two assignments of the Streams group.",
     "group.streams.assignment.interval.ms"},
    {"streams.heartbeat.interval.ms", Type::kInt, "5000", at_least(1), Update::kClusterWide,
     Effect::kNotYet, "How often the Streams group's members are told to send a heartbeat.",
     "group.streams.heartbeat.interval.ms"},
    {"streams.initial.rebalance.delay.ms", Type::kInt, "3000", at_least(0), Update::kClusterWide,
     Effect::kNotYet, "How long the empty Streams group waits for more members.",
     "group.streams.initial.rebalance.delay.ms"},
    {"streams.num.standby.replicas", Type::kInt, "0", at_least(0), Update::kClusterWide,
     Effect::kNotYet, "Standby copies of each of the group's tasks.",
     "group.streams.num.standby.replicas"},
    {"streams.session.timeout.ms", Type::kInt, "45000", at_least(1), Update::kClusterWide,
     Effect::kNotYet, "A member of the Streams group that was silent for so long is removed.",
     "group.streams.session.timeout.ms"},
};

}  // namespace

std::span<const ConfigDef> group_rows() {
  return kGroupRows;
}

}  // namespace cluster::config
