#include "cluster/metadata/topics.h"

#include <algorithm>

#include "cluster/metadata/delta.h"
#include "cluster/metadata/snapshot.h"

namespace cluster::metadata {

namespace {

bool contains(const std::vector<wire::NodeId>& nodes, wire::NodeId id) {
  return std::find(nodes.begin(), nodes.end(), id) != nodes.end();
}

wire::Error corrupt(std::string detail) {
  return {wire::ErrorCode::kUnknownServerError, std::move(detail)};
}

std::string place(const wire::Uuid& topic, int32_t partition) {
  return topic.to_string() + "-" + std::to_string(partition);
}

// Directories are absent, or all zero, before metadata.version 17: then as many zeros as replicas.
std::vector<wire::Uuid> normalized(const std::vector<wire::Uuid>& directories, size_t replicas) {
  const bool named = std::any_of(directories.begin(), directories.end(), [](const auto& directory) {
    return directory != wire::kMigratingDirectory;
  });
  return named ? directories : std::vector<wire::Uuid>(replicas, wire::kMigratingDirectory);
}

// Partitions of one request may come in any order, and a request makes at most so many.
constexpr size_t kMaxGap = 10'000;

// A place in the sequence that no record has filled yet.
const PartitionPtr& absent_partition() {
  static const PartitionPtr absent = std::make_shared<const PartitionImage>();
  return absent;
}

}  // namespace

bool PartitionImage::has_replica(wire::NodeId id) const {
  return contains(replicas, id);
}

bool PartitionImage::is_in_sync(wire::NodeId id) const {
  return contains(isr, id);
}

wire::Uuid PartitionImage::directory(wire::NodeId replica) const {
  for (size_t i = 0; i < replicas.size() && i < directories.size(); ++i) {
    if (replicas[i] == replica) return directories[i];
  }
  return wire::kMigratingDirectory;
}

const PartitionImage* TopicImage::partition(wire::PartitionIndex index) const {
  if (index < 0 || static_cast<size_t>(index) >= partitions.size()) return nullptr;
  return partitions[static_cast<size_t>(index)].get();
}

bool TopicImage::operator==(const TopicImage& other) const {
  return name == other.name && id == other.id &&
         std::equal(
             partitions.begin(), partitions.end(), other.partitions.begin(), other.partitions.end(),
             [](const PartitionPtr& a, const PartitionPtr& b) { return a == b || *a == *b; });
}

TopicPtr TopicsImage::find(std::string_view name) const {
  const wire::Uuid* id = by_name_.find(name);
  return id == nullptr ? nullptr : find(*id);
}

TopicPtr TopicsImage::find(const wire::Uuid& id) const {
  const TopicPtr* topic = by_id_.find(id);
  return topic == nullptr ? nullptr : *topic;
}

std::string TopicsImage::collision_key(std::string_view name) {
  std::string key(name);
  std::replace(key.begin(), key.end(), '.', '_');
  return key;
}

const std::vector<std::string>* TopicsImage::colliding_with(std::string_view name) const {
  return colliding_.find(collision_key(name));
}

void TopicsImage::put(TopicPtr topic) {
  if (const wire::Uuid* id = by_name_.find(topic->name); id == nullptr || *id != topic->id) {
    by_name_.insert_or_assign(topic->name, topic->id);
    const std::string key = collision_key(topic->name);
    if (key.find('_') != std::string::npos) {
      const std::vector<std::string>* names = colliding_.find(key);
      std::vector<std::string> next = names == nullptr ? std::vector<std::string>() : *names;
      if (std::find(next.begin(), next.end(), topic->name) == next.end()) {
        next.push_back(topic->name);
      }
      colliding_.insert_or_assign(key, std::move(next));
    }
  }
  const wire::Uuid id = topic->id;
  by_id_.insert_or_assign(id, std::move(topic));
}

void TopicsImage::erase(const wire::Uuid& id) {
  const TopicPtr topic = find(id);
  if (topic == nullptr) return;
  by_id_.erase(id);
  const wire::Uuid* named = by_name_.find(topic->name);
  if (named == nullptr || *named != id) return;
  by_name_.erase(topic->name);
  const std::string key = collision_key(topic->name);
  const std::vector<std::string>* names = colliding_.find(key);
  if (names == nullptr) return;
  std::vector<std::string> rest = *names;
  std::erase(rest, topic->name);
  if (rest.empty()) {
    colliding_.erase(key);
  } else {
    colliding_.insert_or_assign(key, std::move(rest));
  }
}

bool TopicsImage::operator==(const TopicsImage& other) const {
  if (size() != other.size()) return false;
  for (const auto& [id, topic] : by_id_) {
    const TopicPtr theirs = other.find(id);
    if (theirs == nullptr || (theirs != topic && !(*theirs == *topic))) return false;
  }
  return by_name_ == other.by_name_;
}

TopicImage* MetadataDelta::touch(const wire::Uuid& id) {
  if (const auto touched = touched_topics_.find(id); touched != touched_topics_.end()) {
    return touched->second.get();
  }
  const TopicPtr topic = next_->topics_.find(id);
  if (topic == nullptr) return nullptr;
  auto copy = std::make_shared<TopicImage>(*topic);
  next_->topics_.put(copy);
  return touched_topics_.emplace(id, std::move(copy)).first->second.get();
}

wire::Status MetadataDelta::apply(const wire::TopicRecord& record, wire::Offset) {
  if (next_->topics_.find(record.name) != nullptr ||
      next_->topics_.find(record.topic_id) != nullptr) {
    return corrupt("TopicRecord: topic " + record.name + " or its id " +
                   record.topic_id.to_string() + " exists already");
  }
  auto topic = std::make_shared<TopicImage>();
  topic->name = record.name;
  topic->id = record.topic_id;
  next_->topics_.put(topic);
  touched_topics_.emplace(record.topic_id, std::move(topic));
  changes_.topics[record.topic_id].created = true;
  return {};
}

wire::Status MetadataDelta::apply(const wire::PartitionRecord& record, wire::Offset) {
  TopicImage* topic = touch(record.topic_id);
  if (topic == nullptr || record.partition_id < 0) {
    return corrupt("PartitionRecord: no topic for " + place(record.topic_id, record.partition_id));
  }
  if (!record.directories.empty() && record.directories.size() != record.replicas.size()) {
    return corrupt("PartitionRecord: " + place(record.topic_id, record.partition_id) +
                   " has not as many directories as replicas");
  }
  auto partition = std::make_shared<PartitionImage>();
  partition->replicas = record.replicas;
  partition->directories = normalized(record.directories, record.replicas.size());
  partition->isr = record.isr;
  partition->removing_replicas = record.removing_replicas;
  partition->adding_replicas = record.adding_replicas;
  if (record.eligible_leader_replicas) partition->elr = *record.eligible_leader_replicas;
  if (record.last_known_elr) partition->last_known_elr = *record.last_known_elr;
  partition->leader = record.leader;
  partition->leader_recovery_state = static_cast<LeaderRecoveryState>(record.leader_recovery_state);
  partition->leader_epoch = record.leader_epoch;
  partition->partition_epoch = record.partition_epoch;

  const auto index = static_cast<size_t>(record.partition_id);
  if (index > topic->partitions.size() + kMaxGap) {
    return corrupt("PartitionRecord: " + place(record.topic_id, record.partition_id) +
                   " is far beyond the topic's other partitions");
  }
  if (topic->partitions.size() <= index) topic->partitions.resize(index + 1, absent_partition());
  topic->partitions[index] = std::move(partition);
  changes_.topics[record.topic_id].partitions.insert(record.partition_id);
  return {};
}

wire::Result<PartitionImage> merged(const PartitionImage& partition,
                                    const wire::PartitionChangeRecord& change) {
  PartitionImage next = partition;
  if (change.replicas) next.replicas = *change.replicas;
  if (change.directories) next.directories = *change.directories;
  next.directories = normalized(next.directories, next.replicas.size());
  if (next.directories.size() != next.replicas.size()) {
    return corrupt("PartitionChangeRecord: " + place(change.topic_id, change.partition_id) +
                   " would not have as many directories as replicas");
  }
  if (change.isr) next.isr = *change.isr;
  if (change.removing_replicas) next.removing_replicas = *change.removing_replicas;
  if (change.adding_replicas) next.adding_replicas = *change.adding_replicas;
  if (change.eligible_leader_replicas) next.elr = *change.eligible_leader_replicas;
  if (change.last_known_elr) next.last_known_elr = *change.last_known_elr;
  // Naming a leader is an election, even if it names the same.
  if (change.leader != kNoLeaderChange) {
    next.leader = change.leader;
    ++next.leader_epoch;
  }
  if (change.leader_recovery_state >= 0) {
    next.leader_recovery_state = static_cast<LeaderRecoveryState>(change.leader_recovery_state);
  }
  ++next.partition_epoch;
  return next;
}

wire::Status MetadataDelta::apply(const wire::PartitionChangeRecord& record, wire::Offset) {
  TopicImage* topic = touch(record.topic_id);
  const PartitionImage* partition =
      topic == nullptr ? nullptr : topic->partition(record.partition_id);
  if (partition == nullptr || partition->partition_epoch < 0) {
    return corrupt("PartitionChangeRecord: no partition " +
                   place(record.topic_id, record.partition_id));
  }
  wire::Result<PartitionImage> next = merged(*partition, record);
  if (!next) return next.error();
  topic->partitions[static_cast<size_t>(record.partition_id)] =
      std::make_shared<const PartitionImage>(std::move(next).value());
  changes_.topics[record.topic_id].partitions.insert(record.partition_id);
  return {};
}

wire::Status MetadataDelta::apply(const wire::RemoveTopicRecord& record, wire::Offset) {
  const TopicPtr topic = next_->topics_.find(record.topic_id);
  if (topic == nullptr) {
    return corrupt("RemoveTopicRecord: no topic " + record.topic_id.to_string());
  }
  const std::string name = topic->name;
  next_->topics_.erase(record.topic_id);
  touched_topics_.erase(record.topic_id);
  changes_.topics.erase(record.topic_id);
  if (base_->topics().find(record.topic_id) != nullptr) {
    changes_.deleted_topics[record.topic_id] = name;
  }
  erase_configs({ConfigResourceType::kTopic, name});
  return {};
}

void MetadataDelta::clear_elr(TopicImage& topic) {
  for (size_t i = 0; i < topic.partitions.size(); ++i) {
    const PartitionImage& partition = *topic.partitions[i];
    if (partition.elr.empty() && partition.last_known_elr.empty()) continue;
    PartitionImage next = partition;
    next.elr.clear();
    next.last_known_elr.clear();
    ++next.partition_epoch;
    topic.partitions[i] = std::make_shared<const PartitionImage>(std::move(next));
    changes_.topics[topic.id].partitions.insert(static_cast<wire::PartitionIndex>(i));
  }
}

wire::Status MetadataDelta::apply(const wire::ClearElrRecord& record, wire::Offset) {
  const auto has_elr = [](const TopicImage& topic) {
    return std::any_of(topic.partitions.begin(), topic.partitions.end(), [](const auto& partition) {
      return !partition->elr.empty() || !partition->last_known_elr.empty();
    });
  };
  if (!record.topic_name.empty()) {
    const TopicPtr topic = next_->topics_.find(record.topic_name);
    if (topic == nullptr) return corrupt("ClearElrRecord: no topic " + record.topic_name);
    if (has_elr(*topic)) clear_elr(*touch(topic->id));
    return {};
  }
  std::vector<wire::Uuid> ids;
  for (const auto& [id, topic] : next_->topics_.by_id()) {
    if (has_elr(*topic)) ids.push_back(id);
  }
  for (const wire::Uuid& id : ids) clear_elr(*touch(id));
  return {};
}

MetadataRecord partition_record(const wire::Uuid& topic, wire::PartitionIndex index,
                                const PartitionImage& partition, const FeaturesImage& features) {
  const MetadataVersion version = features.metadata_version();
  wire::PartitionRecord record;
  record.partition_id = index;
  record.topic_id = topic;
  record.replicas = partition.replicas;
  record.isr = partition.isr;
  record.removing_replicas = partition.removing_replicas;
  record.adding_replicas = partition.adding_replicas;
  record.leader = partition.leader;
  record.leader_recovery_state = static_cast<int8_t>(partition.leader_recovery_state);
  record.leader_epoch = partition.leader_epoch;
  record.partition_epoch = partition.partition_epoch;
  if (version.directory_assignment_supported()) record.directories = partition.directories;
  if (features.elr_enabled()) {
    if (!partition.elr.empty()) record.eligible_leader_replicas = partition.elr;
    if (!partition.last_known_elr.empty()) record.last_known_elr = partition.last_known_elr;
  }
  return {std::move(record), version.partition_record_version()};
}

void write_topics(const MetadataImage& image, std::vector<MetadataRecord>& records) {
  for (const auto& [id, topic] : image.topics().by_id()) {
    wire::TopicRecord record;
    record.name = topic->name;
    record.topic_id = id;
    records.push_back({std::move(record), 0});
    for (size_t i = 0; i < topic->partitions.size(); ++i) {
      records.push_back(partition_record(id, static_cast<wire::PartitionIndex>(i),
                                         *topic->partitions[i], image.features()));
    }
  }
}

}  // namespace cluster::metadata
