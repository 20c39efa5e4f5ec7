// Fetch of bytes that are in no memory: the shard does not wait for the disk.
#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/metadata/delta.h"
#include "cluster/replica/fetch_session.h"
#include "cluster/replica/partition.h"
#include "cluster/replica/replica_set.h"
#include "cmd/api/handlers.h"
#include "storage/fs/faulty_file_system.h"
#include "storage/log_directories.h"
#include "tests/cluster/manual_timers.h"
#include "wire/api/fetch.h"
#include "wire/records/record_batch_builder.h"

namespace api {
namespace {

using cluster::metadata::MetadataDelta;
using cluster::metadata::MetadataImage;
using wire::ErrorCode;

class UnusedAnswer final : public ResponseSlot {
 public:
  void fill(std::vector<wire::Bytes>) override { FAIL(); }
  void fail(std::string_view) override { FAIL(); }
};

class ColdFetch : public ::testing::Test {
 protected:
  static constexpr wire::Uuid kTweets{1, 1};

  ColdFetch() {
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
        1, clock_, timers_, *directories_, nullptr, [](const std::string&, const MetadataImage&) {
          return cluster::replica::PartitionOptions();
        });
    services_.clock = &clock_;
    services_.timers = &timers_;
    services_.disk = &disk_;
    services_.replicas = replicas_.get();
    services_.fetch_sessions = &sessions_;
    publish();
    timers_.advance(0);
    append();
    files_.evict_all();
  }

  void publish() {
    MetadataDelta delta(std::make_shared<MetadataImage>());
    wire::TopicRecord topic;
    topic.name = "tweets";
    topic.topic_id = kTweets;
    EXPECT_TRUE(delta.replay({topic, 0}, 0).ok());
    wire::PartitionRecord partition;
    partition.topic_id = kTweets;
    partition.replicas = partition.isr = {1};
    partition.leader = 1;
    partition.partition_id = partition.leader_epoch = partition.partition_epoch = 0;
    EXPECT_TRUE(delta.replay({partition, 0}, 0).ok());
    const auto changes = delta.changes();
    services_.image = std::move(delta).build({});
    replicas_->on_image(changes, nullptr, services_.image);
  }

  void append() {
    wire::RecordBatchBuilder builder;
    builder.append(clock_.wall_ms(), "key", "value");
    cluster::replica::AppendRequest request;
    request.produce_version = 9;
    request.required_acks = 1;
    bool done = false;
    replicas_->find(kTweets, 0)
        ->append(builder.build(), request, [&](const cluster::replica::AppendOutcome& outcome) {
          EXPECT_EQ(outcome.error, ErrorCode::kNone);
          done = true;
        });
    EXPECT_TRUE(done);
  }

  void fetch(wire::DurationMs max_wait_ms = 500, int32_t min_bytes = 1) {
    wire::FetchRequest request;
    request.max_wait_ms = static_cast<int32_t>(max_wait_ms);
    request.min_bytes = min_bytes;
    request.max_bytes = 1 << 20;
    request.session_epoch = -1;
    auto& topic = request.topics.emplace_back();
    topic.topic_id = kTweets;
    topic.partitions.emplace_back().partition_max_bytes = 1 << 20;
    RequestContext context{services_, connection_, slot_,   wire::FetchRequest::kApiKey,
                           13,        1,           "client"};
    answer_.reset();
    handle_fetch(context, std::move(request),
                 wire::Reply<wire::FetchResponse>([this](std::optional<wire::FetchResponse> given) {
                   answer_ = std::move(given);
                 }));
  }
  bool has_records() const {
    if (!answer_) return false;
    const auto& data = answer_->responses.at(0).partitions.at(0);
    return data.error_code == ErrorCode::kNone && data.records && !data.records->empty();
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
  cluster::replica::FetchSessionCache sessions_{10, clock_, random_};
  Services services_;
  ConnectionInfo connection_;
  UnusedAnswer slot_;
  std::optional<wire::FetchResponse> answer_;
};

TEST_F(ColdFetch, IsAnsweredWhenTheDiskHasBroughtTheRecords) {
  fetch();
  EXPECT_FALSE(answer_);
  disk_.run_all();
  EXPECT_TRUE(has_records());
}

TEST_F(ColdFetch, WithoutPatienceWaitsForTheDiskAllTheSame) {
  fetch(0);
  EXPECT_FALSE(answer_);
  disk_.run_all();
  EXPECT_TRUE(has_records());
}

TEST_F(ColdFetch, ThatWantsMoreBytesGoesOnWaitingForThem) {
  fetch(500, 1'000'000);
  disk_.run_all();
  EXPECT_FALSE(answer_);
  files_.evict_all();
  timers_.advance(500);  // its time is up: what is there is read again
  EXPECT_FALSE(answer_);
  disk_.run_all();
  EXPECT_TRUE(has_records());
}

TEST_F(ColdFetch, IsAnsweredEvenIfMemoryKeepsNothing) {
  fetch();
  for (int reads = 0; reads < 20 && !answer_; ++reads) {
    files_.evict_all();
    disk_.run_one();
    files_.evict_all();
  }
  EXPECT_TRUE(has_records());
}

TEST_F(ColdFetch, WhatIsInMemoryNeedsNoDisk) {
  fetch();
  disk_.run_all();
  fetch();
  EXPECT_TRUE(has_records());
  EXPECT_TRUE(disk_.idle());
}

}  // namespace
}  // namespace api
