// Broker properties: replication between brokers, and who leads.
#include "cluster/config/config_rows.h"

namespace cluster::config {
namespace {

constexpr ConfigDef kReplicationRows[] = {
    {"num.replica.fetchers", Type::kInt, "1", at_least(1), Update::kClusterWide, Effect::kNotYet,
     "Fetchers that copy from each other broker."},
    {"replica.fetch.min.bytes", Type::kInt, "1", any(), Update::kReadOnly, Effect::kNotYet,
     "Bytes that a follower's fetch waits for."},
    {"replica.fetch.max.bytes", Type::kInt, "1048576", at_least(0), Update::kReadOnly,
     Effect::kNotYet, "Bytes of one partition that a follower's fetch asks for."},
    {"replica.fetch.response.max.bytes", Type::kInt, "10485760", at_least(0), Update::kReadOnly,
     Effect::kNotYet, "Bytes that a follower's fetch asks for in all."},
    {"replica.fetch.wait.max.ms", Type::kInt, "500", any(), Update::kReadOnly, Effect::kNotYet,
     "How long a follower's fetch waits for its bytes."},
    {"replica.fetch.backoff.ms", Type::kInt, "1000", at_least(0), Update::kReadOnly,
     Effect::kNotYet, "How long a follower rests after a failed fetch."},
    {"replica.socket.timeout.ms", Type::kInt, "30000", any(), Update::kReadOnly, Effect::kNotYet,
     "How long a follower waits for its leader's answer."},
    {"replica.socket.receive.buffer.bytes", Type::kInt, "65536", any(), Update::kReadOnly,
     Effect::kNotYet, "The SO_RCVBUF of a follower's sockets."},
    {"replica.lag.time.max.ms", Type::kLong, "30000", any(), Update::kReadOnly, Effect::kNotYet,
     "A follower that did not catch up for so long leaves the in-sync replicas."},
    {"replica.high.watermark.checkpoint.interval.ms", Type::kLong, "5000", any(), Update::kReadOnly,
     Effect::kNotYet, "How often the high watermarks are written."},
    {"replica.selector.class", Type::kString, kNull, any(), Update::kReadOnly, Effect::kNotYet,
     "A Java class that chooses the replica a consumer reads from."},
    {"num.replica.alter.log.dirs.threads", Type::kInt, kNull, any(), Update::kReadOnly,
     Effect::kNotYet, "Threads that move replicas between directories."},
    {"auto.leader.rebalance.enable", Type::kBoolean, "true", any(), Update::kReadOnly, Effect::kYes,
     "Whether preferred leaders get their partitions back by themselves."},
    {"leader.imbalance.check.interval.seconds", Type::kLong, "300", at_least(1), Update::kReadOnly,
     Effect::kYes, "How often the broker looks for partitions without their preferred leader."},
    {"unclean.leader.election.interval.ms",
     Type::kLong,
     "300000",
     at_least(1),
     Update::kReadOnly,
     Effect::kNotYet,
     "How often the broker looks for partitions that only an unclean election can save.",
     {},
     true},
    {"replication.quota.window.num", Type::kInt, "11", at_least(1), Update::kReadOnly,
     Effect::kNotYet, "Windows that are remembered for the replication quota."},
    {"replication.quota.window.size.seconds", Type::kInt, "1", at_least(1), Update::kReadOnly,
     Effect::kNotYet, "Length of a window for the replication quota."},
    {"alter.log.dirs.replication.quota.window.num", Type::kInt, "11", at_least(1),
     Update::kReadOnly, Effect::kNotYet,
     "Windows that are remembered for the quota of moves between directories."},
    {"alter.log.dirs.replication.quota.window.size.seconds", Type::kInt, "1", at_least(1),
     Update::kReadOnly, Effect::kNotYet,
     "Length of a window for the quota of moves between directories."},
    {"follower.fetch.last.tiered.offset.enable", Type::kBoolean, "false", any(),
     Update::kClusterWide, Effect::kNotYet,
     "Whether a new follower begins at the last offset in tiered storage."},
};

}  // namespace

std::span<const ConfigDef> broker_replication_rows() {
  return kReplicationRows;
}

}  // namespace cluster::config
