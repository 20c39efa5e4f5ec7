// kafka-transactions: TransactionsCommand of Apache Kafka.
#include <chrono>
#include <cstdio>

#include <fmt/core.h>

#include "cmd/cli/admin/topics.h"
#include "cmd/cli/admin/transactions.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/pretty_table.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/surface.h"

namespace cli::shims {
namespace {

constexpr OptionRow kTransactionsOptions[] = {
    {"bootstrap-server", Takes::kText, "The Kafka server to connect to."},
    kCommandConfigRow,
    {"transactional-id|transactionalId", Takes::kText, "describe: the id."},
    {"duration-filter", Takes::kLong, "list: only those that are open for longer, in ms."},
    {"transactional-id-pattern", Takes::kText, "list: a regular expression."},
    {"topic", Takes::kText, "The topic."},
    {"partition", Takes::kInteger, "The partition."},
    {"broker-id", Takes::kInteger, "describe-producers, find-hanging: the broker that is asked."},
    {"start-offset", Takes::kLong, "abort: where the transaction begins."},
    {"producer-id", Takes::kLong, "abort, brokers before 3.0: with the two epochs."},
    {"producer-epoch", Takes::kInteger, "abort."},
    {"coordinator-epoch", Takes::kInteger, "abort."},
    {"max-transaction-timeout", Takes::kInteger, "find-hanging: minutes, 15 by default."},
    kHelpRow,
    kVersionRow,
};

int failed_to(const std::string& what, const wire::Error& error) {
  return failed(what + ": " + plain_detail(error));
}

TopicPartition partition_of(const ToolOptions& options) {
  return {options.value_or("topic", ""), static_cast<int32_t>(options.number("partition"))};
}

int list_transactions_of(Client& client, const ToolOptions& options) {
  TransactionFilter filter;
  filter.running_longer_than_ms = options.number_or("duration-filter", -1);
  filter.id_pattern = options.value_or("transactional-id-pattern", "");
  const auto transactions = list_transactions(client, filter);
  if (!transactions.ok()) return failed_to("Failed to list transactions", transactions.error());
  std::vector<std::vector<std::string>> rows;
  for (const TransactionListing& transaction : *transactions) {
    rows.push_back({transaction.transactional_id, std::to_string(transaction.coordinator),
                    std::to_string(transaction.producer_id), transaction.state});
  }
  print_pretty_table({"TransactionalId", "Coordinator", "ProducerId", "TransactionState"}, rows);
  return 0;
}

int describe_one(Client& client, const ToolOptions& options) {
  const std::string id = options.value_or("transactional-id", "");
  const auto found = describe_transaction(client, id);
  if (!found.ok() && found.error().code == wire::ErrorCode::kTransactionalIdNotFound) {
    return failed(
        fmt::format("Failed to describe transaction state of transactional-id `{0}`: "
                    "DescribeTransactions request for transactionalId `{0}` failed because "
                    "the ID could not be found. Enable debug logging for additional detail.",
                    id));
  }
  if (!found.ok()) {
    return failed_to("Failed to describe transaction state of transactional-id `" + id + "`",
                     found.error());
  }
  std::vector<std::string> partitions;
  for (const TopicPartition& partition : found->partitions) {
    partitions.push_back(partition.to_string());
  }
  const bool open = found->start_ms >= 0;
  print_pretty_table(
      {"CoordinatorId", "TransactionalId", "ProducerId", "ProducerEpoch", "TransactionState",
       "TransactionTimeoutMs", "CurrentTransactionStartTimeMs", "TransactionDurationMs",
       "TopicPartitions"},
      {{std::to_string(found->coordinator), id, std::to_string(found->producer_id),
        std::to_string(found->producer_epoch), found->state, std::to_string(found->timeout_ms),
        open ? std::to_string(found->start_ms) : "None",
        open ? std::to_string(now_ms() - found->start_ms) : "None", join(partitions, ",")}});
  return 0;
}

wire::NodeId broker_of(const ToolOptions& options) {
  return static_cast<wire::NodeId>(options.number_or("broker-id", wire::kNoNode));
}

int describe_producers(Client& client, const ToolOptions& options) {
  const TopicPartition partition = partition_of(options);
  const auto producers = cli::describe_producers(client, partition, broker_of(options));
  if (!producers.ok()) {
    return failed_to(
        fmt::format(
            "Failed to describe producers for partition {} on {}", partition.to_string(),
            options.has("broker-id") ? "broker " + options.value_or("broker-id", "") : "leader"),
        producers.error());
  }
  std::vector<std::vector<std::string>> rows;
  for (const ProducerState& producer : *producers) {
    const wire::Offset start = producer.current_txn_start_offset;
    rows.push_back({std::to_string(producer.producer_id), std::to_string(producer.producer_epoch),
                    std::to_string(producer.coordinator_epoch),
                    std::to_string(producer.last_sequence), std::to_string(producer.last_timestamp),
                    start < 0 ? "None" : std::to_string(start)});
  }
  print_pretty_table({"ProducerId", "ProducerEpoch", "LatestCoordinatorEpoch", "LastSequence",
                      "LastTimestamp", "CurrentTransactionStartOffset"},
                     rows);
  return 0;
}

wire::Result<TransactionAbort> abort_of(Client& client, const ToolOptions& options) {
  TransactionAbort abort{.partition = partition_of(options)};
  if (!options.has("start-offset")) {
    for (const char* needed : {"producer-epoch", "coordinator-epoch"}) {
      if (!options.has(needed)) return wrong(fmt::format("Missing required argument --{}", needed));
    }
    abort.producer_id = options.number("producer-id");
    abort.producer_epoch = static_cast<wire::ProducerEpoch>(options.number("producer-epoch"));
    abort.coordinator_epoch =
        static_cast<int32_t>(std::max<int64_t>(options.number("coordinator-epoch"), 0));
    return abort;
  }
  const wire::Offset start = options.number("start-offset");
  const auto producers = cli::describe_producers(client, abort.partition);
  if (!producers.ok()) {
    return wrong("Failed to validate producer state for partition " + abort.partition.to_string() +
                 ": " + plain_detail(producers.error()));
  }
  for (const ProducerState& producer : *producers) {
    if (producer.current_txn_start_offset != start) continue;
    abort.producer_id = producer.producer_id;
    abort.producer_epoch = static_cast<wire::ProducerEpoch>(producer.producer_epoch);
    abort.coordinator_epoch = std::max(producer.coordinator_epoch, 0);
    return abort;
  }
  return wrong(
      fmt::format("Could not find any open transactions starting at offset {} on partition "
                  "{}",
                  start, abort.partition.to_string()));
}

int abort(Client& client, const ToolOptions& options) {
  if (!options.has("start-offset") && !options.has("producer-id")) {
    return failed(
        "The transaction to abort must be identified either with --start-offset (for brokers on "
        "3.0 "
        "or above) or with --producer-id, --producer-epoch, and --coordinator-epoch (for older "
        "brokers)");
  }
  const auto wanted = abort_of(client, options);
  if (!wanted.ok()) return failed(wanted.error().detail);
  const auto aborted = abort_transaction(client, *wanted);
  if (aborted.ok()) return 0;
  return failed_to("Failed to abort transaction of " + wanted->partition.to_string(),
                   aborted.error());
}

// A transaction that is open in a partition for longer than any may be, and that no coordinator knows of.
int find_hanging(Client& client, const ToolOptions& options) {
  if (!options.has("topic") && !options.has("broker-id")) {
    return failed(
        "The `find-hanging` command requires either --topic or --broker-id to limit the "
        "scope of the search");
  }
  if (options.has("partition") && !options.has("topic")) {
    return failed("The --partition argument requires --topic to be provided");
  }
  const auto topics = list_topics(client);
  if (!topics.ok()) return failed_to("Failed to list topics", topics.error());
  const wire::DurationMs longest_ms = options.number_or("max-transaction-timeout", 15) * 60'000;
  std::vector<std::vector<std::string>> rows;
  for (const TopicDescription& topic : *topics) {
    if (options.has("topic") && topic.name != options.value("topic")) continue;
    for (const PartitionState& state : topic.partitions) {
      const TopicPartition partition{topic.name, state.index};
      if (options.has("partition") && state.index != options.number("partition")) continue;
      const auto producers = cli::describe_producers(client, partition, broker_of(options));
      if (!producers.ok()) continue;  // led elsewhere, or by nobody
      for (const ProducerState& producer : *producers) {
        const wire::DurationMs age_ms = now_ms() - producer.last_timestamp;
        if (producer.current_txn_start_offset < 0 || age_ms <= longest_ms) continue;
        TransactionFilter filter;
        filter.producer_ids = {producer.producer_id};
        const auto known = list_transactions(client, filter);
        if (!known.ok()) return failed_to("Failed to list transactions", known.error());
        bool is_known = false;
        for (const TransactionListing& transaction : *known) {
          const auto described = describe_transaction(client, transaction.transactional_id);
          if (!described.ok()) continue;
          const auto& held = described->partitions;
          is_known = is_known || std::find(held.begin(), held.end(), partition) != held.end();
        }
        if (is_known) continue;
        rows.push_back(
            {topic.name, std::to_string(state.index), std::to_string(producer.producer_id),
             std::to_string(producer.producer_epoch), std::to_string(producer.coordinator_epoch),
             std::to_string(producer.current_txn_start_offset),
             std::to_string(producer.last_timestamp), std::to_string(age_ms / 60'000)});
      }
    }
  }
  print_pretty_table({"Topic", "Partition", "ProducerId", "ProducerEpoch", "CoordinatorEpoch",
                      "StartOffset", "LastTimestamp", "Duration(min)"},
                     rows);
  return 0;
}

}  // namespace

int kafka_transactions(const Words& words) {
  const auto options = ToolOptions::parse(kTransactionsOptions, words);
  if (!options.ok()) return usage(options.error().detail, kTransactionsOptions);
  const std::string command = options->rest().empty() ? "" : options->rest().front();
  if (options->has("help") || command.empty()) {
    usage(
        "kafka-transactions --bootstrap-server HOST:PORT list | describe | describe-producers | "
        "abort | find-hanging",
        kTransactionsOptions);
    return options->has("help") ? 0 : 1;
  }
  if (!options->has("bootstrap-server")) {
    return usage("argument --bootstrap-server is required", kTransactionsOptions);
  }
  const bool of_partition = command == "describe-producers" || command == "abort";
  for (const char* needed : {"topic", "partition"}) {
    if (of_partition && !options->has(needed)) {
      return usage(fmt::format("argument --{} is required", needed), kTransactionsOptions);
    }
  }
  if (command == "describe" && !options->has("transactional-id")) {
    return usage("argument --transactional-id is required", kTransactionsOptions);
  }
  auto client = connect(*options, "adminclient-1");
  if (!client.ok()) return failed(client.error().detail);
  if (command == "list") return list_transactions_of(**client, *options);
  if (command == "describe") return describe_one(**client, *options);
  if (command == "describe-producers") return describe_producers(**client, *options);
  if (command == "abort") return abort(**client, *options);
  if (command == "find-hanging") return find_hanging(**client, *options);
  return usage("invalid choice: '" + command + "'", kTransactionsOptions);
}

}  // namespace cli::shims
