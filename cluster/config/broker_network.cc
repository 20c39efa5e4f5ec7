// Broker properties: sockets, connections, listeners and what a request may cost.
#include "cluster/config/config_rows.h"

namespace cluster::config {
namespace {

constexpr ConfigDef kNetworkRows[] = {
    {"listeners", Type::kList, "PLAINTEXT://:9092", any(), Update::kPerBroker, Effect::kYes,
     "The addresses to listen on, as LISTENER://host:port; an empty host means every "
     "address."},
    {"advertised.listeners", Type::kList, kNull, any(), Update::kReadOnly, Effect::kYes,
     "The addresses that clients and other brokers are told to use. auto, or NAME://auto for one "
     "listener: each client is told the address that it reached this node by; "
     "NAME://auto:PORT: a client outside a container's network is told that port. If not set, the "
     "hosts of listeners, and auto for a listener on every address."},
    {"listener.security.protocol.map", Type::kString,
     "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", any(),
     Update::kPerBroker, Effect::kYes,
     "Which security protocol each listener speaks, as LISTENER:PROTOCOL pairs."},
    {"inter.broker.listener.name", Type::kString, kNull, any(), Update::kReadOnly, Effect::kYes,
     "The listener that brokers use among themselves. If not set, the one of "
     "security.inter.broker.protocol."},
    {"security.inter.broker.protocol", Type::kString, "PLAINTEXT",
     one_of("PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"), Update::kReadOnly, Effect::kYes,
     "The protocol that brokers speak among themselves if inter.broker.listener.name is "
     "not set."},
    {"early.start.listeners", Type::kList, kNull, any(), Update::kReadOnly, Effect::kNotYet,
     "Listeners that open before the authorizer is ready; if not set, those of the "
     "controller."},
    {"num.network.threads", Type::kInt, "3", at_least(1), Update::kClusterWide, Effect::kNotYet,
     "Threads that read and write sockets for each listener in Apache Kafka. Odradek's "
     "shards do both jobs."},
    {"num.io.threads", Type::kInt, "8", at_least(1), Update::kClusterWide, Effect::kNotYet,
     "Threads that handle requests in Apache Kafka. Odradek's shards do both jobs."},
    {"background.threads", Type::kInt, "10", at_least(1), Update::kClusterWide, Effect::kNotYet,
     "Threads for deleting files and other work behind the scenes."},
    {"queued.max.requests", Type::kInt, "500", at_least(1), Update::kReadOnly, Effect::kNotYet,
     "Requests that may wait for a handler before sockets are no longer read."},
    {"queued.max.request.bytes", Type::kLong, "-1", any(), Update::kReadOnly, Effect::kYes,
     "Bytes of requests that may wait before sockets are no longer read; -1 for no limit."},
    {"request.timeout.ms", Type::kInt, "30000", any(), Update::kReadOnly, Effect::kYes,
     "How long this broker waits for another to answer a request."},
    {"socket.send.buffer.bytes", Type::kInt, "102400", any(), Update::kReadOnly, Effect::kYes,
     "The SO_SNDBUF of accepted sockets. -1, or not set: the operating system tunes it."},
    {"socket.receive.buffer.bytes", Type::kInt, "102400", any(), Update::kReadOnly, Effect::kYes,
     "The SO_RCVBUF of accepted sockets. -1, or not set: the operating system tunes it."},
    {"socket.request.max.bytes", Type::kInt, "104857600", at_least(1), Update::kReadOnly,
     Effect::kYes, "A request that declares to be larger is refused and its connection closed."},
    {"socket.listen.backlog.size", Type::kInt, "50", at_least(1), Update::kReadOnly, Effect::kYes,
     "How many connections the kernel holds until they are accepted."},
    {"socket.connection.setup.timeout.ms", Type::kLong, "10000", any(), Update::kReadOnly,
     Effect::kNotYet, "How long this broker waits for a connection to another one, at first."},
    {"socket.connection.setup.timeout.max.ms", Type::kLong, "30000", any(), Update::kReadOnly,
     Effect::kNotYet,
     "The most that waiting for a connection to another broker grows to after failures."},
    {"max.connections.per.ip", Type::kInt, "2147483647", at_least(0), Update::kClusterWide,
     Effect::kYes, "Connections that one address may have open."},
    {"max.connections.per.ip.overrides", Type::kString, "", any(), Update::kClusterWide,
     Effect::kYes, "Other limits for some addresses or host names, as host:number pairs."},
    {"max.connections", Type::kInt, "2147483647", at_least(0), Update::kClusterWide, Effect::kYes,
     "Connections that may be open at all; may also be set for one listener."},
    {"max.connection.creation.rate", Type::kInt, "2147483647", at_least(0), Update::kClusterWide,
     Effect::kNotYet, "Connections a second that are accepted; may also be set for one listener."},
    {"connections.max.idle.ms", Type::kLong, "600000", any(), Update::kReadOnly, Effect::kYes,
     "A connection that was silent for so long is closed."},
    {"connection.failed.authentication.delay.ms", Type::kInt, "100", at_least(0), Update::kReadOnly,
     Effect::kNotYet,
     "A failed authentication is answered so much later, which slows down guessing."},
    {"connections.max.reauth.ms", Type::kLong, "0", any(), Update::kReadOnly, Effect::kNotYet,
     "How long a SASL session lives before the client must authenticate again; 0 for ever."},
    {"max.request.partition.size.limit", Type::kInt, "2000", at_least(1), Update::kReadOnly,
     Effect::kYes, "Partitions that one DescribeTopicPartitions answer lists at most."},
    {"fetch.max.bytes", Type::kInt, "57671680", at_least(1024), Update::kReadOnly, Effect::kYes,
     "Bytes of records that one fetch answer holds at most, beyond its first batch."},
    {"max.incremental.fetch.session.cache.slots", Type::kInt, "1000", at_least(0),
     Update::kReadOnly, Effect::kYes,
     "Incremental fetch sessions that are kept; the longest unused one makes room."},
    {"fetch.purgatory.purge.interval.requests", Type::kInt, "1000", any(), Update::kReadOnly,
     Effect::kNotYet, "Has no meaning here: waiting fetches are removed at once."},
    {"producer.purgatory.purge.interval.requests", Type::kInt, "1000", any(), Update::kReadOnly,
     Effect::kNotYet, "Has no meaning here: waiting produces are removed at once."},
    {"delete.records.purgatory.purge.interval.requests", Type::kInt, "1", any(), Update::kReadOnly,
     Effect::kNotYet, "Has no meaning here: waiting deletions are removed at once."},
};

}  // namespace

std::span<const ConfigDef> broker_network_rows() {
  return kNetworkRows;
}

}  // namespace cluster::config
