#include "cluster/replica/directory_assignments.h"

#include "wire/api/assign_replicas_to_dirs.h"
#include "wire/base/log.h"

namespace cluster::replica {

using wire::ErrorCode;

namespace {

constexpr wire::DurationMs kRetryMs = 100;
constexpr size_t kReplicasPerRequestMax = 2'250;  // as Kafka: the request stays below 64 KiB

}  // namespace

DirectoryAssignments::~DirectoryAssignments() {
  ports_.timers.cancel(timer_);
}

void DirectoryAssignments::assign(const wire::Uuid& topic, wire::PartitionIndex partition,
                                  const wire::Uuid& directory, wire::Callback<void()> done) {
  wishes_[{topic, partition}] = Wish{directory, std::move(done)};
  if (!in_flight_) send_later(0);
}

void DirectoryAssignments::send_later(wire::DurationMs delay_ms) {
  if (timer_ != kNoTimer) return;
  timer_ = ports_.timers.schedule(delay_ms, [this] {
    timer_ = kNoTimer;
    send();
  });
}

void DirectoryAssignments::send() {
  if (in_flight_ || wishes_.empty()) return;
  const wire::NodeId controller = ports_.controller();
  const int64_t epoch = ports_.broker_epoch();
  if (controller == wire::kNoNode || epoch < 0) return send_later(kRetryMs);

  std::map<Replica, wire::Uuid> sent;
  std::map<wire::Uuid, std::map<wire::Uuid, std::vector<wire::PartitionIndex>>> by_directory;
  for (const auto& [replica, wish] : wishes_) {
    if (sent.size() == kReplicasPerRequestMax) break;
    sent.emplace(replica, wish.directory);
    by_directory[wish.directory][replica.first].push_back(replica.second);
  }
  wire::AssignReplicasToDirsRequest request;
  request.broker_id = ports_.node_id;
  request.broker_epoch = epoch;
  for (const auto& [id, topics] : by_directory) {
    auto& directory = request.directories.emplace_back();
    directory.id = id;
    for (const auto& [topic_id, partitions] : topics) {
      auto& topic = directory.topics.emplace_back();
      topic.topic_id = topic_id;
      for (const wire::PartitionIndex index : partitions)
        topic.partitions.emplace_back().partition_index = index;
    }
  }
  in_flight_ = true;
  ports_.transport.send(controller, std::move(request),
                        [this, sent = std::move(sent),
                         alive = std::weak_ptr(alive_)](wire::Result<PeerResponse> answer) mutable {
                          if (!alive.expired()) receive(std::move(sent), std::move(answer));
                        });
}

void DirectoryAssignments::receive(std::map<Replica, wire::Uuid> sent,
                                   wire::Result<PeerResponse> answer) {
  in_flight_ = false;
  wire::DurationMs delay = 0;
  if (!answer.ok()) {
    delay = kRetryMs;
  } else {
    const auto& response = std::get<wire::AssignReplicasToDirsResponse>(*answer);
    if (response.error_code == ErrorCode::kUnsupportedVersion) {
      for (const auto& [replica, directory] : sent) settle(replica, directory);
    } else if (response.error_code != ErrorCode::kNone) {
      delay = kRetryMs;
    }
    for (const auto& directory : response.directories) {
      for (const auto& topic : directory.topics) {
        for (const auto& partition : topic.partitions) {
          if (partition.error_code != ErrorCode::kNone) {
            wire::log::warn("the controller does not take directory {} for partition {} of {}: {}",
                            directory.id.to_string(), partition.partition_index,
                            topic.topic_id.to_string(), wire::error_name(partition.error_code));
          }
          settle({topic.topic_id, partition.partition_index}, directory.id);
        }
      }
    }
  }
  if (!wishes_.empty()) send_later(delay);
}

void DirectoryAssignments::settle(const Replica& replica, const wire::Uuid& directory) {
  const auto found = wishes_.find(replica);
  if (found == wishes_.end() || found->second.directory != directory) return;
  wire::Callback<void()> done = std::move(found->second.done);
  wishes_.erase(found);
  if (done) done();
}

}  // namespace cluster::replica
