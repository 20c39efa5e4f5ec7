// `odradek txn`: list, describe, abort.
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cmd/cli/admin/transactions.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/output.h"
#include "cmd/cli/verbs.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

struct TxnOptions {
  Surface surface;
  TransactionFilter filter;
  std::string id;
  TransactionAbort abort;
  wire::Offset start_offset = wire::kNoOffset;
};

int print_ids(Client& client, const TxnOptions& options) {
  const auto transactions = list_transactions(client, options.filter);
  if (!transactions.ok()) return fail(transactions.error());
  Table table({"TRANSACTIONAL ID", "COORDINATOR", "PRODUCER ID", "STATE"});
  Json document = Json::array();
  for (const TransactionListing& transaction : *transactions) {
    table.add({transaction.transactional_id, std::to_string(transaction.coordinator),
               std::to_string(transaction.producer_id), transaction.state});
    document.push_back({{"id", transaction.transactional_id},
                        {"coordinator", transaction.coordinator},
                        {"producer_id", transaction.producer_id},
                        {"state", transaction.state}});
  }
  if (options.surface.json()) {
    print_json(document);
  } else {
    table.print();
  }
  return kDone;
}

int describe_transaction_of(Client& client, const TxnOptions& options) {
  const auto found = describe_transaction(client, options.id);
  if (!found.ok()) return fail(found.error());
  std::vector<std::string> partitions;
  for (const TopicPartition& partition : found->partitions) {
    partitions.push_back(partition.to_string());
  }
  if (options.surface.json()) {
    print_json({{"id", found->transactional_id},
                {"coordinator", found->coordinator},
                {"producer_id", found->producer_id},
                {"producer_epoch", found->producer_epoch},
                {"state", found->state},
                {"timeout_ms", found->timeout_ms},
                {"start_ms", found->start_ms < 0 ? Json(nullptr) : Json(found->start_ms)},
                {"partitions", partitions}});
    return kDone;
  }
  std::printf("%s  %s, coordinator %d, producer %lld epoch %d, timeout %lld ms\n",
              found->transactional_id.c_str(), found->state.c_str(), found->coordinator,
              static_cast<long long>(found->producer_id), found->producer_epoch,
              static_cast<long long>(found->timeout_ms));
  for (const std::string& partition : partitions) std::printf("  %s\n", partition.c_str());
  return kDone;
}

int abort_it(Client& client, const TxnOptions& options) {
  const auto producers = describe_producers(client, options.abort.partition);
  if (!producers.ok()) return fail(producers.error());
  for (const ProducerState& producer : *producers) {
    if (producer.current_txn_start_offset != options.start_offset) continue;
    TransactionAbort abort = options.abort;
    abort.producer_id = producer.producer_id;
    abort.producer_epoch = static_cast<wire::ProducerEpoch>(producer.producer_epoch);
    abort.coordinator_epoch = std::max(producer.coordinator_epoch, 0);
    const auto aborted = abort_transaction(client, abort);
    if (!aborted.ok()) return fail(aborted.error());
    std::printf("aborted the transaction of producer %lld in %s\n",
                static_cast<long long>(abort.producer_id), abort.partition.to_string().c_str());
    return kDone;
  }
  return fail(wire::Error{wire::ErrorCode::kTransactionalIdNotFound,
                          "no open transaction of " + options.abort.partition.to_string() +
                              " begins at " + std::to_string(options.start_offset)});
}

}  // namespace

void add_txn(CLI::App& app, int& exit_code) {
  auto* txn = app.add_subcommand("txn", "List, describe and abort transactions");
  txn->require_subcommand(1);
  txn->footer(R"(
Examples:
  odradek txn list --state Ongoing
  odradek txn describe payments-1
)");
  Verbs<TxnOptions> verbs(*txn, exit_code);
  TxnOptions& options = verbs.options();
  auto* listed = verbs.add("list", "List transactional ids with their states",
                           "  odradek txn list\n"
                           "  odradek txn list --state Ongoing --running-longer-than-ms 60000\n",
                           print_ids);
  listed->add_option("--state", options.filter.states, "Only these; may be given again")
      ->take_all();
  listed->add_option("--producer-id", options.filter.producer_ids, "Only these; may be given again")
      ->take_all();
  listed->add_option("--running-longer-than-ms", options.filter.running_longer_than_ms,
                     "Only those that have been open for longer");
  verbs
      .add("describe", "Show state, producer and partitions",
           "  odradek txn describe payments-1 -o json\n", describe_transaction_of)
      ->add_option("id", options.id, "Transactional id")
      ->required();
  auto* aborted = verbs.add(
      "abort",
      "Abort a transaction that its producer and coordinator have left open in a partition",
      "  odradek txn abort payments 0 --start-offset 4711\n", abort_it);
  aborted->add_option("topic", options.abort.partition.topic, "Topic")->required();
  aborted->add_option("partition", options.abort.partition.partition, "Partition")->required();
  aborted->add_option("--start-offset", options.start_offset, "The offset of its first record")
      ->required();
}

}  // namespace cli
