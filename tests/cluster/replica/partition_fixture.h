// One partition over a log in memory, led here, with time and disk in the test's hands.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/replica/partition.h"
#include "storage/fs/faulty_file_system.h"
#include "storage/log_directories.h"
#include "tests/cluster/manual_timers.h"
#include "wire/records/record_batch_builder.h"

namespace cluster::replica {

inline constexpr wire::NodeId kSelf = 1;
inline constexpr wire::NodeId kOther = 2;

class PartitionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = storage::LogDirectories::open(
        storage_,
        {.paths = {"/data"}, .cluster_id = "cluster", .node_id = kSelf, .metadata_directory = {}});
    ASSERT_TRUE(opened.ok());
    directories_ = std::move(*opened);
    ASSERT_TRUE(
        directories_
            ->load([](const std::string&) { return std::make_shared<const storage::LogOptions>(); })
            .ok());
    auto created = directories_->create({"tweets", 0}, kTopicId,
                                        std::make_shared<const storage::LogOptions>());
    ASSERT_TRUE(created.ok());
    log_ = *created;
    make_partition();
  }

  void make_partition() {
    partition_ = std::make_shared<Partition>(services_, storage::TopicPartition{"tweets", 0},
                                             kTopicId, *log_, PartitionOptions{}, 0);
  }

  // From now on an append counts only once ManualDiskExecutor has synced it.
  void require_sync() { services_.sync_queue = &directories_->sync_queue(); }

  static metadata::PartitionImage image(std::vector<wire::NodeId> replicas, wire::NodeId leader,
                                        wire::Epoch epoch) {
    metadata::PartitionImage made;
    made.isr = replicas;
    made.replicas = std::move(replicas);
    made.leader = leader;
    made.leader_epoch = epoch;
    return made;
  }

  void lead_alone(wire::Epoch epoch = 0) {
    ASSERT_TRUE(partition_->lead(image({kSelf}, kSelf, epoch)).ok());
  }

  wire::Bytes batch(int records = 1) {
    wire::RecordBatchBuilder builder;
    for (int i = 0; i < records; ++i) builder.append(clock_.wall_ms(), "key", "value");
    return builder.build();
  }

  // Appends and keeps the outcome, which may come later.
  void append(int16_t acks, std::optional<AppendOutcome>& outcome, int records = 1) {
    AppendRequest request;
    request.produce_version = 9;
    request.required_acks = acks;
    request.timeout_ms = 1000;
    partition_->append(batch(records), request,
                       [&outcome](AppendOutcome came) { outcome = std::move(came); });
  }

  wire::FetchResponse::PartitionData read(wire::Offset offset,
                                          wire::NodeId replica = wire::kNoNode) {
    FetchPartition request;
    request.fetch_offset = offset;
    request.max_bytes = 1 << 20;
    ReadLimits limits;
    limits.max_bytes = 1 << 20;
    limits.at_least_one_batch = true;
    limits.replica_id = replica;
    return partition_->read(request, limits);
  }

  static constexpr wire::Uuid kTopicId{5, 6};
  wire::ManualClock clock_;
  wire::SeededRandom random_{1};
  ManualTimers timers_{clock_};
  storage::ManualDiskExecutor disk_;
  storage::FaultyFileSystem files_{clock_};
  storage::StorageServices storage_{
      .files = files_, .clock = clock_, .random = random_, .disk = disk_};
  std::unique_ptr<storage::LogDirectories> directories_;
  storage::Log* log_ = nullptr;
  PartitionServices services_{.node_id = kSelf, .clock = clock_, .timers = timers_};
  std::shared_ptr<Partition> partition_;
};

}  // namespace cluster::replica
