#include "cluster/replica/replica_set.h"

#include <algorithm>
#include <utility>

#include "wire/base/log.h"

namespace cluster::replica {

using wire::ErrorCode;

ReplicaSet::ReplicaSet(wire::NodeId node_id, const wire::Clock& clock, Timers& timers,
                       storage::LogDirectories& directories, storage::SyncQueue* sync_queue,
                       OptionsOf options_of)
    : services_{.node_id = node_id,
                .clock = clock,
                .timers = timers,
                .sync_queue = sync_queue,
                .observer = this},
      directories_(directories),
      options_of_(std::move(options_of)),
      moves_(timers, directories) {}

ReplicaSet::~ReplicaSet() {
  services_.timers.cancel(failure_timer_);
}

std::shared_ptr<Partition> ReplicaSet::find(std::string_view topic,
                                            wire::PartitionIndex index) const {
  const auto found = by_name_.find(absl::string_view(topic.data(), topic.size()));
  if (found == by_name_.end()) return nullptr;
  const auto partition = found->second->partitions.find(index);
  return partition == found->second->partitions.end() ? nullptr : partition->second;
}

std::shared_ptr<Partition> ReplicaSet::find(const wire::Uuid& topic_id,
                                            wire::PartitionIndex index) const {
  const auto found = by_id_.find(topic_id);
  if (found == by_id_.end()) return nullptr;
  const auto partition = found->second->partitions.find(index);
  return partition == found->second->partitions.end() ? nullptr : partition->second;
}

std::vector<std::shared_ptr<Partition>> ReplicaSet::all() const {
  std::vector<std::shared_ptr<Partition>> partitions;
  for (const auto& [id, topic] : by_id_) {
    for (const auto& [index, partition] : topic->partitions) partitions.push_back(partition);
  }
  return partitions;
}

LeadershipListener* ReplicaSet::listener_of(const std::string& topic) const {
  const auto found = listeners_.find(topic);
  return found == listeners_.end() ? nullptr : found->second;
}

void ReplicaSet::on_image(const metadata::ImageChanges& changes, const metadata::ImagePtr&,
                          const metadata::ImagePtr& image) {
  for (const auto& [id, name] : changes.deleted_topics) delete_topic(id);
  for (const auto& [id, change] : changes.topics) {
    const metadata::TopicPtr topic = image->topic(id);
    if (topic) apply_topic(*topic, change.partitions, *image);
  }
  if (!changes.configs.empty()) refresh_options(changes, *image);
  if (!strays_checked_) {
    strays_checked_ = true;
    set_strays_aside();
    resume_moves();
  }
}

void ReplicaSet::apply_topic(const metadata::TopicImage& topic,
                             const std::set<wire::PartitionIndex>& partitions,
                             const metadata::MetadataImage& image) {
  auto& slot = by_id_[topic.id];
  if (!slot) {
    slot = std::make_unique<TopicReplicas>(TopicReplicas{topic.name, topic.id, {}});
    by_name_[topic.name] = slot.get();
  }
  for (const wire::PartitionIndex index : partitions) {
    const metadata::PartitionImage* wanted = topic.partition(index);
    if (wanted == nullptr) continue;
    if (wanted->has_replica(services_.node_id)) {
      apply_partition(*slot, index, *wanted, image);
    } else {
      remove_partition(*slot, index, ErrorCode::kNotLeaderOrFollower);
    }
  }
}

void ReplicaSet::apply_partition(TopicReplicas& replicas, wire::PartitionIndex index,
                                 const metadata::PartitionImage& wanted,
                                 const metadata::MetadataImage& image) {
  const auto found = replicas.partitions.find(index);
  const bool is_new = found == replicas.partitions.end();
  // It is listed once it is open: a directory that fails meanwhile walks over what is listed.
  const std::shared_ptr<Partition> partition =
      is_new ? open_partition(replicas, index, wanted, image) : found->second;
  if (!partition) return;
  if (is_new) replicas.partitions.emplace(index, partition);
  LeadershipListener* listener = listener_of(replicas.name);
  const bool was_leader = partition->is_leader();
  const wire::Epoch old_epoch = partition->leader_epoch();
  if (wanted.leader != services_.node_id) {
    partition->follow(wanted);
    if (was_leader && listener != nullptr) listener->on_resigned(index);
    return;
  }
  if (const auto led = partition->lead(wanted); !led.ok()) {
    wire::log::error("{} cannot be led: {}", partition->name().to_string(), led.error().detail);
    partition->close(led.error().code);
    return;
  }
  const bool elected = !was_leader || old_epoch != partition->leader_epoch();
  if (elected && listener != nullptr) listener->on_elected(index, partition->leader_epoch());
}

std::shared_ptr<Partition> ReplicaSet::open_partition(const TopicReplicas& replicas,
                                                      wire::PartitionIndex index,
                                                      const metadata::PartitionImage& wanted,
                                                      const metadata::MetadataImage& image) {
  const storage::TopicPartition name{replicas.name, index};
  PartitionOptions options = options_of_(replicas.name, image);
  storage::Log* log = directories_.find(name);
  if (log != nullptr && log->topic_id() != replicas.id) {
    wire::log::warn("{} on the disk belongs to topic id {}, not {}: setting it aside as a stray",
                    name.to_string(), log->topic_id().to_string(), replicas.id.to_string());
    if (const auto status = directories_.set_aside(name); !status.ok()) {
      wire::log::error("{}", status.error().detail);
      return nullptr;
    }
    log = nullptr;
  }
  if (log == nullptr) {
    storage::LogDirectory* directory = directories_.find(wanted.directory(services_.node_id));
    const auto log_options = std::make_shared<const storage::LogOptions>(options.log);
    // A move that only the last rename was missing of.
    auto opened = directory != nullptr ? directories_.adopt_future(name, *directory, log_options)
                                       : wire::Result<storage::Log*>(nullptr);
    if (opened.ok() && *opened == nullptr)
      opened = directories_.create(name, replicas.id, log_options, directory);
    if (!opened.ok()) {
      wire::log::error("{} cannot be created: {}", name.to_string(), opened.error().detail);
      return nullptr;
    }
    log = *opened;
  } else {
    log->set_options(std::make_shared<const storage::LogOptions>(options.log));
  }
  auto partition = std::make_shared<Partition>(services_, name, replicas.id, *log,
                                               std::move(options), log->noted_high_watermark());
  tell_directory(*partition, wanted);
  return partition;
}

void ReplicaSet::tell_directory(const Partition& partition,
                                const metadata::PartitionImage& wanted) {
  const wire::Uuid directory = partition.log().directory().id();
  if (assignments_ == nullptr || wanted.directory(services_.node_id) == directory) return;
  assignments_->assign(partition.topic_id(), partition.name().partition, directory);
}

void ReplicaSet::resume_moves() {
  for (const storage::TopicPartition& name : directories_.found_futures()) {
    if (const auto partition = find(name.topic, name.partition)) moves_.resume(partition);
  }
}

void ReplicaSet::delete_topic(const wire::Uuid& id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  TopicReplicas& replicas = *found->second;
  while (!replicas.partitions.empty()) {
    remove_partition(replicas, replicas.partitions.begin()->first,
                     ErrorCode::kUnknownTopicOrPartition);
  }
  const auto by_name = by_name_.find(replicas.name);
  if (by_name != by_name_.end() && by_name->second == &replicas) by_name_.erase(by_name);
  by_id_.erase(found);
}

void ReplicaSet::remove_partition(TopicReplicas& replicas, wire::PartitionIndex index,
                                  ErrorCode why) {
  const auto found = replicas.partitions.find(index);
  if (found == replicas.partitions.end()) return;
  const std::shared_ptr<Partition> partition = std::move(found->second);
  replicas.partitions.erase(found);
  const bool was_leader = partition->is_leader();
  moves_.cancel(partition->name());
  partition->close(why);
  LeadershipListener* listener = listener_of(replicas.name);
  if (was_leader && listener != nullptr) listener->on_resigned(index);
  if (services_.sync_queue != nullptr) services_.sync_queue->forget(partition->log());
  if (const auto status = directories_.remove(partition->name()); !status.ok()) {
    wire::log::error("{} cannot be deleted: {}", partition->name().to_string(),
                     status.error().detail);
  }
}

void ReplicaSet::refresh_options(const metadata::ImageChanges& changes,
                                 const metadata::MetadataImage& image) {
  bool all = false;
  absl::flat_hash_set<std::string> topics;
  for (const auto& resource : changes.configs) {
    if (resource.type == metadata::ConfigResourceType::kTopic) topics.insert(resource.name);
    if (resource.type == metadata::ConfigResourceType::kBroker) all = true;
  }
  for (const auto& [name, replicas] : by_name_) {
    if (!all && !topics.contains(name)) continue;
    const PartitionOptions options = options_of_(name, image);
    for (const auto& [index, partition] : replicas->partitions) partition->set_options(options);
  }
}

void ReplicaSet::set_strays_aside() {
  for (storage::Log* log : directories_.logs()) {
    const storage::TopicPartition name = log->name();
    if (find(name.topic, name.partition)) continue;
    wire::log::warn(
        "{} is on the disk but in no topic of this cluster: setting it aside as a stray",
        name.to_string());
    if (const auto status = directories_.set_aside(name); !status.ok())
      wire::log::error("{}", status.error().detail);
  }
}

void ReplicaSet::on_high_watermark(Partition& partition) {
  LeadershipListener* listener = listener_of(partition.name().topic);
  if (listener != nullptr)
    listener->on_high_watermark(partition.name().partition, partition.high_watermark());
}

void ReplicaSet::on_directory_failed(const storage::LogDirectory& directory) {
  if (released_) return;
  failed_.push_back(&directory);
  if (failure_timer_ != kNoTimer) return;
  failure_timer_ = services_.timers.schedule(0, [this] {
    failure_timer_ = kNoTimer;
    close_failed_partitions();
  });
}

void ReplicaSet::close_failed_partitions() {
  const auto failed = std::exchange(failed_, {});
  for (const storage::LogDirectory* directory : failed) moves_.on_directory_failed(*directory);
  for (const auto& partition : all()) {
    const storage::LogDirectory* directory = &partition->log().directory();
    if (std::find(failed.begin(), failed.end(), directory) == failed.end()) continue;
    partition->close(ErrorCode::kKafkaStorageError);
    // Told even if it was closed before: by a sync, or by an election that failed.
    LeadershipListener* listener = listener_of(partition->name().topic);
    if (listener != nullptr) listener->on_resigned(partition->name().partition);
  }
}

void ReplicaSet::shut_down() {
  for (const auto& partition : all()) partition->resign();
}

void ReplicaSet::release_logs() {
  released_ = true;
  services_.timers.cancel(std::exchange(failure_timer_, kNoTimer));
}

}  // namespace cluster::replica
