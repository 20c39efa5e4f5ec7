// Partitions in memory that this broker leads alone, under a ReplicaSet, for handlers that look their
// partitions up.  (led_partition.h is one partition without.)
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/metadata/delta.h"
#include "cluster/replica/replica_set.h"
#include "cmd/api/services.h"
#include "storage/fs/faulty_file_system.h"
#include "storage/log_directories.h"
#include "tests/cluster/manual_timers.h"
#include "tests/cmd/api/unused_slot.h"

namespace api {

class ReplicasInMemory : public ::testing::Test {
 protected:
  ReplicasInMemory() {
    auto opened = storage::LogDirectories::open(
        storage_,
        {.paths = {"/data"}, .cluster_id = "cluster", .node_id = 1, .metadata_directory = {}});
    EXPECT_TRUE(opened.ok());
    directories_ = std::move(*opened);
    const auto options = [](const std::string&) {
      return std::make_shared<const storage::LogOptions>();
    };
    EXPECT_TRUE(directories_->load(options).ok());
    replicas_ = std::make_unique<cluster::replica::ReplicaSet>(
        1, clock_, timers_, *directories_, nullptr,
        [](const std::string&, const cluster::metadata::MetadataImage&) {
          return cluster::replica::PartitionOptions();
        });
    services_.replicas = replicas_.get();
  }

  // Topics of one partition each.
  void publish(const std::vector<std::pair<std::string, wire::Uuid>>& topics) {
    cluster::metadata::MetadataDelta delta(std::make_shared<cluster::metadata::MetadataImage>());
    for (const auto& [name, id] : topics) {
      wire::TopicRecord topic;
      topic.name = name;
      topic.topic_id = id;
      EXPECT_TRUE(delta.replay({topic, 0}, 0).ok());
      wire::PartitionRecord partition;
      partition.topic_id = id;
      partition.replicas = partition.isr = {1};
      partition.leader = 1;
      partition.partition_id = partition.leader_epoch = partition.partition_epoch = 0;
      EXPECT_TRUE(delta.replay({partition, 0}, 0).ok());
    }
    const auto changes = delta.changes();
    services_.image = std::move(delta).build({});
    replicas_->on_image(changes, nullptr, services_.image);
  }

  wire::ManualClock clock_;
  wire::SeededRandom random_{1};
  cluster::ManualTimers timers_{clock_};
  storage::ManualDiskExecutor disk_;
  storage::FaultyFileSystem files_{clock_};
  storage::StorageServices storage_{
      .files = files_, .clock = clock_, .random = random_, .disk = disk_};
  std::unique_ptr<storage::LogDirectories> directories_;
  std::unique_ptr<cluster::replica::ReplicaSet> replicas_;
  Services services_;
  ConnectionInfo connection_;
  UnusedSlot slot_;
};

}  // namespace api
