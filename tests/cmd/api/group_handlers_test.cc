// What the handlers of groups and offsets add to the coordinator: topics looked up, answers shaped for each version.

#include <memory>
#include <string>
#include <vector>

#include "cluster/groups/group_coordinator.h"
#include "cluster/metadata/delta.h"
#include "cmd/api/handlers.h"
#include "gtest/gtest.h"
#include "storage/kv/memory_store.h"
#include "tests/cluster/coordinator/memory_partition.h"
#include "tests/cluster/fake_timers.h"
#include "tests/cmd/api/unused_slot.h"
#include "wire/api/consumer_group_describe.h"
#include "wire/api/find_coordinator.h"
#include "wire/api/offset_commit.h"
#include "wire/api/offset_delete.h"
#include "wire/api/offset_fetch.h"

namespace api {
namespace {

using cluster::metadata::MetadataDelta;
using cluster::metadata::MetadataImage;
using wire::ErrorCode;

class GroupHandlersTest : public ::testing::Test {
 protected:
  static constexpr wire::Uuid kTweets{1, 1};
  static constexpr wire::Uuid kOffsets{2, 2};

  GroupHandlersTest() {
    MetadataDelta delta(std::make_shared<MetadataImage>());
    wire::RegisterBrokerRecord broker;
    broker.broker_id = 1;
    broker.fenced = false;
    broker.end_points.push_back({"PLAINTEXT", "localhost", 9092, 0});
    EXPECT_TRUE(delta.replay({broker, 0}, 0).ok());
    add_topic(delta, "tweets", kTweets, 2);
    add_topic(delta, "__consumer_offsets", kOffsets, 50);
    services_.image = std::move(delta).build({});

    coordinator_ = std::make_unique<cluster::groups::GroupCoordinator>(
        cluster::groups::GroupOptions(),
        cluster::groups::GroupPorts{clock_, random_, timers_, partitions_, partitions_, store_});
    partitions_.on_high_watermark = [this](wire::PartitionIndex partition, wire::Offset offset) {
      coordinator_->on_high_watermark(partition, offset);
    };
    for (wire::PartitionIndex partition = 0; partition < 50; ++partition) {
      coordinator_->on_election(partition, 1);
    }
    services_.groups = coordinator_.get();
    connection_.vantage = std::make_shared<Vantage>(Vantage{.listener = "PLAINTEXT", .own = {}});
    connection_.client_host = "127.0.0.1";
  }

  static void add_topic(MetadataDelta& delta, const std::string& name, wire::Uuid id,
                        int32_t count) {
    wire::TopicRecord topic;
    topic.name = name;
    topic.topic_id = id;
    EXPECT_TRUE(delta.replay({topic, 0}, 0).ok());
    for (wire::PartitionIndex index = 0; index < count; ++index) {
      wire::PartitionRecord partition;
      partition.partition_id = index;
      partition.topic_id = id;
      partition.replicas = {1};
      partition.isr = {1};
      partition.leader = 1;
      partition.leader_epoch = 0;
      partition.partition_epoch = 0;
      EXPECT_TRUE(delta.replay({partition, 0}, 0).ok());
    }
  }

  template <typename Response, typename Request>
  Response call(void (*handle)(RequestContext&, Request, wire::Reply<Response>), Request request,
                int16_t version) {
    RequestContext context{services_, connection_, slot_, Request::kApiKey, version, 1, "client"};
    const auto answer = std::make_shared<std::optional<Response>>();
    handle(context, std::move(request),
           wire::Reply<Response>([answer](std::optional<Response> given) { *answer = given; }));
    EXPECT_TRUE(answer->has_value());
    return answer->value_or(Response());
  }

  static wire::OffsetCommitRequest commit_request() {
    wire::OffsetCommitRequest request;
    request.group_id = "group";
    request.topics.push_back({"tweets", {}, {}});
    request.topics.push_back({"unknown", {}, {}});
    for (auto& topic : request.topics) {
      for (const wire::PartitionIndex index : {0, 7}) {
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = index;
        partition.committed_offset = 42;
      }
    }
    return request;
  }

  Services services_;
  ConnectionInfo connection_;
  UnusedSlot slot_;
  wire::ManualClock clock_;
  wire::SeededRandom random_{1};
  cluster::FakeTimers timers_{clock_};
  cluster::coordinator::MemoryPartitions partitions_;
  storage::MemoryStore store_;
  std::unique_ptr<cluster::groups::GroupCoordinator> coordinator_;
};

TEST_F(GroupHandlersTest, CoordinatorIsTheLeaderOfTheGroupsPartition) {
  wire::FindCoordinatorRequest request;
  request.key = "group";
  const auto old = call(handle_find_coordinator, request, 0);
  EXPECT_EQ(old.error_code, ErrorCode::kNone);
  EXPECT_EQ(old.node_id, 1);
  EXPECT_EQ(old.host, "localhost");
  EXPECT_EQ(old.port, 9092);
  EXPECT_TRUE(old.coordinators.empty());

  request.coordinator_keys = {"group", "other"};
  const auto many = call(handle_find_coordinator, request, 4);
  ASSERT_EQ(many.coordinators.size(), 2U);
  EXPECT_EQ(many.coordinators.at(1).key, "other");
  EXPECT_EQ(many.coordinators.at(1).node_id, 1);
}

TEST_F(GroupHandlersTest, CoordinatorHasTheAddressThatIsRightForTheConnection) {
  connection_.vantage = std::make_shared<Vantage>(
      Vantage{.listener = "PLAINTEXT",
              .own = Vantage::OwnAddress{.node_id = 1, .host = "172.18.0.2", .port = 19092}});
  wire::FindCoordinatorRequest request;
  request.key = "group";
  EXPECT_EQ(call(handle_find_coordinator, request, 0).host, "172.18.0.2");
  request.coordinator_keys = {"group"};
  const auto many = call(handle_find_coordinator, request, 4);
  EXPECT_EQ(many.coordinators.at(0).host, "172.18.0.2");
  EXPECT_EQ(many.coordinators.at(0).port, 19092);
}

TEST_F(GroupHandlersTest, CoordinatorThatCannotBeReachedIsNotNamed) {
  connection_.vantage = std::make_shared<Vantage>(Vantage{.listener = "SSL", .own = {}});
  wire::FindCoordinatorRequest request;
  request.key = "group";
  const auto answer = call(handle_find_coordinator, request, 3);
  EXPECT_EQ(answer.error_code, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(answer.node_id, -1);
  EXPECT_EQ(answer.port, -1);
}

TEST_F(GroupHandlersTest, CoordinatorsNotServedAreRefused) {
  wire::FindCoordinatorRequest request;
  request.coordinator_keys = {"key"};
  request.key_type = 2;
  EXPECT_EQ(call(handle_find_coordinator, request, 5).coordinators.at(0).error_code,
            ErrorCode::kInvalidRequest);
}

TEST_F(GroupHandlersTest, OffsetsAreCommittedForWhatExists) {
  const auto answer = call(handle_offset_commit, commit_request(), 2);
  ASSERT_EQ(answer.topics.size(), 2U);
  EXPECT_EQ(answer.topics.at(0).name, "tweets");
  ASSERT_EQ(answer.topics.at(0).partitions.size(), 2U);
  EXPECT_EQ(answer.topics.at(0).partitions.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(answer.topics.at(0).partitions.at(1).partition_index, 7);
  EXPECT_EQ(answer.topics.at(0).partitions.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(answer.topics.at(1).partitions.at(0).error_code, ErrorCode::kUnknownTopicOrPartition);
}

TEST_F(GroupHandlersTest, NoGroupIsOfTheConsumerProtocol) {
  (void)call(handle_offset_commit, commit_request(), 2);
  wire::ConsumerGroupDescribeRequest request;
  request.group_ids = {"group", "", "none"};
  const auto answer = call(handle_consumer_group_describe, request, 1);
  ASSERT_EQ(answer.groups.size(), 3U);
  EXPECT_EQ(answer.groups[0].group_id, "");
  EXPECT_EQ(answer.groups[0].error_code, ErrorCode::kInvalidGroupId);
  EXPECT_EQ(answer.groups[1].error_code, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(answer.groups[1].error_message, "Group group is not a consumer group.");
  EXPECT_EQ(answer.groups[2].error_code, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(answer.groups[2].error_message, "Group none not found.");
}

TEST_F(GroupHandlersTest, OffsetsInZooKeeperAreRefused) {
  const auto committed = call(handle_offset_commit, commit_request(), 0);
  ASSERT_EQ(committed.topics.size(), 2U);
  for (const auto& topic : committed.topics) {
    for (const auto& partition : topic.partitions) {
      EXPECT_EQ(partition.error_code, ErrorCode::kUnsupportedVersion);
    }
  }
  wire::OffsetCommitRequest unknown = commit_request();
  unknown.topics.erase(unknown.topics.begin());
  EXPECT_EQ(call(handle_offset_commit, unknown, 0).topics.at(0).partitions.at(0).error_code,
            ErrorCode::kUnknownTopicOrPartition);

  wire::OffsetFetchRequest fetch;
  fetch.group_id = "group";
  fetch.topics->push_back({"tweets", {0, 0}});
  fetch.topics->push_back({"nothing", {}});
  const auto fetched = call(handle_offset_fetch, fetch, 0);
  ASSERT_EQ(fetched.topics.size(), 1U);
  ASSERT_EQ(fetched.topics.at(0).partitions.size(), 1U);
  EXPECT_EQ(fetched.topics.at(0).partitions.at(0).error_code, ErrorCode::kUnsupportedVersion);
  EXPECT_EQ(fetched.topics.at(0).partitions.at(0).committed_offset, -1);
}

TEST_F(GroupHandlersTest, OffsetsAreCommittedAndFetchedById) {
  wire::OffsetCommitRequest request = commit_request();
  request.topics.at(0).name = "";
  request.topics.at(0).topic_id = kTweets;
  request.topics.at(1).name = "";
  request.topics.at(1).topic_id = wire::Uuid{9, 9};
  const auto committed = call(handle_offset_commit, request, 10);
  ASSERT_EQ(committed.topics.size(), 2U);
  EXPECT_EQ(committed.topics.at(0).topic_id, kTweets);
  EXPECT_EQ(committed.topics.at(0).partitions.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(committed.topics.at(1).partitions.at(0).error_code, ErrorCode::kUnknownTopicId);

  wire::OffsetFetchRequest fetch;
  auto& group = fetch.groups.emplace_back();
  group.group_id = "group";
  group.topics->push_back({"", kTweets, {0, 1}});
  group.topics->push_back({"", wire::Uuid{9, 9}, {0}});
  auto& all = fetch.groups.emplace_back();
  all.group_id = "group";
  all.topics = std::nullopt;
  const auto fetched = call(handle_offset_fetch, fetch, 10);
  ASSERT_EQ(fetched.groups.size(), 2U);
  ASSERT_EQ(fetched.groups.at(0).topics.size(), 2U);
  EXPECT_EQ(fetched.groups.at(0).topics.at(0).partitions.at(0).committed_offset, 42);
  EXPECT_EQ(fetched.groups.at(0).topics.at(0).partitions.at(1).committed_offset, -1);
  EXPECT_EQ(fetched.groups.at(0).topics.at(1).partitions.at(0).error_code,
            ErrorCode::kUnknownTopicId);
  ASSERT_EQ(fetched.groups.at(1).topics.size(), 1U);
  EXPECT_EQ(fetched.groups.at(1).topics.at(0).topic_id, kTweets);
}

TEST_F(GroupHandlersTest, OlderFetchHasItsGroupAtTheTop) {
  call(handle_offset_commit, commit_request(), 2);
  wire::OffsetFetchRequest fetch;
  fetch.group_id = "group";
  fetch.topics->push_back({"tweets", {0}});
  const auto fetched = call(handle_offset_fetch, fetch, 1);
  ASSERT_EQ(fetched.topics.size(), 1U);
  EXPECT_EQ(fetched.topics.at(0).name, "tweets");
  EXPECT_EQ(fetched.topics.at(0).partitions.at(0).committed_offset, 42);
  EXPECT_TRUE(fetched.groups.empty());

  fetch.topics = std::nullopt;
  const auto all = call(handle_offset_fetch, fetch, 7);
  ASSERT_EQ(all.topics.size(), 1U);
  EXPECT_EQ(all.topics.at(0).partitions.at(0).committed_offset, 42);
}

TEST_F(GroupHandlersTest, ErrorOfAGroupGoesWhereTheVersionHasAPlaceForIt) {
  for (wire::PartitionIndex partition = 0; partition < 50; ++partition) {
    coordinator_->on_resignation(partition);
  }
  wire::OffsetFetchRequest fetch;
  fetch.group_id = "group";
  fetch.topics->push_back({"tweets", {0}});
  const auto old = call(handle_offset_fetch, fetch, 1);
  EXPECT_EQ(old.error_code, ErrorCode::kNone);
  EXPECT_EQ(old.topics.at(0).partitions.at(0).error_code, ErrorCode::kNotCoordinator);
  const auto newer = call(handle_offset_fetch, fetch, 2);
  EXPECT_EQ(newer.error_code, ErrorCode::kNotCoordinator);
  EXPECT_TRUE(newer.topics.empty());
  fetch.groups.emplace_back().group_id = "group";
  const auto newest = call(handle_offset_fetch, fetch, 8);
  EXPECT_EQ(newest.groups.at(0).group_id, "group");
  EXPECT_EQ(newest.groups.at(0).error_code, ErrorCode::kNotCoordinator);
}

TEST_F(GroupHandlersTest, OffsetsOfUnknownPartitionsCannotBeDeleted) {
  call(handle_offset_commit, commit_request(), 2);
  wire::OffsetDeleteRequest request;
  request.group_id = "group";
  request.topics.push_back({"tweets", {{0}, {7}}});
  const auto answer = call(handle_offset_delete, request, 0);
  EXPECT_EQ(answer.error_code, ErrorCode::kNone);
  ASSERT_EQ(answer.topics.size(), 1U);
  EXPECT_EQ(answer.topics.at(0).partitions.at(0).error_code, ErrorCode::kNone);
  EXPECT_EQ(answer.topics.at(0).partitions.at(1).error_code, ErrorCode::kUnknownTopicOrPartition);
}

}  // namespace
}  // namespace api
