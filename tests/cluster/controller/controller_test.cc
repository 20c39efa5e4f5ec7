#include <gtest/gtest.h>

#include "cluster/controller/activation.h"
#include "tests/cluster/controller/harness.h"

namespace cluster::controller {
namespace {

using wire::ErrorCode;

template <typename Message>
const Message& as(const metadata::MetadataRecord& record) {
  return std::get<Message>(record.message);
}

TEST(Controller, BootstrapsAnEmptyLogInOneTransaction) {
  Cluster cluster;
  cluster.log.elect(FakeMetadataLog::kSelf);
  const auto records = cluster.log.records();
  ASSERT_EQ(records.size(), 6u);
  EXPECT_EQ(as<wire::BeginTransactionRecord>(records[0]).name, "Bootstrap records");
  EXPECT_EQ(as<wire::FeatureLevelRecord>(records[1]).name, "metadata.version");
  EXPECT_EQ(as<wire::FeatureLevelRecord>(records[1]).feature_level, 30);
  EXPECT_EQ(as<wire::FeatureLevelRecord>(records[2]).name, "eligible.leader.replicas.version");
  EXPECT_EQ(as<wire::FeatureLevelRecord>(records[3]).name, "transaction.version");
  EXPECT_EQ(as<wire::FeatureLevelRecord>(records[3]).feature_level, 2);
  EXPECT_EQ(as<wire::ConfigRecord>(records[4]).name, "min.insync.replicas");
  EXPECT_EQ(as<wire::ConfigRecord>(records[4]).value, "1");
  EXPECT_TRUE(std::holds_alternative<wire::EndTransactionRecord>(records[5].message));
  EXPECT_EQ(cluster.log.batch_count(), 1u);
  EXPECT_EQ(cluster.image().features().metadata_version().level, 30);
  EXPECT_TRUE(cluster.controller.is_active());
}

TEST(Controller, TakesTheBootstrapRecordsItIsGiven) {
  auto options = Cluster::default_options();
  options.bootstrap_records = bootstrap_records({{"metadata.version", 25}});
  Cluster cluster(options);
  cluster.log.elect(FakeMetadataLog::kSelf);
  EXPECT_EQ(cluster.image().features().metadata_version().level, 25);
  EXPECT_FALSE(cluster.image().features().elr_enabled());
}

TEST(Controller, WritesNothingWhenItTakesOverALogThatHasAVersion) {
  Cluster cluster;
  cluster.log.elect(FakeMetadataLog::kSelf);
  cluster.log.elect(2);
  const size_t batches = cluster.log.batch_count();
  cluster.log.elect(FakeMetadataLog::kSelf);
  EXPECT_TRUE(cluster.controller.is_active());
  EXPECT_EQ(cluster.log.batch_count(), batches);
}

TEST(Controller, RegistersItselfWithItsListeners) {
  auto options = Cluster::default_options();
  options.controller_listeners = {{"CONTROLLER", "127.0.0.1", 9093}};
  Cluster cluster(options);
  cluster.log.elect(FakeMetadataLog::kSelf);
  ASSERT_TRUE(cluster.image().cluster().controllers.contains(1));
  EXPECT_EQ(cluster.image().cluster().controllers.at(1)->endpoints.front().port, 9093);
}

TEST(Controller, AbortsTheTransactionThatItsPredecessorLeftOpen) {
  Cluster cluster;
  cluster.log.elect(FakeMetadataLog::kSelf);
  wire::BeginTransactionRecord begin;
  const std::vector<wire::Bytes> open = {metadata::encode_record({begin, 0})};
  ASSERT_TRUE(cluster.log.append(cluster.log.leader().epoch, open).ok());
  cluster.log.elect(2);
  const size_t batches = cluster.log.batch_count();
  cluster.log.elect(FakeMetadataLog::kSelf);
  const auto records = cluster.log.records(batches);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<wire::AbortTransactionRecord>(records[0].message));
  EXPECT_FALSE(cluster.loader.in_transaction());
}

TEST(Controller, AnswersNotControllerWhenItIsNot) {
  Cluster cluster;
  const auto created = cluster.create("tweets");
  ASSERT_EQ(created.topics.size(), 1u);
  EXPECT_EQ(created.topics[0].error_code, ErrorCode::kNotController);
  cluster.log.elect(2);
  EXPECT_EQ(cluster.create("tweets").topics[0].error_code, ErrorCode::kNotController);
  EXPECT_EQ(cluster.controller.active_controller(), 2);
}

wire::CreateTopicsRequest topic_request(const std::string& name) {
  wire::CreateTopicsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = name;
  topic.num_partitions = 1;
  topic.replication_factor = 1;
  return request;
}

TEST(Controller, AnswersWhenTheRecordsAreCommittedAndNotBefore) {
  Cluster cluster;
  cluster.start(1);
  cluster.log.commits_at_once = false;
  const auto first = cluster.begin(&Controller::create_topics, topic_request("tweets"));
  EXPECT_FALSE(first->has_value());
  // The second sees what the first decided, and its answer waits for that to be committed.
  const auto second = cluster.begin(&Controller::create_topics, topic_request("tweets"));
  EXPECT_FALSE(second->has_value());
  EXPECT_EQ(cluster.image().topic("tweets"), nullptr);
  cluster.log.commit_all();
  ASSERT_TRUE(first->has_value());
  EXPECT_EQ((*first)->topics[0].error_code, ErrorCode::kNone);
  ASSERT_TRUE(second->has_value());
  EXPECT_EQ((*second)->topics[0].error_code, ErrorCode::kTopicAlreadyExists);
  EXPECT_NE(cluster.image().topic("tweets"), nullptr);
}

TEST(Controller, ForgetsWhatWasNotCommittedWhenItLosesLeadership) {
  Cluster cluster;
  cluster.start(1);
  cluster.log.commits_at_once = false;
  const auto lost = cluster.begin(&Controller::create_topics, topic_request("tweets"));
  cluster.log.forget_uncommitted();
  cluster.log.elect(2);
  ASSERT_TRUE(lost->has_value());
  EXPECT_EQ((*lost)->topics[0].error_code, ErrorCode::kNotController);
  cluster.log.commits_at_once = true;
  cluster.log.elect(FakeMetadataLog::kSelf);
  EXPECT_EQ(cluster.create("tweets").topics[0].error_code, ErrorCode::kNone);
}

TEST(Controller, SharesTheCommittedImageWhenNothingIsInFlight) {
  Cluster cluster;
  cluster.start(1);
  cluster.log.commits_at_once = false;
  const auto created = cluster.begin(&Controller::create_topics, topic_request("tweets"));
  cluster.log.commit_all();
  ASSERT_TRUE(created->has_value());
  // The loader's and the controller's: one image in memory.
  EXPECT_GE(cluster.loader.image().use_count(), 2);
}

}  // namespace
}  // namespace cluster::controller
