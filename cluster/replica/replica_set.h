// The partitions that this broker holds, kept as the metadata image says.
//
// Follows each published image: creates logs, takes and gives up leadership, deletes.  Handlers
// find partitions here; the coordinators hear of the internal topics they live in.  One object per
// shard; all its partitions are used on that shard only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "cluster/metadata/image.h"
#include "cluster/replica/directory_assignments.h"
#include "cluster/replica/gathered_appends.h"
#include "cluster/replica/partition.h"
#include "cluster/replica/replica_moves.h"
#include "storage/log_directories.h"

namespace cluster::replica {

// A coordinator that lives in the partitions of one internal topic.
class LeadershipListener {
 public:
  virtual ~LeadershipListener() = default;
  virtual void on_elected(wire::PartitionIndex partition, wire::Epoch leader_epoch) = 0;
  // No longer leader, deleted, or its directory failed.
  virtual void on_resigned(wire::PartitionIndex partition) = 0;
  virtual void on_high_watermark(wire::PartitionIndex partition, wire::Offset high_watermark) = 0;
};

class ReplicaSet final : public metadata::ImageListener, public PartitionObserver {
 public:
  // The options of a topic under an image: its own configs over the broker's.
  using OptionsOf = std::function<PartitionOptions(const std::string& topic,
                                                   const metadata::MetadataImage& image)>;

  // REQUIRES: directories are loaded, and they and the ports outlive this.  `sync_queue` null:
  // appends need no sync.
  ReplicaSet(wire::NodeId node_id, const wire::Clock& clock, Timers& timers,
             storage::LogDirectories& directories, storage::SyncQueue* sync_queue,
             OptionsOf options_of);
  ~ReplicaSet() override;

  // `listener` hears of the topic's partitions from now on.  REQUIRES: before the first image; it
  // outlives this.
  void listen(std::string topic, LeadershipListener& listener) {
    listeners_.emplace(std::move(topic), &listener);
  }

  // Tells the controller of the directories of replicas from now on.  REQUIRES: before the first
  // image; it outlives this.
  void use(DirectoryAssignments& assignments) {
    assignments_ = &assignments;
    moves_.use(&assignments);
  }
  // Appends of a turn are written together at its end from now on.  REQUIRES: before the first
  // image.
  void gather_appends() {
    gathered_ = std::make_unique<GatheredAppends>(services_.timers);
    services_.gathered = gathered_.get();
  }
  // Between the log directories of this broker.
  ReplicaMoves& moves() { return moves_; }

  void on_image(const metadata::ImageChanges& changes, const metadata::ImagePtr& previous,
                const metadata::ImagePtr& image) override;
  void on_high_watermark(Partition& partition) override;
  // Its logs answer KAFKA_STORAGE_ERROR already.  On the next turn of the loop its partitions close
  // and their listeners are told: a directory fails in the middle of some append, and who made it
  // may be among those to be destroyed.
  void on_directory_failed(const storage::LogDirectory& directory);
  // Before the logs are closed: whoever waits is answered, with NOT_LEADER_OR_FOLLOWER unless only
  // a sync is missing.
  void shut_down();
  // The logs are about to be closed: from here on a directory that fails is the business of who
  // closes them.
  void release_logs();

  // Null if this broker has no replica of it.
  std::shared_ptr<Partition> find(std::string_view topic, wire::PartitionIndex index) const;
  std::shared_ptr<Partition> find(const wire::Uuid& topic_id, wire::PartitionIndex index) const;
  std::vector<std::shared_ptr<Partition>> all() const;
  // Of all partitions that there have been.
  const Traffic& traffic() const { return services_.traffic; }

 private:
  struct TopicReplicas {
    std::string name;
    wire::Uuid id;
    absl::flat_hash_map<wire::PartitionIndex, std::shared_ptr<Partition>> partitions;
  };

  void apply_topic(const metadata::TopicImage& topic,
                   const std::set<wire::PartitionIndex>& partitions,
                   const metadata::MetadataImage& image);
  void apply_partition(TopicReplicas& replicas, wire::PartitionIndex index,
                       const metadata::PartitionImage& wanted,
                       const metadata::MetadataImage& image);
  // Opens or creates the log; null, and one log line, if that failed.
  std::shared_ptr<Partition> open_partition(const TopicReplicas& replicas,
                                            wire::PartitionIndex index,
                                            const metadata::PartitionImage& wanted,
                                            const metadata::MetadataImage& image);
  void delete_topic(const wire::Uuid& id);
  void remove_partition(TopicReplicas& replicas, wire::PartitionIndex index, wire::ErrorCode why);
  void refresh_options(const metadata::ImageChanges& changes, const metadata::MetadataImage& image);
  // The controller knows where the replica is, or is told.
  void tell_directory(const Partition& partition, const metadata::PartitionImage& wanted);
  void resume_moves();
  void close_failed_partitions();
  // Logs on the disk that no partition of the first image claims.
  void set_strays_aside();
  LeadershipListener* listener_of(const std::string& topic) const;

  PartitionServices services_;
  std::unique_ptr<GatheredAppends> gathered_;
  storage::LogDirectories& directories_;
  OptionsOf options_of_;
  DirectoryAssignments* assignments_ = nullptr;
  ReplicaMoves moves_;
  bool strays_checked_ = false;
  std::vector<const storage::LogDirectory*> failed_;  // since the last turn
  TimerId failure_timer_ = kNoTimer;
  bool released_ = false;
  absl::flat_hash_map<std::string, LeadershipListener*> listeners_;
  absl::flat_hash_map<wire::Uuid, std::unique_ptr<TopicReplicas>, std::hash<wire::Uuid>> by_id_;
  absl::flat_hash_map<std::string, TopicReplicas*> by_name_;
};

}  // namespace cluster::replica
