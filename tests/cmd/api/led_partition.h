// A partition in memory that this broker leads alone, for handlers that want one.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "cluster/replica/partition.h"
#include "storage/fs/memory_file_system.h"
#include "storage/log_directories.h"
#include "tests/cluster/manual_timers.h"

namespace api {

struct LedPartition {
  static constexpr wire::NodeId kSelf = 1;
  static constexpr wire::Uuid kTopicId{5, 6};

  LedPartition() {
    auto opened = storage::LogDirectories::open(
        storage,
        {.paths = {"/data"}, .cluster_id = "cluster", .node_id = kSelf, .metadata_directory = {}});
    EXPECT_TRUE(opened.ok());
    directories = std::move(*opened);
    const auto options = std::make_shared<const storage::LogOptions>();
    EXPECT_TRUE(directories->load([&](const std::string&) { return options; }).ok());
    auto created = directories->create({"tweets", 0}, kTopicId, options);
    EXPECT_TRUE(created.ok());
    partition = std::make_shared<cluster::replica::Partition>(
        services, storage::TopicPartition{"tweets", 0}, kTopicId, **created,
        cluster::replica::PartitionOptions{}, 0);
    cluster::metadata::PartitionImage image;
    image.replicas = image.isr = {kSelf};
    image.leader = kSelf;
    image.leader_epoch = 0;
    EXPECT_TRUE(partition->lead(image).ok());
  }

  wire::ManualClock clock;
  wire::SeededRandom random{1};
  cluster::ManualTimers timers{clock};
  storage::ManualDiskExecutor disk;
  storage::MemoryFileSystem files{clock};
  storage::StorageServices storage{.files = files, .clock = clock, .random = random, .disk = disk};
  std::unique_ptr<storage::LogDirectories> directories;
  cluster::replica::PartitionServices services{.node_id = kSelf, .clock = clock, .timers = timers};
  std::shared_ptr<cluster::replica::Partition> partition;
};

}  // namespace api
