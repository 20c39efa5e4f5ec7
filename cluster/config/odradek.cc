// Odradek's own broker properties.
#include "cluster/config/config_rows.h"

namespace cluster::config {
namespace {

constexpr ConfigDef kOdradekRows[] = {
    {"odradek.durability", Type::kString, "fsync", one_of("fsync, relaxed, memory"),
     Update::kReadOnly, Effect::kYes,
     "What acks=all promises: the records are on disk (fsync), in the kernel's memory as with "
     "Apache Kafka (relaxed), or in this process alone (memory)."},
    {"odradek.state.dir", Type::kString, kNull, any(), Update::kReadOnly, Effect::kYes,
     "Directory of the databases of offsets and groups, which can be made anew from the logs. If "
     "not set, the first of the log directories with .odradek behind its name."},
    {"odradek.cluster.id", Type::kString, kNull, valid(Valid::Kind::kNotEmpty), Update::kReadOnly,
     Effect::kYes,
     "Id of the cluster that a node which is alone founds on empty log directories. If not set, a "
     "random one. Directories that have an id keep it."},
    {"odradek.create.topics", Type::kString, "", any(), Update::kReadOnly, Effect::kYes,
     "Topics to create at the start unless they exist, before clients are served: "
     "name[:partitions[:replicas[:cleanup.policy]]], separated by commas, semicolons or line "
     "breaks."},
    {"odradek.advertised.host", Type::kString, kNull, valid(Valid::Kind::kNotEmpty),
     Update::kReadOnly, Effect::kYes,
     "What clients outside call the machine that publishes this container's ports; they are told "
     "it "
     "where advertised.listeners is auto. If not set, they are told its loopback address, which is "
     "right for clients on that machine."},
    {"odradek.advertised.rescue", Type::kBoolean, "false", any(), Update::kReadOnly, Effect::kYes,
     "Correct a listener that cannot be right: a client elsewhere that would be told of loopback, "
     "or one outside of a container's own name, is told an address that it can reach instead, and "
     "a "
     "listener on loopback inside a container listens on every address. Never with TLS."},
    {"odradek.http.listener", Type::kString, "", any(), Update::kReadOnly, Effect::kYes,
     "HOST:PORT of /healthz, /readyz and /metrics (Prometheus) over HTTP; port 0: any free one. If "
     "empty, there is none. Nothing is asked of whoever reads it: give it an address that only the "
     "right people reach."},
    {"odradek.http.max.connections", Type::kInt, "32", at_least(1), Update::kReadOnly, Effect::kYes,
     "Connections to odradek.http.listener; those beyond are answered 503."},
    {"odradek.http.timeout.ms", Type::kInt, "15000", at_least(100), Update::kReadOnly, Effect::kYes,
     "How long a connection to odradek.http.listener may go without a whole request, or without "
     "reading more of its answer."},
    {"odradek.http.metrics.max.series", Type::kInt, "50000", at_least(0), Update::kReadOnly,
     Effect::kYes,
     "Series of topics, partitions and groups in one answer of /metrics; "
     "odradek_metrics_omitted_series says how many there are beyond."},
    {"odradek.shards", Type::kInt, "1", between(1, 64), Update::kReadOnly, Effect::kYes,
     "Threads that serve clients. 1: one has everything, and a request never changes threads. With "
     "more, one has the partitions and the others the connections: for machines with a busy core "
     "beside idle ones."},
    {"odradek.max.inflight.bytes", Type::kLong, "33554432", at_least(1048576), Update::kReadOnly,
     Effect::kYes,
     "Bytes that requests received in part or not yet answered may hold, of all connections; "
     "beyond that no large request is read further."},
    {"odradek.connection.max.inflight.bytes", Type::kLong, "8388608", at_least(65536),
     Update::kReadOnly, Effect::kYes,
     "Bytes of requests and answers that one connection may hold before it is no longer read. One "
     "request may be larger."},
    {"odradek.max.unsent.bytes", Type::kLong, "33554432", at_least(1048576), Update::kReadOnly,
     Effect::kYes,
     "Bytes that answers may hold until their clients have read them, of all connections; beyond "
     "that a fetch gets one batch, and who leaves most unread is disconnected."},
    {"odradek.tcp.congestion.control", Type::kString, "", any(), Update::kReadOnly, Effect::kYes,
     "TCP congestion control of the listeners' connections, by its name in Linux (bbr, cubic). If "
     "empty, the system's, but cubic for clients on this machine, where bbr costs half of the "
     "throughput."},
    {"odradek.decompression.max.bytes", Type::kLong, "268435456", at_least(1048576),
     Update::kReadOnly, Effect::kYes,
     "What one compressed batch may inflate to; a larger one is refused."},
    {"odradek.downconversion.max.bytes", Type::kLong, "33554432", at_least(1048576),
     Update::kReadOnly, Effect::kYes,
     "Bytes that records converted for consumers older than 0.11 may hold until they are sent, of "
     "all such consumers; beyond that they get their records later. A batch that becomes larger "
     "than this is refused to them."},
};

}  // namespace

std::span<const ConfigDef> odradek_rows() {
  return kOdradekRows;
}

}  // namespace cluster::config
