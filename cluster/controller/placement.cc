#include "cluster/controller/placement.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

namespace cluster::controller {

using wire::NodeId;

namespace {

template <typename T>
void shuffle(std::vector<T>& items, wire::Random& random) {
  for (size_t i = items.size(); i > 1; --i) {
    std::swap(items[i - 1], items[static_cast<size_t>(random.below(i))]);
  }
}

// Brokers of one rack, handed out in turn; each once an epoch (one partition is one epoch).
class BrokerRing {
 public:
  void add(NodeId broker) { brokers_.push_back(broker); }
  void start_anywhere(wire::Random& random) {
    if (brokers_.empty()) return;
    std::sort(brokers_.begin(), brokers_.end());
    offset_ = static_cast<size_t>(random.below(brokers_.size()));
  }
  void mix(wire::Random& random) { shuffle(brokers_, random); }

  std::optional<NodeId> next(int64_t epoch) {
    if (brokers_.empty()) return std::nullopt;
    if (epoch_ != epoch) {
      epoch_ = epoch;
      index_ = 0;
      offset_ = (offset_ + 1) % brokers_.size();
    }
    if (index_ >= brokers_.size()) return std::nullopt;
    return brokers_[(index_++ + offset_) % brokers_.size()];
  }

 private:
  std::vector<NodeId> brokers_;
  size_t index_ = 0;
  size_t offset_ = 0;
  int64_t epoch_ = 0;
};

struct Rack {
  BrokerRing unfenced;
  BrokerRing fenced;

  std::optional<NodeId> next(int64_t epoch) {
    const std::optional<NodeId> broker = unfenced.next(epoch);
    return broker ? broker : fenced.next(epoch);
  }
};

class RackRing {
 public:
  RackRing(const ControllerState& state) : random_(state.random) {
    // Brokers without a rack share one, as everywhere in Kafka.
    std::map<std::optional<std::string>, Rack> racks;
    for (const auto& [id, session] : state.sessions.brokers()) {
      const metadata::BrokerImage* broker = state.cluster().broker(id);
      if (broker == nullptr || session.controlled_shutdown_offset) continue;
      if (!broker->has_uncordoned_dirs()) continue;
      Rack& rack = racks[broker->rack];
      (session.fenced ? rack.fenced : rack.unfenced).add(id);
      ++total_;
      if (!session.fenced) ++unfenced_;
    }
    for (auto& [name, rack] : racks) {
      rack.unfenced.start_anywhere(random_);
      rack.fenced.start_anywhere(random_);
      racks_.push_back(std::move(rack));
    }
    if (!racks_.empty()) offset_ = static_cast<size_t>(random_.below(racks_.size()));
  }

  size_t total() const { return total_; }
  size_t unfenced() const { return unfenced_; }

  // REQUIRES: at least one unfenced broker, and `replicas` in all.
  std::vector<NodeId> place(size_t replicas) {
    if (epoch_ == static_cast<int64_t>(unfenced_) && unfenced_ > 1) {
      shuffle(racks_, random_);
      for (Rack& rack : racks_) {
        rack.unfenced.mix(random_);
        rack.fenced.mix(random_);
      }
      epoch_ = 0;
    }
    if (offset_ == racks_.size()) offset_ = 0;
    std::vector<NodeId> brokers;
    size_t leader_rack = offset_;
    while (true) {
      if (const auto broker = racks_[leader_rack].unfenced.next(epoch_)) {
        brokers.push_back(*broker);
        break;
      }
      leader_rack = (leader_rack + 1) % racks_.size();
    }
    // The first walk over the racks passes by the leader's.
    std::optional<size_t> pass_by = leader_rack;
    for (size_t rack = offset_; brokers.size() < replicas; rack = (rack + 1) % racks_.size()) {
      if (rack == pass_by) {
        pass_by.reset();
      } else if (const auto broker = racks_[rack].next(epoch_)) {
        brokers.push_back(*broker);
      }
    }
    ++epoch_;
    ++offset_;
    return brokers;
  }

 private:
  wire::Random& random_;
  std::vector<Rack> racks_;
  size_t total_ = 0;
  size_t unfenced_ = 0;
  int64_t epoch_ = 0;
  size_t offset_ = 0;
};

wire::Error refused(std::string detail) {
  return {wire::ErrorCode::kInvalidReplicationFactor, std::move(detail)};
}

}  // namespace

wire::Result<std::vector<std::vector<NodeId>>> place_replicas(const ControllerState& state,
                                                              int32_t partitions,
                                                              int16_t replication_factor) {
  RackRing racks(state);
  if (replication_factor <= 0) {
    return refused("Invalid replication factor " + std::to_string(replication_factor) +
                   ": the replication factor must be positive.");
  }
  if (racks.unfenced() == 0) {
    return refused("All brokers are currently fenced, or have all their log directories cordoned.");
  }
  if (static_cast<size_t>(replication_factor) > racks.total()) {
    return refused("The target replication factor of " + std::to_string(replication_factor) +
                   " cannot be reached because only " + std::to_string(racks.total()) +
                   " broker(s) are registered or some brokers have all their log directories "
                   "cordoned.");
  }
  std::vector<std::vector<NodeId>> placed;
  placed.reserve(static_cast<size_t>(partitions));
  for (int32_t i = 0; i < partitions; ++i) {
    placed.push_back(racks.place(static_cast<size_t>(replication_factor)));
  }
  return placed;
}

}  // namespace cluster::controller
