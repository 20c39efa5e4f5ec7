// What the crash matrix has a node do, and what must be there afterwards.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cluster/crash/crash_node.h"
#include "tests/storage/crash_harness.h"
#include "tests/storage/log_fixture.h"

namespace cluster {

using storage::FaultyFileSystem;
using wire::ErrorCode;

// What is wrong on purpose.
enum class Fault { kNone, kTrustedChecksums, kNoSyncs, kNoDirectorySyncs };

class NodeWorkload final : public storage::testing::CrashWorkload {
 public:
  explicit NodeWorkload(Fault fault = Fault::kNone) : fault_(fault) {}

  void run(FaultyFileSystem& files) override {
    if (fault_ == Fault::kNoSyncs) files.ignore_syncs();
    if (fault_ == Fault::kNoDirectorySyncs) files.ignore_directory_syncs();
    start(files);
    if (ok()) script(files);
    kill(files);
  }

  void check(FaultyFileSystem& files) override {
    start(files);
    ASSERT_TRUE(ok()) << node_->failure();
    check_topics();
    check_partitions();
    check_offsets();
    check_transactions();
    if (::testing::Test::HasFailure()) return kill(files);
    // It goes on, and what it acknowledges now is there at the next look.
    for (const auto& [name, topic] : topics_) {
      const bool is_internal = name.starts_with("__");  // the coordinators alone write there
      if (topic.acknowledged && node_->image().topic(name) && !is_internal) produce(name, 0);
    }
    if (topics_.contains(std::string(groups::kOffsetsTopic))) commit("survivors");
    node_->settle();
    if (topics_.contains(std::string(transactions::kTransactionTopic))) transact(true);
    EXPECT_TRUE(ok()) << node_->failure();
    kill(files);
  }

 private:
  struct Topic {
    bool acknowledged = false;  // created, and not being deleted
    wire::Uuid id;
    std::set<wire::Uuid> deleted;  // its former ids
  };
  struct Records {
    std::vector<std::string> sent;                     // in order
    std::map<wire::Offset, std::string> acknowledged;  // and not expired
  };
  struct Committed {
    wire::Offset acknowledged = -1;
    wire::Offset tried = -1;
  };
  // One record in each partition of "tweets", and an offset of the group "chain".
  struct Transaction {
    std::string value;
    wire::Offset offset = -1;
    bool committing = false;
    bool ended = false;  // acknowledged so
  };

  bool ok() const { return node_ != nullptr && node_->ok(); }

  void start(FaultyFileSystem& files) {
    const auto bug = fault_ == Fault::kTrustedChecksums
                         ? storage::PlantedBug::kRecoveryTrustsChecksums
                         : storage::PlantedBug::kNone;
    node_ = std::make_unique<CrashNode>(files, clock_, ++incarnation_, bug);
  }
  void kill(FaultyFileSystem& files) {
    files.stop();
    node_.reset();
  }
  void restart(FaultyFileSystem& files) {
    if (!ok()) return;
    node_->shut_down();
    if (!ok()) return;
    node_.reset();
    start(files);
  }
  // The process dies, the machine does not.
  void die(FaultyFileSystem& files) {
    if (!ok()) return;
    files.stop();
    node_.reset();
    files.resume();
    start(files);
  }

  void create(const std::string& name, int32_t partitions) {
    if (!ok()) return;
    wire::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    node_->controller().create_topics(
        {.version = 7, .may_describe = nullptr, .may_describe_configs = nullptr}, request,
        wire::Reply<wire::CreateTopicsResponse>([this, name](auto response) {
          if (!response || response->topics.at(0).error_code != ErrorCode::kNone) return;
          topics_[name].acknowledged = true;
          topics_[name].id = response->topics.at(0).topic_id;
        }));
    topics_[name];
    node_->settle();
  }
  void remove(const std::string& name) {
    if (!ok()) return;
    Topic& topic = topics_[name];
    topic.acknowledged = false;
    wire::DeleteTopicsRequest request;
    request.timeout_ms = 10'000;
    request.topics.emplace_back().name = name;
    node_->controller().delete_topics(
        {.version = 6, .may_describe = nullptr, .may_describe_configs = nullptr}, request,
        wire::Reply<wire::DeleteTopicsResponse>([&topic](auto response) {
          if (!response || response->responses.at(0).error_code != ErrorCode::kNone) return;
          topic.deleted.insert(topic.id);
        }));
    node_->settle();
  }

  // A batch of three records; acknowledged when they are on the disk.
  void produce(const std::string& topic, wire::PartitionIndex index) {
    if (!ok()) return;
    const auto partition = node_->replicas().find(topic, index);
    if (partition == nullptr) return;
    Records& records = records_[{partition->topic_id(), index}];
    const std::string tag = "r" + std::to_string(100'000 + ++produced_);
    std::vector<std::string> values;
    for (int i = 0; i < 3; ++i) {
      values.push_back(tag + "-" + std::to_string(i));
      values.back().resize(40, '.');
      records.sent.push_back(values.back());
    }
    partition->append(
        storage::testing::make_batch(
            {.count = 3, .tag = tag, .timestamp = clock_.wall_ms(), .value_size = 40}),
        {.produce_version = 9, .timeout_ms = 30'000},
        [&records, values](replica::AppendOutcome outcome) {
          if (outcome.error != ErrorCode::kNone) return;
          for (size_t i = 0; i < values.size(); ++i)
            records.acknowledged[outcome.base_offset + static_cast<wire::Offset>(i)] = values[i];
        });
  }

  // A higher offset each time, for partition 0 of "tweets".
  void commit(const std::string& group) {
    if (!ok()) return;
    Committed& committed = committed_[group];
    const wire::Offset offset = ++committed.tried;
    wire::OffsetCommitRequest request;
    request.group_id = group;
    auto& topic = request.topics.emplace_back();
    topic.name = "tweets";
    topic.topic_id = topics_["tweets"].id;
    auto& entry = topic.partitions.emplace_back();
    entry.committed_offset = offset;
    entry.committed_metadata = std::string(100, 'm');
    node_->groups().commit_offsets(
        std::move(request), {"client", "/127.0.0.1", 9},
        wire::Reply<wire::OffsetCommitResponse>([&committed, offset](auto response) {
          if (!response) return;
          if (response->topics.at(0).partitions.at(0).error_code == ErrorCode::kNone)
            committed.acknowledged = std::max(committed.acknowledged, offset);
        }));
  }

  // Begins a transaction, which aborts the one before if that was left open, and ends it.
  void transact(bool commit_it) {
    if (!ok()) return;
    const auto producer = init_producer();
    if (!producer) return;
    Transaction& transaction = transactions_.emplace_back();
    transaction.value = "t" + std::to_string(100'000 + ++produced_) + "-0";
    transaction.offset = ++chained_;
    if (!add_partitions(*producer) || !write(*producer, transaction)) return;
    transaction.committing = commit_it;
    wire::EndTxnRequest request;
    request.transactional_id = kTransactionalId;
    request.producer_id = producer->id;
    request.producer_epoch = producer->epoch;
    request.committed = commit_it;
    // (By number: a later one may move the list.)
    const size_t number = transactions_.size() - 1;
    node_->transactions().end_transaction(
        std::move(request), 4, wire::Reply<wire::EndTxnResponse>([this, number](auto response) {
          if (response && response->error_code == ErrorCode::kNone)
            transactions_[number].ended = true;
        }));
    settle();
  }

  struct Producer {
    wire::ProducerId id = wire::kNoProducerId;
    wire::ProducerEpoch epoch = wire::kNoProducerEpoch;
  };
  // Asks again while the one before is being ended.
  std::optional<Producer> init_producer() {
    std::optional<Producer> producer;
    for (int attempt = 0; attempt < 10 && !producer && ok(); ++attempt) {
      wire::InitProducerIdRequest request;
      request.transactional_id = kTransactionalId;
      request.transaction_timeout_ms = 600'000;
      request.producer_id = wire::kNoProducerId;
      request.producer_epoch = wire::kNoProducerEpoch;
      node_->transactions().init_producer_id(
          std::move(request), wire::Reply<wire::InitProducerIdResponse>([&](auto response) {
            if (response && response->error_code == ErrorCode::kNone)
              producer = {response->producer_id, response->producer_epoch};
          }));
      settle();
    }
    return producer;
  }
  bool add_partitions(const Producer& producer) {
    if (!ok()) return false;
    transactions::TransactionCoordinator::AddTransaction request;
    request.transactional_id = kTransactionalId;
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch;
    request.topics.push_back({"tweets", {0, 1}});
    request.topics.push_back({std::string(groups::kOffsetsTopic), {0}});
    bool added = false;
    node_->transactions().add_partitions(
        std::move(request), 3, [&](transactions::TransactionCoordinator::AddResult result) {
          added = true;
          for (const auto& topic : result.topic_results) {
            for (const auto& partition : topic.results_by_partition)
              added = added && partition.partition_error_code == ErrorCode::kNone;
          }
        });
    settle();
    return added;
  }
  bool write(const Producer& producer, const Transaction& transaction) {
    int written = 0;
    for (const wire::PartitionIndex index : {0, 1}) {
      if (!ok()) return false;
      const auto partition = node_->replicas().find("tweets", index);
      if (partition == nullptr) return false;
      records_[{partition->topic_id(), index}].sent.push_back(transaction.value);
      partition->append(storage::testing::make_batch(
                            {.tag = transaction.value.substr(0, transaction.value.size() - 2),
                             .timestamp = clock_.wall_ms(),
                             .producer_id = producer.id,
                             .producer_epoch = producer.epoch,
                             .base_sequence = 0,
                             .transactional = true}),
                        {.produce_version = 9, .timeout_ms = 30'000},
                        [&written](const replica::AppendOutcome& outcome) {
                          if (outcome.error == ErrorCode::kNone) ++written;
                        });
      settle();
    }
    if (!ok()) return false;
    wire::TxnOffsetCommitRequest request;
    request.transactional_id = kTransactionalId;
    request.group_id = "chain";
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch;
    auto& topic = request.topics.emplace_back();
    topic.name = "tweets";
    topic.partitions.emplace_back().committed_offset = transaction.offset;
    node_->groups().commit_offsets_in_transaction(
        std::move(request), storage::kNoGuard,
        wire::Reply<wire::TxnOffsetCommitResponse>([&written](auto response) {
          if (response && response->topics.at(0).partitions.at(0).error_code == ErrorCode::kNone)
            ++written;
        }));
    settle();
    return written == 3;
  }

  void settle() {
    if (ok()) node_->settle();
  }
  void tick() {
    if (ok()) node_->tick();
  }
  void expire() {
    if (!ok()) return;
    for (auto& [key, records] : records_) {
      // What goes is known only afterwards; anything but the last 20 records may.
      if (records.acknowledged.size() <= 20) continue;
      records.acknowledged.erase(records.acknowledged.begin(),
                                 std::prev(records.acknowledged.end(), 20));
    }
    for (const Transaction& transaction : transactions_) expirable_.insert(transaction.value);
    node_->directories().apply_retention();
    node_->settle();
  }

  void script(FaultyFileSystem& files) {
    create("tweets", 2);
    create(std::string(groups::kOffsetsTopic), 1);
    create(std::string(transactions::kTransactionTopic), 1);
    transact(true);
    for (int i = 0; i < 8; ++i) {
      produce("tweets", 0);
      produce("tweets", i % 2);
      commit("readers");
      if (i % 2 == 1) commit("writers");
      settle();
    }
    tick();
    transact(false);
    create("short", 1);
    produce("short", 0);
    settle();
    die(files);
    transact(true);
    for (int i = 0; i < 12; ++i) {
      produce("tweets", 0);
      if (i % 3 == 0) commit("readers");
      settle();
    }
    expire();
    tick();
    tick();
    remove("short");
    create("short", 1);
    produce("short", 0);
    commit("writers");
    settle();
    restart(files);
    for (int i = 0; i < 6; ++i) {
      produce("tweets", 1);
      produce("short", 0);
      commit("late");
      commit("readers");
      settle();
    }
    tick();
    transact(false);
    die(files);
    produce("tweets", 0);
    commit("writers");
    settle();
    transact(true);
    tick();
  }

  void check_topics() {
    for (const auto& [name, topic] : topics_) {
      const auto found = node_->image().topic(name);
      if (topic.acknowledged) {
        ASSERT_NE(found, nullptr) << "topic " << name << " is lost";
        EXPECT_EQ(found->id, topic.id);
      }
      if (found == nullptr) continue;
      EXPECT_FALSE(topic.deleted.contains(found->id)) << name << " is back";
    }
  }

  void check_partitions() {
    for (const auto& [key, records] : records_) {
      const auto partition = node_->replicas().find(key.first, key.second);
      const bool exists = node_->image().topic(key.first) != nullptr;
      if (!exists) continue;  // check_topics() knows whether it may be gone
      ASSERT_NE(partition, nullptr);
      SCOPED_TRACE(partition->name().to_string());
      check_records(partition->log(), records);
    }
  }

  static void check_records(storage::Log& log, const Records& records) {
    size_t sent = 0;
    wire::Offset offset = log.log_start_offset();
    std::map<wire::Offset, std::string> there;
    while (offset < log.log_end_offset()) {
      const auto fetched = log.read({.offset = offset, .max_bytes = 500});
      ASSERT_TRUE(fetched.ok()) << fetched.error().detail;
      ASSERT_FALSE(fetched->records.empty()) << "at " << offset;
      wire::BatchIterator batches(fetched->records);
      while (batches.next()) {
        ASSERT_TRUE(batches.batch().crc_is_valid()) << "at " << offset;
        const auto read = wire::read_records(batches.batch());
        ASSERT_TRUE(read.ok()) << "at " << offset;
        offset = batches.batch().next_offset();
        if (batches.batch().is_control()) continue;
        for (const wire::Record& record : *read) {
          const std::string value(record.value->view());
          // Each once, in the order of sending.
          const auto next = std::find(records.sent.begin() + static_cast<ptrdiff_t>(sent),
                                      records.sent.end(), value);
          ASSERT_NE(next, records.sent.end()) << "invented, doubled or out of order: " << value;
          sent = static_cast<size_t>(next - records.sent.begin()) + 1;
          there[record.offset] = value;
        }
      }
    }
    for (const auto& [at, value] : records.acknowledged) {
      const auto found = there.find(at);
      ASSERT_NE(found, there.end()) << "lost: " << value << " at " << at;
      EXPECT_EQ(found->second, value) << "at " << at;
    }
  }

  // What the group has committed for partition 0 of "tweets"; -1: nothing.
  std::optional<wire::Offset> fetch_offset(const std::string& group) {
    wire::OffsetFetchRequest::OffsetFetchRequestGroup request;
    request.group_id = group;
    auto& asked = request.topics->emplace_back();
    asked.name = "tweets";
    asked.topic_id = topics_["tweets"].id;
    asked.partition_indexes.push_back(0);
    std::optional<wire::Offset> offset;
    node_->groups().fetch_offsets(
        std::move(request), false, {"client", "/127.0.0.1", 9},
        wire::Reply<wire::OffsetFetchResponse::OffsetFetchResponseGroup>([&](auto response) {
          if (!response || response->error_code != ErrorCode::kNone) return;
          offset = response->topics.at(0).partitions.at(0).committed_offset;
        }));
    node_->settle();
    return offset;
  }

  void check_offsets() {
    for (const auto& [group, committed] : committed_) {
      const std::optional<wire::Offset> offset = fetch_offset(group);
      if (committed.acknowledged < 0 && !offset) continue;  // perhaps there is no offsets topic
      ASSERT_TRUE(offset.has_value()) << group;
      EXPECT_GE(*offset, committed.acknowledged) << group;
      EXPECT_LE(*offset, committed.tried) << group;
    }
  }

  // Once nothing is open: each whole or not at all, and as its end was acknowledged.
  void check_transactions() {
    if (transactions_.empty()) return;
    ASSERT_TRUE(init_producer().has_value()) << node_->failure();
    node_->tick();
    std::vector<std::set<std::string>> visible;
    for (const wire::PartitionIndex index : {0, 1}) {
      const auto partition = node_->replicas().find("tweets", index);
      ASSERT_NE(partition, nullptr);
      EXPECT_EQ(partition->last_stable_offset(), partition->high_watermark()) << "left open";
      visible.push_back(read_committed(partition->log()));
    }
    wire::Offset chained = -1;
    for (const Transaction& transaction : transactions_) {
      const std::string& value = transaction.value;
      const bool in_both = visible[0].contains(value) && visible[1].contains(value);
      const bool in_none = !visible[0].contains(value) && !visible[1].contains(value);
      if (transaction.ended && transaction.committing) chained = transaction.offset;
      if (!transaction.committing) {
        EXPECT_TRUE(in_none) << value << " was aborted";
      }
      EXPECT_TRUE(in_both || in_none || expires(value)) << value << " is there by half";
      if (transaction.ended && transaction.committing && !expires(value)) {
        EXPECT_TRUE(in_both) << value << " was committed";
      }
    }
    const auto offset = fetch_offset("chain");
    ASSERT_TRUE(offset.has_value());
    EXPECT_GE(*offset, chained);
    if (*offset < 0) return;
    const auto& source = transactions_.at(static_cast<size_t>(*offset));
    EXPECT_TRUE(source.committing) << "the offset of an aborted transaction";
  }

  // Retention may have taken it from one of the partitions.
  bool expires(const std::string& value) const { return expirable_.contains(value); }

  static std::set<std::string> read_committed(storage::Log& log) {
    std::set<std::string> values;
    wire::Offset offset = log.log_start_offset();
    while (offset < log.log_end_offset()) {
      const auto fetched = log.read({.offset = offset, .max_bytes = 1, .with_aborted = true});
      if (!fetched.ok() || fetched->records.empty()) break;  // check_records() has told
      const auto batch = wire::RecordBatchView::parse(fetched->records);
      if (!batch.ok()) break;
      offset = batch->next_offset();
      const bool aborted =
          batch->is_transactional() &&
          std::any_of(fetched->aborted.begin(), fetched->aborted.end(), [&](const auto& each) {
            return each.producer_id == batch->producer_id() &&
                   each.first_offset <= batch->base_offset() &&
                   batch->base_offset() < each.last_offset;
          });
      if (batch->is_control() || aborted) continue;
      const auto records = wire::read_records(*batch);
      if (!records.ok()) break;
      for (const wire::Record& record : *records) values.emplace(record.value->view());
    }
    return values;
  }

  static constexpr const char* kTransactionalId = "transactional";

  const Fault fault_;
  wire::ManualClock clock_{1'700'000'000'000};
  uint64_t incarnation_ = 0;
  std::unique_ptr<CrashNode> node_;
  int produced_ = 0;
  std::map<std::string, Topic> topics_;
  std::map<std::pair<wire::Uuid, wire::PartitionIndex>, Records> records_;
  std::map<std::string, Committed> committed_;
  std::vector<Transaction> transactions_;
  std::set<std::string> expirable_;
  wire::Offset chained_ = -1;
};

}  // namespace cluster
