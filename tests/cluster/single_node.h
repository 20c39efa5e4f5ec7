// One node's control plane on a file system of the test's choice: quorum replica, image loader, controller and broker
// lifecycle, joined by a transport that delivers on the next turn.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/broker_lifecycle.h"
#include "cluster/formatter.h"
#include "cluster/metadata/bootstrap_checkpoint.h"
#include "cluster/raft/driver.h"
#include "storage/disk_executor.h"
#include "tests/cluster/controller/harness.h"

namespace cluster {

class SingleNode final : public Transport {
 public:
  static constexpr wire::NodeId kId = 1;

  // `incarnation`: a new one for each start.
  SingleNode(storage::FileSystem& files, wire::ManualClock& clock, std::string directory,
             uint64_t incarnation, int64_t previous_epoch = -1,
             metadata::ImageLoaderOptions loading = {})
      : files_(files), clock_(clock), directory_(std::move(directory)), random_(incarnation) {
    format();
    const auto properties = storage::read_meta_properties(files_, directory_).value().value();
    raft::DriverOptions quorum;
    quorum.directory = directory_;
    quorum.quorum.node_id = kId;
    quorum.quorum.directory_id = properties.directory_id.value();
    quorum.quorum.cluster_id = properties.cluster_id;
    quorum.quorum.seed = incarnation;
    raft::Voter self;
    self.key.id = kId;
    self.endpoints = {{"CONTROLLER", "127.0.0.1", 9093}};
    quorum.quorum.endpoints = self.endpoints;
    quorum.quorum.static_voters = raft::VoterSet({self});
    log_ = raft::Driver::open(storage_, *this, timers_, std::move(quorum)).value();
    loader = std::make_unique<metadata::ImageLoader>(loading, *log_, clock_, timers_);

    controller::ControllerOptions controlling;
    controlling.node_id = kId;
    controlling.cluster_id = properties.cluster_id;
    controlling.controller_listeners = {{"CONTROLLER", "127.0.0.1", 9093}};
    controlling.local_incarnation_id = wire::Uuid{incarnation, 1000};
    controlling.bootstrap_records =
        metadata::decode_bootstrap_checkpoint(
            storage::read_file(files_,
                               storage::join_path(directory_, metadata::kBootstrapCheckpointFile))
                .value())
            .value();
    controller = std::make_unique<controller::Controller>(controlling, *log_, *loader, configs_,
                                                          clock_, timers_, random_);

    BrokerLifecycleOptions broker;
    broker.node_id = kId;
    broker.cluster_id = properties.cluster_id;
    broker.incarnation_id = *controlling.local_incarnation_id;
    broker.listeners = {{"PLAINTEXT", "127.0.0.1", 9092}};
    broker.log_dirs = {properties.directory_id.value()};
    broker.previous_broker_epoch = previous_epoch;
    lifecycle = std::make_unique<BrokerLifecycle>(broker, *log_, *loader, *this, timers_);
    loader->add_listener(*lifecycle);
    log_->subscribe(*loader);
    log_->subscribe(*controller);
  }

  ~SingleNode() override {
    lifecycle.reset();
    controller.reset();
    loader.reset();
    log_.reset();
  }

  void start() {
    log_->start();
    lifecycle->start();
    lifecycle->ready([this] { running = true; });
    settle();
  }
  // Lets everything happen that needs no time to pass.
  void settle() {
    do {
      disk_.run_all();
      timers_.run_due();
      auto deliveries = std::exchange(deliveries_, {});
      for (auto& deliver : deliveries) deliver();
    } while (!disk_.idle() || !deliveries_.empty());
  }
  void advance(wire::DurationMs duration_ms) {
    timers_.advance(duration_ms);
    settle();
  }
  wire::CreateTopicsResponse create(const std::string& name, int32_t partitions) {
    wire::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    wire::CreateTopicsResponse answer;
    controller->create_topics(
        {.version = 7, .may_describe = nullptr, .may_describe_configs = nullptr}, request,
        wire::Reply<wire::CreateTopicsResponse>([&](auto response) { answer = *response; }));
    settle();
    return answer;
  }
  const metadata::MetadataImage& image() const { return *loader->image(); }
  raft::Driver& log() { return *log_; }

  void send(wire::NodeId, PeerRequest request,
            wire::Callback<void(wire::Result<PeerResponse>)> done) override {
    deliveries_.push_back([this, request = std::move(request), done = std::move(done)]() mutable {
      controller::OperationContext context;
      if (auto* registration = std::get_if<wire::BrokerRegistrationRequest>(&request)) {
        context.version = wire::BrokerRegistrationRequest::kMaxVersion;
        controller->register_broker(context, *registration,
                                    reply<wire::BrokerRegistrationResponse>(std::move(done)));
      } else if (auto* heartbeat = std::get_if<wire::BrokerHeartbeatRequest>(&request)) {
        context.version = wire::BrokerHeartbeatRequest::kMaxVersion;
        controller->heartbeat(context, *heartbeat,
                              reply<wire::BrokerHeartbeatResponse>(std::move(done)));
      } else {
        done(wire::Error{wire::ErrorCode::kNetworkException, "nobody there"});
      }
    });
  }

  std::unique_ptr<metadata::ImageLoader> loader;
  std::unique_ptr<controller::Controller> controller;
  std::unique_ptr<BrokerLifecycle> lifecycle;
  bool running = false;

 private:
  void format() {
    FormatOptions options;
    options.node_id = kId;
    options.cluster_id = "odradekTestCluster0000";
    options.directories = {directory_};
    options.metadata_directory = directory_;
    options.ignore_formatted = true;
    CHECK(format_directories(files_, options, random_, clock_.wall_ms()).ok());
  }
  template <typename Response>
  static wire::Reply<Response> reply(wire::Callback<void(wire::Result<PeerResponse>)> done) {
    return wire::Reply<Response>(
        [done = std::move(done)](std::optional<Response> response) mutable {
          done(PeerResponse(std::move(response).value()));
        });
  }

  storage::FileSystem& files_;
  wire::ManualClock& clock_;
  std::string directory_;
  wire::SeededRandom random_;
  FakeTimers timers_{clock_};
  storage::ManualDiskExecutor disk_;
  storage::StorageServices storage_{files_, clock_, random_, disk_};
  controller::FakeConfigs configs_;
  std::unique_ptr<raft::Driver> log_;
  std::vector<wire::Callback<void()>> deliveries_;
};

}  // namespace cluster
