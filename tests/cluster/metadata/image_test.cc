#include "cluster/metadata/image.h"

#include <gtest/gtest.h>

#include "cluster/metadata/delta.h"
#include "cluster/metadata/snapshot.h"

namespace cluster::metadata {
namespace {

constexpr wire::Uuid kTopic{7, 1};

MetadataRecord feature(std::string name, int16_t level) {
  wire::FeatureLevelRecord record;
  record.name = std::move(name);
  record.feature_level = level;
  return {record, 0};
}
MetadataRecord topic(std::string name, wire::Uuid id) {
  wire::TopicRecord record;
  record.name = std::move(name);
  record.topic_id = id;
  return {record, 0};
}
MetadataRecord partition(wire::Uuid id, int32_t index) {
  wire::PartitionRecord record;
  record.topic_id = id;
  record.partition_id = index;
  record.replicas = {1, 2};
  record.directories = {{5, 1000}, {5, 1001}};
  record.isr = {1, 2};
  record.leader = 1;
  record.leader_epoch = 0;
  record.partition_epoch = 0;
  return {record, 2};
}
MetadataRecord config(ConfigResourceType type, std::string resource, std::string name,
                      std::optional<std::string> value) {
  wire::ConfigRecord record;
  record.resource_type = static_cast<int8_t>(type);
  record.resource_name = std::move(resource);
  record.name = std::move(name);
  record.value = std::move(value);
  return {record, 0};
}
MetadataRecord broker(wire::NodeId id) {
  wire::RegisterBrokerRecord record;
  record.broker_id = id;
  record.broker_epoch = 10 + id;
  record.incarnation_id = {9, static_cast<uint64_t>(id)};
  auto& endpoint = record.end_points.emplace_back();
  endpoint.name = "PLAINTEXT";
  endpoint.host = "host";
  endpoint.port = 9092;
  record.log_dirs = {{5, static_cast<uint64_t>(999 + id)}};
  record.rack = "a";
  return {record, 4};
}

// One of everything.
std::vector<MetadataRecord> full_state() {
  std::vector<MetadataRecord> records = {
      feature("metadata.version", 30),
      feature("eligible.leader.replicas.version", 1),
      broker(1),
      broker(2),
      topic("tweets", kTopic),
      partition(kTopic, 0),
      partition(kTopic, 1),
      config(ConfigResourceType::kTopic, "tweets", "retention.ms", "1"),
      config(ConfigResourceType::kBroker, "", "min.insync.replicas", "1")};
  wire::RegisterControllerRecord controller;
  controller.controller_id = 1;
  controller.end_points.emplace_back().name = "CONTROLLER";
  records.push_back({controller, 0});
  wire::ProducerIdsRecord producer_ids;
  producer_ids.next_producer_id = 1000;
  records.push_back({producer_ids, 0});
  wire::ClientQuotaRecord quota;
  quota.entity.emplace_back().entity_type = "user";
  quota.key = "producer_byte_rate";
  quota.value = 1.5;
  records.push_back({quota, 0});
  wire::AccessControlEntryRecord acl;
  acl.id = {8, 8};
  acl.principal = "User:a";
  records.push_back({acl, 0});
  wire::UserScramCredentialRecord scram;
  scram.name = "a";
  scram.mechanism = 1;
  scram.salt = wire::Bytes::copy("salt");
  records.push_back({scram, 0});
  wire::DelegationTokenRecord token;
  token.token_id = "t";
  token.owner = "User:a";
  records.push_back({token, 0});
  return records;
}

ImagePtr replayed(const ImagePtr& base, const std::vector<MetadataRecord>& records) {
  MetadataDelta delta(base);
  wire::Offset offset = 0;
  for (const MetadataRecord& record : records) {
    const auto status = delta.replay(record, offset++);
    EXPECT_TRUE(status.ok()) << status.error().detail;
  }
  return std::move(delta).build({});
}

ImagePtr empty() {
  return std::make_shared<const MetadataImage>();
}

TEST(MetadataImage, ASnapshotOfItMakesTheSameImage) {
  const ImagePtr image = replayed(empty(), full_state());
  const auto records = image_records(*image);
  EXPECT_TRUE(replayed(empty(), records)->same_content(*image));
  // metadata.version first: what follows is read by its rules.
  EXPECT_EQ(std::get<wire::FeatureLevelRecord>(records.front().message).name, "metadata.version");
  EXPECT_EQ(records.size(), full_state().size());
}

TEST(MetadataImage, AnOldImageDoesNotSeeLaterRecords) {
  const ImagePtr before = replayed(empty(), full_state());
  wire::PartitionChangeRecord change;
  change.topic_id = kTopic;
  change.partition_id = 0;
  change.leader = 2;
  const ImagePtr after = replayed(before, {MetadataRecord{change, 2}});
  EXPECT_EQ(before->topic("tweets")->partitions[0]->leader, 1);
  EXPECT_EQ(after->topic("tweets")->partitions[0]->leader, 2);
  // What was not touched is the same object.
  EXPECT_EQ(before->topic("tweets")->partitions[1], after->topic("tweets")->partitions[1]);
  EXPECT_EQ(&before->cluster(), &after->cluster());
}

TEST(PartitionChange, NamingALeaderIsAnElectionAndEveryChangeCounts) {
  const ImagePtr before = replayed(empty(), full_state());
  wire::PartitionChangeRecord change;
  change.topic_id = kTopic;
  change.partition_id = 0;
  change.isr = std::vector<int32_t>{1};
  ImagePtr image = replayed(before, {MetadataRecord{change, 2}});
  EXPECT_EQ(image->topic("tweets")->partitions[0]->leader_epoch, 0);
  EXPECT_EQ(image->topic("tweets")->partitions[0]->partition_epoch, 1);
  change.leader = 1;  // the same
  image = replayed(image, {MetadataRecord{change, 2}});
  EXPECT_EQ(image->topic("tweets")->partitions[0]->leader_epoch, 1);
  EXPECT_EQ(image->topic("tweets")->partitions[0]->partition_epoch, 2);
}

TEST(MetadataDelta, RefusesRecordsWhosePreconditionFails) {
  const ImagePtr image = replayed(empty(), full_state());
  const auto refused = [&](auto message) {
    MetadataDelta delta(image);
    return !delta.replay({message, 0}, 0).ok();
  };
  wire::PartitionChangeRecord change;
  change.topic_id = kTopic;
  change.partition_id = 9;
  EXPECT_TRUE(refused(change));
  change.partition_id = 0;
  change.replicas = std::vector<int32_t>{1, 2, 3};  // without directories
  EXPECT_TRUE(refused(change));
  wire::RemoveTopicRecord removal;
  removal.topic_id = {1, 99999};
  EXPECT_TRUE(refused(removal));
  wire::BrokerRegistrationChangeRecord registration;
  registration.broker_id = 1;
  registration.broker_epoch = 1;
  EXPECT_TRUE(refused(registration));
  wire::ProducerIdsRecord ids;
  ids.next_producer_id = 10;
  EXPECT_TRUE(refused(ids));
  EXPECT_TRUE(refused(std::get<wire::TopicRecord>(topic("tweets", {1, 88888}).message)));
}

TEST(ImageChanges, NameWhatToLookAt) {
  const ImagePtr base = replayed(empty(), full_state());
  MetadataDelta delta(base);
  wire::RemoveTopicRecord removal;
  removal.topic_id = kTopic;
  ASSERT_TRUE(delta.replay({removal, 0}, 0).ok());
  const wire::Uuid again{7, 2};
  ASSERT_TRUE(delta.replay(topic("tweets", again), 1).ok());
  ASSERT_TRUE(delta.replay(partition(again, 0), 2).ok());
  const ImageChanges& changes = delta.changes();
  EXPECT_EQ(changes.deleted_topics.at(kTopic), "tweets");
  EXPECT_TRUE(changes.topics.at(again).created);
  EXPECT_EQ(changes.topics.at(again).partitions, std::set<int32_t>{0});
  EXPECT_FALSE(changes.features);
  const ImagePtr next = std::move(delta).build({});
  EXPECT_EQ(next->topic("tweets")->id, again);
  EXPECT_TRUE(next->configs().topic("tweets").empty());
}

TEST(Features, WhatIsNotServedIsKeptButNotAdvertised) {
  const ImagePtr image =
      replayed(empty(), {feature("metadata.version", 30), feature("group.version", 1)});
  EXPECT_EQ(image->features().level("group.version"), 1);
  EXPECT_FALSE(advertised_levels(image->features()).contains("group.version"));
  bool registered = false;
  for (const FeatureRange& range : registration_features(image->features())) {
    if (range.name == "group.version") registered = range.max_version == 1;
  }
  EXPECT_TRUE(registered);
}

}  // namespace
}  // namespace cluster::metadata
