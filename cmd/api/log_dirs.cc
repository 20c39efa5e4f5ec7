// AlterReplicaLogDirs (key 34), v0-v2.  v2: flexible.
// DescribeLogDirs (key 35), v0-v5.  v2: flexible.  v3: an error for the whole.  v4: sizes of the
// volume.  v5: cordoned (KIP-1066).
#include <map>
#include <set>
#include <utility>

#include <sys/statvfs.h>

#include "cluster/replica/replica_set.h"
#include "cmd/api/handlers.h"
#include "storage/log_directories.h"
#include "storage/partition_directory.h"
#include "wire/api/alter_replica_log_dirs.h"
#include "wire/api/describe_log_dirs.h"

namespace api {
namespace {

using wire::DescribeLogDirsResponse;
using wire::ErrorCode;

// The partitions asked for; nothing: all.
using Asked = std::optional<std::set<std::pair<std::string, wire::PartitionIndex>>>;

Asked partitions_asked(const wire::DescribeLogDirsRequest& request) {
  if (!request.topics) return std::nullopt;
  Asked asked;
  asked.emplace();
  for (const auto& topic : *request.topics) {
    for (const wire::PartitionIndex partition : topic.partitions)
      asked->emplace(topic.topic, partition);
  }
  return asked;
}

void add_volume(const std::string& path, DescribeLogDirsResponse::DescribeLogDirsResult& result) {
  struct statvfs volume {};
  if (statvfs(path.c_str(), &volume) != 0) return;  // in memory: there is none
  result.total_bytes = static_cast<int64_t>(volume.f_blocks * volume.f_frsize);
  result.usable_bytes = static_cast<int64_t>(volume.f_bavail * volume.f_frsize);
}

void add_logs(const Services& services, const storage::LogDirectory& directory, const Asked& asked,
              DescribeLogDirsResponse::DescribeLogDirsResult& result) {
  std::map<std::string, DescribeLogDirsResponse::DescribeLogDirsTopic> topics;
  const auto add = [&](const storage::Log& log) -> auto& {
    const storage::TopicPartition& name = log.name();
    auto& topic = topics[name.topic];
    topic.name = name.topic;
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = name.partition;
    partition.partition_size = log.size_bytes();
    return partition;
  };
  for (const storage::Log* log : services.log_directories->logs()) {
    const storage::TopicPartition& name = log->name();
    if (asked && !asked->contains({name.topic, name.partition})) continue;
    if (&log->directory() == &directory) {
      const auto replica = services.replicas->find(name.topic, name.partition);
      auto& partition = add(*log);
      // How far this copy is behind what is committed.
      if (replica != nullptr) {
        partition.offset_lag =
            std::max<int64_t>(0, replica->high_watermark() - log->log_end_offset());
      }
    }
    const storage::Log* copy = services.log_directories->future(name);
    if (copy == nullptr || &copy->directory() != &directory) continue;
    auto& partition = add(*copy);
    partition.is_future_key = true;
    partition.offset_lag = std::max<int64_t>(0, log->log_end_offset() - copy->log_end_offset());
  }
  for (auto& [name, topic] : topics) result.topics.push_back(std::move(topic));
}

// As Kafka's ReplicaManager.alterReplicaLogDirs().
ErrorCode move_replica(const Services& services, const std::string& path,
                       const storage::TopicPartition& name) {
  if (!storage::may_have_future_directory(name)) return ErrorCode::kInvalidTopicException;
  storage::LogDirectory* const directory = services.log_directories->find_path(path);
  if (directory == nullptr) return ErrorCode::kLogDirNotFound;
  if (!directory->online()) return ErrorCode::kKafkaStorageError;
  const auto partition = services.replicas->find(name.topic, name.partition);
  if (partition == nullptr) {
    const auto topic = services.image->topic(name.topic);
    return topic != nullptr && topic->partition(name.partition) != nullptr
               ? ErrorCode::kReplicaNotAvailable
               : ErrorCode::kUnknownTopicOrPartition;
  }
  if (!partition->log().directory().online()) return ErrorCode::kKafkaStorageError;
  return services.replicas->moves().begin(partition, *directory);
}

}  // namespace

void handle_alter_replica_log_dirs(RequestContext& context,
                                   wire::AlterReplicaLogDirsRequest request,
                                   wire::Reply<wire::AlterReplicaLogDirsResponse> reply) {
  // Answered by partition: of one that is named twice the last directory counts.
  std::map<std::string, std::map<wire::PartitionIndex, std::string>> wanted;
  for (const auto& directory : request.dirs) {
    for (const auto& topic : directory.topics) {
      for (const wire::PartitionIndex partition : topic.partitions)
        wanted[topic.name][partition] = directory.path;
    }
  }
  wire::AlterReplicaLogDirsResponse response;
  for (const auto& [name, partitions] : wanted) {
    auto& topic = response.results.emplace_back();
    topic.topic_name = name;
    for (const auto& [index, path] : partitions) {
      auto& answer = topic.partitions.emplace_back();
      answer.partition_index = index;
      answer.error_code = move_replica(context.services, path, {name, index});
    }
  }
  reply(std::move(response));
}

void handle_describe_log_dirs(RequestContext& context, wire::DescribeLogDirsRequest request,
                              wire::Reply<wire::DescribeLogDirsResponse> reply) {
  const Services& services = context.services;
  const Asked asked = partitions_asked(request);
  DescribeLogDirsResponse response;
  for (const auto& directory : services.log_directories->all()) {
    auto& result = response.results.emplace_back();
    result.log_dir = directory->path();
    if (!directory->online()) {
      result.error_code = ErrorCode::kKafkaStorageError;
      continue;
    }
    add_volume(directory->path(), result);
    add_logs(services, *directory, asked, result);
  }
  reply(std::move(response));
}

}  // namespace api
