// A whole node without sockets on a faulty file system: metadata log and controller, partitions, the coordinators of groups
// and transactions and their RocksDB, joined as cmd/server/node.h joins them.
//
// Nothing is asserted here: what fails makes ok() false, as a process would end.  Destroy it after files.stop(), so that what
// the destructors do is not taken for what a killed process did.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/broker_lifecycle.h"
#include "cluster/coordinator/gathered_rows.h"
#include "cluster/formatter.h"
#include "cluster/groups/group_coordinator.h"
#include "cluster/groups/group_leadership.h"
#include "cluster/metadata/bootstrap_checkpoint.h"
#include "cluster/raft/driver.h"
#include "cluster/replica/coordinator_partitions.h"
#include "cluster/replica/replica_set.h"
#include "cluster/transactions/transaction_coordinator.h"
#include "cluster/transactions/transaction_leadership.h"
#include "storage/disk_executor.h"
#include "storage/fs/faulty_file_system.h"
#include "storage/kv/rocks_store.h"
#include "storage/log_directories.h"
#include "tests/cluster/controller/harness.h"
#include "tests/cluster/fake_timers.h"

namespace cluster {

class CrashNode final : public Transport, public transactions::ProducerIdSource {
 public:
  static constexpr wire::NodeId kId = 1;
  static constexpr const char* kDirectory = "/logs";
  static constexpr const char* kClusterId = "odradekTestCluster0000";

  // `incarnation`: a new one for each start.  `bug`: a mistake for the test to find.
  CrashNode(storage::FaultyFileSystem& files, wire::ManualClock& clock, uint64_t incarnation,
            storage::PlantedBug bug = storage::PlantedBug::kNone)
      : files_(files), clock_(clock), random_(incarnation), incarnation_{incarnation, 1000} {
    storage_.planted_bug = bug;
    options_.verify_transactions = false;
    next_producer_id_ = static_cast<wire::ProducerId>(incarnation) * 1'000;
    options_.segment_bytes = 1'200;
    options_.index_interval_bytes = 150;
    options_.retention_bytes = 3'000;
    options_.file_delete_delay_ms = 1'000;
    if (open()) start();
  }
  ~CrashNode() override {
    transactions_.reset();
    groups_.reset();
    rows_.reset();
    replicas_.reset();
    lifecycle_.reset();
    controller_.reset();
    loader_.reset();
    log_.reset();
  }

  // False for ever after a failure, or while the power is off.
  bool ok() const { return failure_.empty() && !files_.stopped(); }
  const std::string& failure() const { return failure_; }
  bool running() const { return running_; }

  storage::LogDirectories& directories() { return *directories_; }
  replica::ReplicaSet& replicas() { return *replicas_; }
  groups::GroupCoordinator& groups() { return *groups_; }
  transactions::TransactionCoordinator& transactions() { return *transactions_; }
  controller::Controller& controller() { return *controller_; }
  const metadata::MetadataImage& image() const { return *loader_->image(); }

  // Lets everything happen that needs no time to pass.
  void settle() {
    do {
      disk_.run_all();
      timers_.run_due();
      auto deliveries = std::exchange(deliveries_, {});
      for (auto& deliver : deliveries) deliver();
    } while (!disk_.idle() || !deliveries_.empty());
    for (const auto& directory : directories_->all()) {
      if (!directory->online()) fail(directory->failure());
    }
  }
  // What a second brings.
  void tick() {
    directories_->checkpoint();
    settle();
    timers_.advance(500);
    settle();
  }
  // As SIGTERM does.
  void shut_down() {
    bool left = false;
    lifecycle_->begin_shutdown([&left] { left = true; });
    settle();
    if (!ok()) return;
    if (!left) return fail({wire::ErrorCode::kUnknownServerError, "it may not leave"});
    replicas_->shut_down();
    groups_->resign_all();
    transactions_->resign_all();
    replicas_->release_logs();
    take(directories_->shut_down(lifecycle_->epoch()));
    log_->shut_down([] {});
    settle();
  }

  void send(wire::NodeId, PeerRequest request,
            wire::Callback<void(wire::Result<PeerResponse>)> done) override {
    deliveries_.push_back([this, request = std::move(request), done = std::move(done)]() mutable {
      controller::OperationContext context;
      if (auto* registration = std::get_if<wire::BrokerRegistrationRequest>(&request)) {
        context.version = wire::BrokerRegistrationRequest::kMaxVersion;
        controller_->register_broker(context, *registration,
                                     reply<wire::BrokerRegistrationResponse>(std::move(done)));
      } else if (auto* heartbeat = std::get_if<wire::BrokerHeartbeatRequest>(&request)) {
        context.version = wire::BrokerHeartbeatRequest::kMaxVersion;
        controller_->heartbeat(context, *heartbeat,
                               reply<wire::BrokerHeartbeatResponse>(std::move(done)));
      } else if (auto* markers = std::get_if<wire::WriteTxnMarkersRequest>(&request)) {
        write_markers(*markers, std::move(done));
      } else {
        done(wire::Error{wire::ErrorCode::kNetworkException, "nobody there"});
      }
    });
  }
  void next(wire::Callback<void(wire::Result<wire::ProducerId>)> done) override {
    done(next_producer_id_++);
  }

 private:
  template <typename Response>
  static wire::Reply<Response> reply(wire::Callback<void(wire::Result<PeerResponse>)> done) {
    return wire::Reply<Response>(
        [done = std::move(done)](std::optional<Response> response) mutable {
          if (response) done(PeerResponse(std::move(*response)));
        });
  }

  // As WriteTxnMarkers: answered when every partition has said what became of its marker.
  void write_markers(const wire::WriteTxnMarkersRequest& request,
                     wire::Callback<void(wire::Result<PeerResponse>)> done) {
    struct Answer {
      ~Answer() { done(PeerResponse(std::move(response))); }
      wire::Callback<void(wire::Result<PeerResponse>)> done;
      wire::WriteTxnMarkersResponse response;
    };
    const auto answer = std::make_shared<Answer>();
    answer->done = std::move(done);
    for (const auto& each : request.markers) {
      const wire::EndTransactionMarker marker{.producer_id = each.producer_id,
                                              .producer_epoch = each.producer_epoch,
                                              .committed = each.transaction_result,
                                              .coordinator_epoch = each.coordinator_epoch};
      for (const auto& topic : each.topics) {
        for (const wire::PartitionIndex index : topic.partition_indexes) {
          const auto told = [answer, id = each.producer_id, name = topic.name,
                             index](wire::ErrorCode error) {
            auto& result = answer->response.markers.emplace_back();
            result.producer_id = id;
            auto& of_topic = result.topics.emplace_back();
            of_topic.name = name;
            of_topic.partitions.push_back({index, error});
          };
          write_marker(marker, topic.name, index, each.transaction_version, told);
        }
      }
    }
  }
  void write_marker(const wire::EndTransactionMarker& marker, const std::string& topic,
                    wire::PartitionIndex index, int16_t transaction_version,
                    const std::function<void(wire::ErrorCode)>& told) {
    const auto partition = replicas_->find(topic, index);
    if (partition == nullptr) return told(wire::ErrorCode::kUnknownTopicOrPartition);
    if (topic == groups::kOffsetsTopic)
      return groups_->end_transaction(index, marker, transaction_version, told);
    partition->append_marker(
        marker, transaction_version, 30'000,
        [told](const replica::AppendOutcome& outcome) { told(outcome.error); });
  }

  void fail(const wire::Error& error) {
    if (failure_.empty()) failure_ = error.detail.empty() ? "it failed" : error.detail;
  }
  template <typename T>
  bool take(const wire::Result<T>& result) {
    if (!result.ok()) fail(result.error());
    return result.ok();
  }

  bool open() {
    FormatOptions formatting;
    formatting.node_id = kId;
    formatting.cluster_id = kClusterId;
    formatting.directories = {kDirectory};
    formatting.metadata_directory = kDirectory;
    formatting.ignore_formatted = true;
    if (!take(format_directories(files_, formatting, random_, clock_.wall_ms()))) return false;
    auto directories = storage::LogDirectories::open(storage_, {.paths = {kDirectory},
                                                                .cluster_id = kClusterId,
                                                                .node_id = kId,
                                                                .metadata_directory = kDirectory});
    if (!take(directories)) return false;
    directories_ = std::move(*directories);
    auto store = storage::RocksStore::open("/state", files_);
    if (!take(store)) return false;
    store_ = std::move(*store);
    return open_quorum();
  }

  bool open_quorum() {
    raft::DriverOptions quorum;
    quorum.directory = kDirectory;
    quorum.log_segment_bytes = 2'000;
    quorum.retention_bytes = 3'000;
    quorum.on_failure = [this](const wire::Error& error) { fail(error); };
    quorum.quorum.node_id = kId;
    quorum.quorum.directory_id = directories_->all().front()->id();
    quorum.quorum.cluster_id = kClusterId;
    quorum.quorum.seed = 1;
    raft::Voter self;
    self.key.id = kId;
    self.endpoints = {{"CONTROLLER", "127.0.0.1", 9093}};
    quorum.quorum.endpoints = self.endpoints;
    quorum.quorum.static_voters = raft::VoterSet({self});
    auto log = raft::Driver::open(storage_, *this, timers_, std::move(quorum));
    if (!take(log)) return false;
    log_ = std::move(*log);
    loader_ = std::make_unique<metadata::ImageLoader>(
        metadata::ImageLoaderOptions{.max_bytes_between_snapshots = 1'000}, *log_, clock_, timers_);
    const auto bootstrap = storage::read_file(
        files_, storage::join_path(kDirectory, metadata::kBootstrapCheckpointFile));
    if (!take(bootstrap)) return false;
    auto records = metadata::decode_bootstrap_checkpoint(*bootstrap);
    if (!take(records)) return false;
    controller::ControllerOptions controlling;
    controlling.node_id = kId;
    controlling.cluster_id = kClusterId;
    controlling.controller_listeners = {{"CONTROLLER", "127.0.0.1", 9093}};
    controlling.local_incarnation_id = incarnation_;
    controlling.bootstrap_records = std::move(*records);
    controller_ = std::make_unique<controller::Controller>(controlling, *log_, *loader_, configs_,
                                                           clock_, timers_, random_);
    return true;
  }

  void start() {
    BrokerLifecycleOptions broker;
    broker.node_id = kId;
    broker.cluster_id = kClusterId;
    broker.incarnation_id = incarnation_;
    broker.listeners = {{"PLAINTEXT", "127.0.0.1", 9092}};
    broker.log_dirs = {directories_->all().front()->id()};
    broker.previous_broker_epoch = directories_->previous_broker_epoch();
    lifecycle_ = std::make_unique<BrokerLifecycle>(broker, *log_, *loader_, *this, timers_);
    loader_->add_listener(*lifecycle_);
    log_->subscribe(*loader_);
    log_->subscribe(*controller_);
    log_->start();
    lifecycle_->start();
    settle();
    const auto image = loader_->image();
    const auto* self = image == nullptr ? nullptr : image->broker(kId);
    if (self == nullptr || self->incarnation_id != incarnation_)
      return fail({wire::ErrorCode::kUnknownServerError, "it did not register"});
    serve();
  }

  void serve() {
    if (!take(directories_->load([this](const std::string& topic) {
          return std::make_shared<const storage::LogOptions>(options_of(topic).log);
        })))
      return;
    replicas_ = std::make_unique<replica::ReplicaSet>(
        kId, clock_, timers_, *directories_, &directories_->sync_queue(),
        [this](const std::string& topic, const metadata::MetadataImage&) {
          return options_of(topic);
        });
    replicas_->gather_appends();
    directories_->on_directory_failed(
        [this](storage::LogDirectory& directory) { replicas_->on_directory_failed(directory); });
    offsets_ = std::make_unique<replica::CoordinatorPartitions>(std::string(groups::kOffsetsTopic),
                                                                *replicas_);
    groups::GroupOptions grouping;
    grouping.offsets_topic_num_partitions = 1;
    rows_ = std::make_unique<coordinator::GatheredRows>(*store_, timers_);
    groups_ = std::make_unique<groups::GroupCoordinator>(
        grouping, groups::GroupPorts{clock_, random_, timers_, *offsets_, *offsets_, *rows_});
    leadership_ = std::make_unique<groups::GroupLeadership>(*groups_);
    replicas_->listen(std::string(groups::kOffsetsTopic), *leadership_);
    serve_transactions();
    loader_->add_listener(cluster_view_);
    loader_->add_listener(*replicas_);
    loader_->add_listener(*leadership_);
    loader_->add_listener(*transaction_leadership_);
    lifecycle_->ready([this] { running_ = true; });
    settle();
    if (!running_) fail({wire::ErrorCode::kUnknownServerError, "it is not unfenced"});
  }

  void serve_transactions() {
    transaction_partitions_ = std::make_unique<replica::CoordinatorPartitions>(
        std::string(transactions::kTransactionTopic), *replicas_);
    transactions_ = std::make_unique<transactions::TransactionCoordinator>(
        transactions::TransactionOptions(),
        transactions::TransactionPorts{clock_, timers_, *transaction_partitions_,
                                       *transaction_partitions_, *rows_, *this, *this,
                                       cluster_view_});
    transaction_leadership_ = std::make_unique<transactions::TransactionLeadership>(*transactions_);
    replicas_->listen(std::string(transactions::kTransactionTopic), *transaction_leadership_);
  }

  replica::PartitionOptions options_of(const std::string& topic) const {
    replica::PartitionOptions options;
    options.log = options_;
    if (topic == groups::kOffsetsTopic || topic == transactions::kTransactionTopic) {
      options.log.delete_by_retention = false;
      options.log.compact = true;
    }
    return options;
  }

  storage::FaultyFileSystem& files_;
  wire::ManualClock& clock_;
  wire::SeededRandom random_;
  const wire::Uuid incarnation_;
  storage::LogOptions options_;
  std::string failure_;
  bool running_ = false;
  wire::ProducerId next_producer_id_ = 0;

  FakeTimers timers_{clock_};
  storage::ManualDiskExecutor disk_;
  storage::StorageServices storage_{
      .files = files_, .clock = clock_, .random = random_, .disk = disk_};
  controller::FakeConfigs configs_;
  std::vector<wire::Callback<void()>> deliveries_;
  std::unique_ptr<storage::LogDirectories> directories_;
  std::unique_ptr<storage::RocksStore> store_;
  std::unique_ptr<coordinator::GatheredRows> rows_;
  std::unique_ptr<raft::Driver> log_;
  std::unique_ptr<metadata::ImageLoader> loader_;
  std::unique_ptr<controller::Controller> controller_;
  std::unique_ptr<BrokerLifecycle> lifecycle_;
  std::unique_ptr<replica::ReplicaSet> replicas_;
  std::unique_ptr<replica::CoordinatorPartitions> offsets_;
  std::unique_ptr<groups::GroupCoordinator> groups_;
  std::unique_ptr<groups::GroupLeadership> leadership_;
  std::unique_ptr<replica::CoordinatorPartitions> transaction_partitions_;
  transactions::ImageClusterView cluster_view_;
  std::unique_ptr<transactions::TransactionCoordinator> transactions_;
  std::unique_ptr<transactions::TransactionLeadership> transaction_leadership_;
};

}  // namespace cluster
