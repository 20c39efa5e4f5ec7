// A metadata quorum of one without a disk, and a controller with its brokers on top of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/controller/controller.h"
#include "tests/cluster/fake_timers.h"
#include "wire/base/check.h"
#include "wire/base/clock.h"
#include "wire/base/random.h"

namespace cluster::controller {

// Commits when told to.
class FakeMetadataLog final : public metadata::MetadataLog {
 public:
  wire::Result<wire::Offset> append(wire::Epoch epoch,
                                    std::span<const wire::Bytes> records) override {
    if (leader_.leader_id != kSelf || epoch != leader_.epoch) {
      return wire::Error{wire::ErrorCode::kNotController, "not the leader"};
    }
    batches_.push_back({end_, epoch, 1'700'000'000'000, {records.begin(), records.end()}});
    end_ = batches_.back().last_offset() + 1;
    if (commits_at_once) commit_all();
    return end_ - 1;
  }
  int16_t kraft_version() const override { return kraft_version_; }
  wire::Status can_upgrade_kraft_version(int16_t) const override {
    if (knows_voters) return {};
    return wire::Error{wire::ErrorCode::kInvalidUpdateVersion, "a voter is not known"};
  }
  wire::Status upgrade_kraft_version(wire::Epoch, int16_t version) override {
    wire::Status status = can_upgrade_kraft_version(version);
    if (status.ok()) kraft_version_ = version;
    return status;
  }
  metadata::LeaderAndEpoch leader() const override { return leader_; }
  wire::Offset end_offset() const override { return end_; }
  wire::Offset high_watermark() const override { return high_watermark_; }
  void subscribe(metadata::MetadataLogListener& listener) override {
    listeners_.push_back(&listener);
  }
  wire::Status write_snapshot(metadata::SnapshotId id, wire::TimestampMs,
                              std::span<const wire::Bytes> records) override {
    snapshot_id = id;
    snapshot.assign(records.begin(), records.end());
    return {};
  }

  void commit_all() {
    high_watermark_ = end_;
    while (committed_ < batches_.size()) {
      const metadata::CommittedBatch batch = batches_[committed_++];
      for (auto* listener : listeners_) listener->on_commit(batch);
    }
  }
  void elect(wire::NodeId id) {
    leader_ = {id, leader_.epoch + 1};
    for (auto* listener : listeners_) listener->on_leader_change(leader_);
  }
  // Everything appended but not committed is gone, as after a change of leader.
  void forget_uncommitted() {
    batches_.resize(committed_);
    end_ = high_watermark_;
  }
  // The records in the log, in order.
  std::vector<metadata::MetadataRecord> records(size_t from_batch = 0) const {
    std::vector<metadata::MetadataRecord> all;
    for (size_t i = from_batch; i < batches_.size(); ++i) {
      for (const wire::Bytes& frame : batches_[i].records)
        all.push_back(metadata::decode_record(frame).value());
    }
    return all;
  }
  size_t batch_count() const { return batches_.size(); }

  static constexpr wire::NodeId kSelf = 1;
  bool commits_at_once = true;
  bool knows_voters = true;
  metadata::SnapshotId snapshot_id;
  std::vector<wire::Bytes> snapshot;

 private:
  std::vector<metadata::MetadataLogListener*> listeners_;
  std::vector<metadata::CommittedBatch> batches_;
  size_t committed_ = 0;
  wire::Offset end_ = 0;
  wire::Offset high_watermark_ = 0;
  metadata::LeaderAndEpoch leader_;
  int16_t kraft_version_ = 0;
};

// Knows three topic configs; everything named "bad..." is refused.
class FakeConfigs final : public ConfigValidator {
 public:
  wire::Status validate(const metadata::ConfigResource&, const metadata::ConfigMap& configs,
                        const metadata::ConfigMap&) const override {
    for (const auto& [name, value] : configs) {
      if (name.starts_with("bad")) {
        return wire::Error{wire::ErrorCode::kInvalidConfig, "Unknown topic config name: " + name};
      }
    }
    return {};
  }
  bool is_list(metadata::ConfigResourceType, std::string_view name) const override {
    return name == "cleanup.policy";
  }
  std::optional<std::string> default_value(metadata::ConfigResourceType,
                                           std::string_view name) const override {
    if (name == "cleanup.policy") return "delete";
    if (name == "min.insync.replicas") return "1";
    if (name == "unclean.leader.election.enable") return "false";
    return std::nullopt;
  }
  std::vector<EffectiveConfig> effective_topic_configs(const metadata::ConfigMap& topic,
                                                       const ConfigLayers& layers) const override {
    std::vector<EffectiveConfig> all;
    for (const char* name :
         {"cleanup.policy", "min.insync.replicas", "unclean.leader.election.enable"}) {
      all.push_back({name, effective_topic_config(name, topic, layers),
                     topic.contains(name) ? int8_t{1} : int8_t{5}});
    }
    return all;
  }
  std::string effective_topic_config(std::string_view name, const metadata::ConfigMap& topic,
                                     const ConfigLayers& layers) const override {
    for (const metadata::ConfigMap* layer : {&topic, &layers.broker, &layers.cluster_default}) {
      if (const auto found = layer->find(name); found != layer->end()) return found->second;
    }
    return default_value(metadata::ConfigResourceType::kTopic, name).value_or("");
  }
};

class Cluster {
 public:
  explicit Cluster(ControllerOptions options = default_options()) : options_(std::move(options)) {
    log.subscribe(loader);
    log.subscribe(controller);
  }

  static ControllerOptions default_options() {
    ControllerOptions options;
    options.node_id = FakeMetadataLog::kSelf;
    options.cluster_id = "cluster";
    return options;
  }

  // Starts an operation; the answer appears when it is given.
  template <typename Response, typename Request>
  std::shared_ptr<std::optional<Response>> begin(
      void (Controller::*operation)(const OperationContext&, Request, wire::Reply<Response>),
      Request request, int16_t version = Request::kMaxVersion) {
    auto answer = std::make_shared<std::optional<Response>>();
    OperationContext context;
    context.version = version;
    (controller.*operation)(context, std::move(request),
                            wire::Reply<Response>([answer](std::optional<Response> response) {
                              CHECK(response.has_value());
                              *answer = std::move(response);
                            }));
    return answer;
  }
  // REQUIRES: it is answered at once.
  template <typename Response, typename Request>
  Response call(void (Controller::*operation)(const OperationContext&, Request,
                                              wire::Reply<Response>),
                Request request, int16_t version = Request::kMaxVersion) {
    const auto answer = begin(operation, std::move(request), version);
    CHECK(answer->has_value());
    return std::move(**answer);
  }

  wire::BrokerRegistrationRequest registration(wire::NodeId id, uint64_t incarnation) const {
    wire::BrokerRegistrationRequest request;
    request.broker_id = id;
    request.cluster_id = options_.cluster_id;
    request.incarnation_id = {incarnation, static_cast<uint64_t>(id) + 1000};
    auto& listener = request.listeners.emplace_back();
    listener.name = "PLAINTEXT";
    listener.host = "127.0.0.1";
    listener.port = static_cast<uint16_t>(9092 + id);
    for (const auto& range : metadata::enforced_features()) {
      auto& feature = request.features.emplace_back();
      feature.name = range.name;
      feature.min_supported_version = range.min_version;
      feature.max_supported_version = range.max_version;
    }
    request.log_dirs = {directory(id)};
    return request;
  }
  static wire::Uuid directory(wire::NodeId id) { return {static_cast<uint64_t>(id), 7777}; }

  int64_t register_broker(wire::NodeId id, uint64_t incarnation = 1, int64_t previous_epoch = -1) {
    auto request = registration(id, incarnation);
    request.previous_broker_epoch = previous_epoch;
    const auto response = call(&Controller::register_broker, request);
    last_error = response.error_code;
    return response.broker_epoch;
  }
  wire::BrokerHeartbeatResponse heartbeat(wire::NodeId id, bool want_shut_down = false,
                                          bool want_fence = false) {
    wire::BrokerHeartbeatRequest request;
    request.broker_id = id;
    const metadata::BrokerImage* broker = loader.image()->broker(id);
    request.broker_epoch = broker == nullptr ? -1 : broker->epoch;
    request.current_metadata_offset = loader.image()->provenance().last_offset;
    request.want_shut_down = want_shut_down;
    request.want_fence = want_fence;
    return call(&Controller::heartbeat, request);
  }
  // A cluster of `count` unfenced brokers, controlled by node 1.
  void start(int count) {
    log.elect(FakeMetadataLog::kSelf);
    for (wire::NodeId id = 1; id <= count; ++id) {
      register_broker(id);
      heartbeat(id);
    }
  }
  wire::CreateTopicsResponse create(const std::string& name, int32_t partitions = 1,
                                    int16_t replicas = 1) {
    wire::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = replicas;
    return call(&Controller::create_topics, request);
  }
  const metadata::PartitionImage& partition(const std::string& topic,
                                            wire::PartitionIndex index = 0) const {
    return *loader.image()->topic(topic)->partition(index);
  }
  const metadata::MetadataImage& image() const { return *loader.image(); }

  ControllerOptions options_;
  wire::ManualClock clock;
  FakeTimers timers{clock};
  wire::SeededRandom random{42};
  FakeMetadataLog log;
  FakeConfigs configs;
  metadata::ImageLoader loader{{}, log, clock, timers};
  Controller controller{options_, log, loader, configs, clock, timers, random};
  wire::ErrorCode last_error = wire::ErrorCode::kNone;
};

}  // namespace cluster::controller
