// Broker properties: transactions and idempotent producers.
#include "cluster/config/config_rows.h"

namespace cluster::config {
namespace {

constexpr ConfigDef kTransactionsRows[] = {
    {"transactional.id.expiration.ms", Type::kInt, "604800000", at_least(1), Update::kReadOnly,
     Effect::kYes, "How long a transactional id without activity is remembered."},
    {"transaction.max.timeout.ms", Type::kInt, "900000", at_least(1), Update::kReadOnly,
     Effect::kYes, "The longest transaction timeout that a producer may ask for."},
    {"transaction.state.log.num.partitions", Type::kInt, "50", at_least(1), Update::kReadOnly,
     Effect::kYes, "Partitions of __transaction_state when it is created."},
    {"transaction.state.log.replication.factor", Type::kShort, "3", at_least(1), Update::kReadOnly,
     Effect::kYes, "Replicas of __transaction_state when it is created."},
    {"transaction.state.log.min.isr", Type::kInt, "2", at_least(1), Update::kReadOnly, Effect::kYes,
     "Replicas of __transaction_state that must have a record before it counts."},
    {"transaction.state.log.segment.bytes", Type::kInt, "104857600", at_least(1), Update::kReadOnly,
     Effect::kYes, "Segment size of __transaction_state, small for a quick start."},
    {"transaction.state.log.load.buffer.size", Type::kInt, "5242880", at_least(1),
     Update::kReadOnly, Effect::kYes,
     "The batch size in which transactions are read at a coordinator's start."},
    {"transaction.abort.timed.out.transaction.cleanup.interval.ms", Type::kInt, "10000",
     at_least(1), Update::kReadOnly, Effect::kYes,
     "How often the broker looks for transactions that took too long."},
    {"transaction.remove.expired.transaction.cleanup.interval.ms", Type::kInt, "3600000",
     at_least(1), Update::kReadOnly, Effect::kYes,
     "How often the broker looks for transactional ids to forget."},
    {"transaction.partition.verification.enable", Type::kBoolean, "true", any(),
     Update::kClusterWide, Effect::kYes,
     "Whether a partition asks the coordinator if a transaction may write to it."},
    {"transaction.two.phase.commit.enable", Type::kBoolean, "false", any(), Update::kReadOnly,
     Effect::kNotYet,
     "Whether a producer may leave its transaction open without a timeout (KIP-939)."},
    {"add.partitions.to.txn.retry.backoff.ms", Type::kInt, "20", at_least(1), Update::kReadOnly,
     Effect::kYes, "Pause between attempts to add a partition to a transaction."},
    {"add.partitions.to.txn.retry.backoff.max.ms", Type::kInt, "100", at_least(0),
     Update::kReadOnly, Effect::kYes,
     "How long attempts to add a partition to a transaction go on."},
    {"producer.id.expiration.ms", Type::kInt, "86400000", at_least(1), Update::kClusterWide,
     Effect::kYes, "How long the sequence numbers of an idle producer are remembered."},
    {"producer.id.expiration.check.interval.ms",
     Type::kInt,
     "600000",
     at_least(1),
     Update::kReadOnly,
     Effect::kYes,
     "How often the broker looks for producers to forget.",
     {},
     true},
};

}  // namespace

std::span<const ConfigDef> broker_transactions_rows() {
  return kTransactionsRows;
}

}  // namespace cluster::config
