// A transaction coordinator over a log in memory, the brokers it sends markers to, and short ways
// to be its producers.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cluster/transactions/transaction_coordinator.h"
#include "cluster/transactions/transaction_records.h"
#include "gtest/gtest.h"
#include "storage/kv/memory_store.h"
#include "tests/cluster/coordinator/memory_partition.h"
#include "tests/cluster/fake_timers.h"

namespace cluster::transactions {

using wire::ErrorCode;

// An answer on its way: empty until it is given.
template <typename T>
class Pending {
 public:
  wire::Reply<T> reply() {
    return wire::Reply<T>([slot = slot_](std::optional<T> answer) {
      EXPECT_TRUE(answer.has_value()) << "a Reply was dropped unused";
      EXPECT_FALSE(slot->has_value()) << "answered twice";
      if (answer) *slot = std::move(*answer);
    });
  }
  bool answered() const { return slot_->has_value(); }
  const T& operator*() const { return **slot_; }
  const T* operator->() const { return &**slot_; }

 private:
  std::shared_ptr<std::optional<T>> slot_ = std::make_shared<std::optional<T>>();
};

class FakeCluster final : public ClusterView {
 public:
  std::optional<wire::NodeId> leader_of(const TopicPartition& partition) const override {
    if (gone.contains(partition)) return std::nullopt;
    const auto found = leaders.find(partition);
    return found == leaders.end() ? 1 : found->second;
  }
  int16_t transaction_version() const override { return version; }
  std::optional<int32_t> transaction_partitions() const override { return 2; }

  std::map<TopicPartition, wire::NodeId> leaders;  // 1 unless told otherwise
  std::set<TopicPartition> gone;
  int16_t version = 2;
};

class FakeProducerIds final : public ProducerIdSource {
 public:
  void next(wire::Callback<void(wire::Result<wire::ProducerId>)> done) override {
    if (held) return waiting.push_back(std::move(done));
    if (error) return done(wire::Error{*error, "none"});
    done(next_id++);
  }
  void release() {
    held = false;
    for (auto& done : std::exchange(waiting, {})) done(next_id++);
  }

  wire::ProducerId next_id = 1000;
  std::optional<ErrorCode> error;
  bool held = false;
  std::vector<wire::Callback<void(wire::Result<wire::ProducerId>)>> waiting;
};

// Keeps what is sent until the test answers it.
class FakeBrokers final : public Transport {
 public:
  struct Sent {
    wire::NodeId node;
    wire::WriteTxnMarkersRequest request;
    wire::Callback<void(wire::Result<PeerResponse>)> done;
  };
  void send(wire::NodeId node, PeerRequest request,
            wire::Callback<void(wire::Result<PeerResponse>)> done) override {
    sent.push_back(
        {node, std::get<wire::WriteTxnMarkersRequest>(std::move(request)), std::move(done)});
  }
  // Answers the oldest request: `errors` by partition, kNone for the others.
  void answer(const std::map<TopicPartition, ErrorCode>& errors = {}) {
    ASSERT_FALSE(sent.empty());
    Sent next = std::move(sent.front());
    sent.pop_front();
    wire::WriteTxnMarkersResponse response;
    for (const auto& marker : next.request.markers) {
      auto& result = response.markers.emplace_back();
      result.producer_id = marker.producer_id;
      for (const auto& topic : marker.topics) {
        auto& topic_result = result.topics.emplace_back();
        topic_result.name = topic.name;
        for (const int32_t partition : topic.partition_indexes) {
          const auto error = errors.find({topic.name, partition});
          topic_result.partitions.push_back(
              {partition, error == errors.end() ? ErrorCode::kNone : error->second});
        }
      }
    }
    next.done(PeerResponse(std::move(response)));
  }
  void lose() {
    ASSERT_FALSE(sent.empty());
    Sent next = std::move(sent.front());
    sent.pop_front();
    next.done(wire::Error{ErrorCode::kNetworkException, "no connection"});
  }

  std::deque<Sent> sent;
};

class TransactionFixture : public ::testing::Test {
 protected:
  static constexpr int16_t kClassic = 3;  // EndTxn of a client that does not know KIP-890
  static constexpr int16_t kBumping = 5;

  TransactionFixture() { start(); }
  ~TransactionFixture() override { coordinator_.reset(); }

  // Makes the coordinator anew, over the same log and the same rows, and elects it.
  void start(wire::Epoch epoch = 1) {
    coordinator_ = std::make_unique<TransactionCoordinator>(
        options_, TransactionPorts{clock_, timers_, partitions_, partitions_, store_, producer_ids_,
                                   brokers_, cluster_});
    partitions_.on_high_watermark = [this](wire::PartitionIndex partition, wire::Offset offset) {
      if (coordinator_) coordinator_->on_high_watermark(partition, offset);
    };
    for (wire::PartitionIndex partition = 0; partition < 2; ++partition) {
      coordinator_->on_election(partition, epoch);
    }
    timers_.run_due();
  }
  // As after kill -9: what was sent is lost with the process, what was not committed may be.
  void restart(wire::Epoch epoch = 2) {
    partitions_.on_high_watermark = nullptr;
    coordinator_.reset();
    brokers_.sent.clear();
    start(epoch);
  }

  Pending<wire::InitProducerIdResponse> init(const std::string& id = "tx",
                                             std::optional<ProducerIdAndEpoch> expected = {},
                                             int32_t timeout_ms = 60'000) {
    wire::InitProducerIdRequest request;
    request.transactional_id = id;
    request.transaction_timeout_ms = timeout_ms;
    if (expected) {
      request.producer_id = expected->id;
      request.producer_epoch = expected->epoch;
    }
    Pending<wire::InitProducerIdResponse> pending;
    coordinator_->init_producer_id(std::move(request), pending.reply());
    return pending;
  }
  ProducerIdAndEpoch producer(const std::string& id = "tx") {
    const auto answer = init(id);
    EXPECT_EQ(answer->error_code, ErrorCode::kNone);
    return {answer->producer_id, answer->producer_epoch};
  }

  using AddResult = TransactionCoordinator::AddResult;
  std::shared_ptr<std::optional<AddResult>> add_async(const ProducerIdAndEpoch& producer,
                                                      std::vector<int32_t> partitions = {0},
                                                      int16_t version = kBumping,
                                                      const std::string& id = "tx",
                                                      bool verify_only = false) {
    TransactionCoordinator::AddTransaction transaction;
    transaction.transactional_id = id;
    transaction.producer_id = producer.id;
    transaction.producer_epoch = producer.epoch;
    transaction.verify_only = verify_only;
    auto& topic = transaction.topics.emplace_back();
    topic.name = "topic";
    topic.partitions = std::move(partitions);
    auto result = std::make_shared<std::optional<AddResult>>();
    coordinator_->add_partitions(std::move(transaction), version,
                                 [result](AddResult answer) { *result = std::move(answer); });
    return result;
  }
  // The error of the first partition.
  static ErrorCode error_of(const std::optional<AddResult>& result) {
    return result->topic_results.at(0).results_by_partition.at(0).partition_error_code;
  }
  ErrorCode add(const ProducerIdAndEpoch& producer, std::vector<int32_t> partitions = {0},
                int16_t version = kBumping, const std::string& id = "tx") {
    return error_of(*add_async(producer, std::move(partitions), version, id));
  }
  ErrorCode verify(const ProducerIdAndEpoch& producer, int32_t partition,
                   const std::string& id = "tx") {
    return error_of(*add_async(producer, {partition}, kBumping, id, true));
  }

  Pending<wire::EndTxnResponse> end(const ProducerIdAndEpoch& producer, bool commit,
                                    int16_t version = kBumping, const std::string& id = "tx") {
    wire::EndTxnRequest request;
    request.transactional_id = id;
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch;
    request.committed = commit;
    Pending<wire::EndTxnResponse> pending;
    coordinator_->end_transaction(std::move(request), version, pending.reply());
    return pending;
  }

  wire::DescribeTransactionsResponse::TransactionState describe(const std::string& id = "tx") {
    return coordinator_->describe(id);
  }
  std::string state(const std::string& id = "tx") { return describe(id).transaction_state; }

  // What the log says of an id now; nothing if it has expired or was never there.
  std::optional<TransactionMetadata> logged(const std::string& id = "tx") {
    std::optional<TransactionMetadata> last;
    for (const wire::Record& record : partitions_.records(coordinator_->partition_for(id))) {
      if (parse_transaction_key(record.key->view()) != id) continue;
      last = record.value ? parse_transaction_value(record.value->view()) : std::nullopt;
    }
    return last;
  }
  coordinator::MemoryPartitions::Log& log_of(const std::string& id = "tx") {
    return partitions_.log(coordinator_->partition_for(id));
  }

  // A producer with one ongoing transaction over partition 0 of "topic".
  ProducerIdAndEpoch ongoing(int16_t version = kBumping, const std::string& id = "tx") {
    const ProducerIdAndEpoch started = producer(id);
    EXPECT_EQ(add(started, {0}, version, id), ErrorCode::kNone);
    return started;
  }
  // A whole transaction; returns who the producer is afterwards.
  ProducerIdAndEpoch run(const ProducerIdAndEpoch& producer, bool commit,
                         int16_t version = kBumping, const std::string& id = "tx") {
    EXPECT_EQ(add(producer, {0}, version, id), ErrorCode::kNone);
    const auto ended = end(producer, commit, version, id);
    EXPECT_EQ(ended->error_code, ErrorCode::kNone);
    brokers_.answer();
    return version >= kBumping ? ProducerIdAndEpoch{ended->producer_id, ended->producer_epoch}
                               : producer;
  }

  TransactionOptions options_;
  wire::ManualClock clock_;
  FakeTimers timers_{clock_};
  coordinator::MemoryPartitions partitions_;
  storage::MemoryStore store_;
  FakeProducerIds producer_ids_;
  FakeBrokers brokers_;
  FakeCluster cluster_;
  std::unique_ptr<TransactionCoordinator> coordinator_;
};

}  // namespace cluster::transactions
