#include "cmd/server/node.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "cluster/config/config_layers.h"
#include "cluster/config/listeners.h"
#include "cluster/controller/activation.h"
#include "cluster/coordinator/partition_hash.h"
#include "cluster/metadata/bootstrap_checkpoint.h"
#include "cmd/api/topic_creation.h"
#include "cmd/server/connection_limits.h"
#include "cmd/server/deferred_store.h"
#include "cmd/server/descriptors.h"
#include "cmd/server/format.h"
#include "storage/fs/memory_file_system.h"
#include "storage/fs/posix_file_system.h"
#include "storage/kv/memory_store.h"
#include "wire/base/log.h"

namespace server {
namespace {

using cluster::config::BrokerConfig;
using cluster::config::Durability;

// The SyncQueue may keep most of them busy; the metadata log must not wait behind it.
constexpr int kDiskThreads = static_cast<int>(storage::SyncQueue::kJobsMax) + 2;
// However many log.cleaner.threads there are.
constexpr int kCleanerThreadsMax = 8;
constexpr int kReadThreads = 4;
constexpr wire::DurationMs kCheckpointIntervalMs = 1'000;
// How long a stop waits for clients to take their answers.
constexpr wire::DurationMs kDrainTimeoutMs = 1'000;

std::unique_ptr<storage::FileSystem> make_files(Durability durability, const wire::Clock& clock) {
  if (durability == Durability::kMemory) return std::make_unique<storage::MemoryFileSystem>(clock);
  return std::make_unique<storage::PosixFileSystem>();
}

// Beside the first log directory, not in it: Apache does not start on one that holds a folder it
// does not know.
std::string state_directory(const BrokerConfig& config) {
  return config.find("odradek.state.dir").value_or(config.log_dirs().front() + ".odradek");
}

cluster::metadata::Endpoint to_metadata(const cluster::config::Endpoint& endpoint, uint16_t port) {
  return {.name = endpoint.listener,
          .host = endpoint.host.empty() ? "localhost" : endpoint.host,
          .port = port,
          .security_protocol = static_cast<cluster::metadata::SecurityProtocol>(endpoint.protocol)};
}

// The leader of the `__transaction_state` partition that a transactional id belongs to.
wire::NodeId transaction_coordinator(const cluster::metadata::MetadataImage& image,
                                     const std::string& transactional_id) {
  const auto topic = image.topic(cluster::transactions::kTransactionTopic);
  if (topic == nullptr || topic->partitions.empty()) return wire::kNoNode;
  const auto count = static_cast<int32_t>(topic->partitions.size());
  const auto* partition =
      topic->partition(cluster::coordinator::partition_for_key(transactional_id, count));
  const auto* leader = partition == nullptr ? nullptr : image.broker(partition->leader);
  return leader != nullptr && !leader->fenced ? partition->leader : wire::kNoNode;
}

void warn_of_dead_advert(const api::AdvertWatch::Doubt& doubt) {
  wire::log::warn(
      "the client \"{}\" ({}) at {} came to {} (listener {}), was told {}, and is not heard of "
      "since: it seems not to reach that. Published under another port: set "
      "advertised.listeners={}://auto:PORT; on another machine than the one that publishes it: "
      "odradek.advertised.host; else advertise auto, or an address that it knows",
      wire::log::printable(doubt.client.id),
      doubt.software.empty() ? "unknown software" : wire::log::printable(doubt.software),
      doubt.client.host, doubt.dialled, doubt.listener, doubt.told, doubt.listener);
}

}  // namespace

Node::Node(Shard& shard, BrokerConfig config)
    : shard_(shard),
      config_(std::move(config)),
      durability_(config_.durability()),
      disk_(shard, "disk", kDiskThreads),
      read_disk_(shard, "disk reads", kReadThreads),
      cleaner_disk_(shard, "cleaner", kCleanerThreadsMax, DiskPool::Priority::kLow),
      removal_disk_(shard, "file removal", 1, DiskPool::Priority::kLow),
      files_(make_files(durability_, shard.clock())),
      storage_{*files_, shard.clock(), random_, disk_},
      validator_(config_),
      transport_(shard, config_.node_id()),
      incarnation_id_(wire::Uuid::random(random_)),
      advert_watch_(shard.clock(), shard, warn_of_dead_advert),
      image_holder_(*this),
      image_watch_(shard),
      conversion_memory_(static_cast<size_t>(config_.get_long("odradek.downconversion.max.bytes"))),
      listeners_(shard, config_) {
  storage_.idle_disk = &removal_disk_;
  services_.node_id = config_.node_id();
  services_.clock = &shard_.clock();
  services_.random = &random_;
  services_.timers = &shard_;
  services_.transport = &transport_;
  services_.disk = &read_disk_;
  services_.config = &config_;
  services_.image_watch = &image_watch_;
  services_.request_metrics = &request_metrics_;
  services_.advert_watch = &advert_watch_;
  services_.conversion_memory = &conversion_memory_;
  services_.fetch_max_bytes = config_.get_int("fetch.max.bytes");
}

Node::~Node() {
  transport_.serve(nullptr, nullptr);
  transport_.serve_brokers(nullptr);
  if (connections_ != nullptr) connections_->close_all();
  // What the disk still owes is dropped with the rest: it may hold answers for clients.
  cleaner_disk_.stop();
  removal_disk_.stop();
  read_disk_.stop();
  disk_.stop();
  shard_.drop_pending();
}

wire::Status Node::start(wire::Callback<void()> ready, wire::Callback<void(wire::Error)> failed) {
  ready_ = std::move(ready);
  failed_ = std::move(failed);
  if (auto opened = listeners_.open(); !opened.ok()) return opened;
  if (auto opened = open_http(); !opened.ok()) return opened;
  if (auto opened = open_directories(); !opened.ok()) return opened;
  open_store();
  if (auto opened = open_quorum(); !opened.ok()) return opened;
  start_broker();
  return {};
}

wire::Status Node::open_http() {
  const auto where =
      cluster::config::parse_host_and_port(config_.get_string("odradek.http.listener"));
  if (!where) return {};
  console::MetricsOptions metrics;
  metrics.series_max = static_cast<size_t>(config_.get_int("odradek.http.metrics.max.series"));
  metrics.network = [this]() -> std::optional<console::NetworkFacts> {
    if (connections_ == nullptr) return std::nullopt;
    auto by_listener = connections_->count_by_listener();
    for (const auto& endpoint : config_.listeners()) by_listener.try_emplace(endpoint.listener, 0);
    return console::NetworkFacts{.connections_by_listener = std::move(by_listener),
                                 .accepted = connections_->accepted(),
                                 .refused = connections_->refused(),
                                 .bytes_in = connections_->bytes_in(),
                                 .bytes_out = connections_->bytes_out(),
                                 .request_memory = connections_->request_memory(),
                                 .answer_memory = connections_->answer_memory()};
  };
  routes_ = std::make_unique<console::Routes>(services_, std::move(metrics),
                                              [this] { return why_not_ready(); });
  HttpOptions options;
  options.host = where->host;
  options.port = where->port;
  options.connections_max = static_cast<size_t>(config_.get_int("odradek.http.max.connections"));
  options.timeout_ms = config_.get_int("odradek.http.timeout.ms");
  http_ = std::make_unique<HttpServer>(
      shard_, std::move(options),
      [this](const console::HttpRequest& request, wire::Reply<console::HttpAnswer> reply) {
        routes_->serve(request, std::move(reply));
      });
  return http_->open();
}

std::string Node::why_not_ready() const {
  if (stopping_) return "stopping";
  if (connections_ == nullptr) return caught_up_ ? "loading logs" : "reading metadata";
  const auto* self = services_.image->broker(config_.node_id());
  return self == nullptr || self->fenced ? "fenced by the controller" : "";
}

std::vector<cluster::metadata::Endpoint> Node::controller_endpoints() const {
  std::vector<cluster::metadata::Endpoint> endpoints;
  for (const auto& endpoint : config_.listeners()) {
    if (!config_.is_controller_listener(endpoint.listener)) continue;
    endpoints.push_back(to_metadata(endpoint, listeners_.find(endpoint.listener)->port()));
  }
  return endpoints;
}

wire::Status Node::open_directories() {
  auto identity = read_or_format(*files_, config_, random_);
  if (!identity.ok()) return identity.error();
  services_.cluster_id = identity->cluster_id;
  metadata_directory_id_ = identity->metadata_directory_id;
  storage::LogDirectories::Options options;
  options.paths = config_.log_dirs();
  options.cluster_id = identity->cluster_id;
  options.node_id = config_.node_id();
  options.metadata_directory = config_.metadata_log_dir();
  options.unsynced_logs_max = unsynced_logs_max();
  auto opened = storage::LogDirectories::open(storage_, std::move(options));
  if (!opened.ok()) return opened.error();
  directories_ = std::move(*opened);
  services_.log_directories = directories_.get();
  return {};
}

void Node::open_store() {
  if (durability_ == Durability::kMemory) {
    store_ = std::make_unique<storage::MemoryStore>();
    return;
  }
  store_ = std::make_unique<DeferredStore>(disk_, state_directory(config_),
                                           [this](wire::Error error) { fail(std::move(error)); });
}

wire::Status Node::open_quorum() {
  cluster::raft::DriverOptions options;
  options.directory = config_.metadata_log_dir();
  options.sync = durability_ != Durability::kMemory;
  options.log_segment_bytes = config_.get_int("metadata.log.segment.bytes");
  options.retention_bytes = config_.get_long("metadata.max.retention.bytes");
  options.retention_ms = config_.get_long("metadata.max.retention.ms");
  options.on_failure = [this](const wire::Error& error) { fail(error); };
  cluster::raft::Config& quorum = options.quorum;
  quorum.node_id = config_.node_id();
  quorum.directory_id = metadata_directory_id_;
  quorum.cluster_id = services_.cluster_id;
  quorum.can_be_voter = config_.is_controller();
  for (const auto& endpoint : controller_endpoints()) {
    quorum.endpoints.push_back(
        {.name = endpoint.name, .host = endpoint.host, .port = endpoint.port});
  }
  quorum.election_timeout_ms = config_.get_int("controller.quorum.election.timeout.ms");
  quorum.fetch_timeout_ms = config_.get_int("controller.quorum.fetch.timeout.ms");
  quorum.election_backoff_max_ms = config_.get_int("controller.quorum.election.backoff.max.ms");
  quorum.seed = random_.next();
  std::vector<cluster::raft::Voter> voters;
  for (const auto& voter : config_.quorum_voters()) {
    auto& added = voters.emplace_back();
    added.key.id = voter.id;
    added.endpoints.push_back(
        {.name = listeners_.last().options().name, .host = voter.host, .port = voter.port});
  }
  if (voters.empty()) {
    // Alone, unless the log or its snapshot names the voters (KIP-853).
    auto& self = voters.emplace_back();
    self.key.id = config_.node_id();
    self.endpoints = quorum.endpoints;
  }
  quorum.static_voters = cluster::raft::VoterSet(std::move(voters));

  auto opened = cluster::raft::Driver::open(storage_, transport_, shard_, std::move(options));
  if (!opened.ok()) return opened.error();
  raft_ = std::move(*opened);
  services_.raft = raft_.get();

  cluster::metadata::ImageLoaderOptions loading;
  loading.max_bytes_between_snapshots =
      config_.get_long("metadata.log.max.record.bytes.between.snapshots");
  loading.max_snapshot_interval_ms = config_.get_long("metadata.log.max.snapshot.interval.ms");
  loader_ =
      std::make_unique<cluster::metadata::ImageLoader>(loading, *raft_, shard_.clock(), shard_);

  auto controlling = config_.controller_options();
  controlling.node_id = config_.node_id();
  controlling.cluster_id = services_.cluster_id;
  controlling.local_incarnation_id = incarnation_id_;
  controlling.controller_listeners = controller_endpoints();
  auto bootstrap = bootstrap_records();
  if (!bootstrap.ok()) return bootstrap.error();
  controlling.bootstrap_records = std::move(*bootstrap);
  controller_ = std::make_unique<cluster::controller::Controller>(
      std::move(controlling), *raft_, *loader_, validator_, shard_.clock(), shard_, random_);
  services_.controller = controller_.get();
  return {};
}

// What `storage format` left, or what a fresh cluster of this release starts with.
wire::Result<std::vector<cluster::metadata::MetadataRecord>> Node::bootstrap_records() {
  const std::string path =
      storage::join_path(config_.metadata_log_dir(), cluster::metadata::kBootstrapCheckpointFile);
  if (!files_->exists(path)) {
    return cluster::controller::bootstrap_records(
        cluster::controller::default_feature_levels(cluster::metadata::kLatestMetadataVersion));
  }
  const auto file = storage::read_file(*files_, path);
  if (!file.ok()) return file.error();
  return cluster::metadata::decode_bootstrap_checkpoint(*file);
}

void Node::start_broker() {
  cluster::BrokerLifecycleOptions options;
  options.node_id = config_.node_id();
  options.cluster_id = services_.cluster_id;
  options.incarnation_id = incarnation_id_;
  options.listeners = listeners_.addresses().registered();
  options.rack = config_.find("broker.rack");
  for (const auto& directory : directories_->all()) {
    if (directory->online()) options.log_dirs.push_back(directory->id());
  }
  options.previous_broker_epoch = directories_->previous_broker_epoch();
  options.heartbeat_interval_ms = config_.get_int("broker.heartbeat.interval.ms");
  lifecycle_ = std::make_unique<cluster::BrokerLifecycle>(std::move(options), *raft_, *loader_,
                                                          transport_, shard_);
  producer_ids_ = std::make_unique<api::ProducerIds>(
      transport_, config_.node_id(), [this] { return controller_->active_controller(); },
      [this] { return lifecycle_->epoch(); });

  transport_.serve(raft_.get(), controller_.get());
  loader_->add_listener(image_holder_);
  loader_->add_listener(*lifecycle_);
  raft_->subscribe(*loader_);
  raft_->subscribe(*controller_);
  raft_->start();
  lifecycle_->start();
}

void Node::ImageHolder::on_image(const cluster::metadata::ImageChanges& changes,
                                 const cluster::metadata::ImagePtr&,
                                 const cluster::metadata::ImagePtr& image) {
  node_.services_.image = image;
  const auto& cluster = image->cluster();
  for (const std::string& line :
       shared_addresses(cluster, changes.brokers, node_.config_.node_id())) {
    wire::log::warn("{}", line);
  }
  const bool of_brokers =
      std::any_of(changes.configs.begin(), changes.configs.end(), [](const auto& resource) {
        return resource.type == cluster::metadata::ConfigResourceType::kBroker;
      });
  if (of_brokers && node_.connections_ != nullptr) {
    node_.connections_->set_limits(
        connection_limits(cluster::config::layers_of(node_.config_, image->configs())));
  }
  if (!node_.caught_up_) node_.continue_start();
}

// Goes on when the metadata is read up to this broker's own registration.
void Node::continue_start() {
  if (caught_up_ || stopping_ || services_.image == nullptr) return;
  const auto* self = services_.image->broker(config_.node_id());
  if (self == nullptr || self->incarnation_id != incarnation_id_) return;
  caught_up_ = true;
  // On a turn of its own: this may be called while an image is published.
  shard_.post([this] {
    if (stopping_) return;
    if (auto loaded = load_logs(); !loaded.ok()) return fail(loaded.error());
    // That may have taken seconds, and the controller counts them from each heartbeat.
    shard_.update_clock();
    start_coordinators();
    lifecycle_->ready([this] { create_first_topics(); });
  });
}

wire::Status Node::load_logs() {
  using cluster::metadata::MetadataImage;
  const auto options_of = [this](const std::string& topic, const MetadataImage& image) {
    return cluster::config::partition_options(image.configs().topic(topic),
                                              cluster::config::layers_of(config_, image.configs()));
  };
  wire::Callback<std::shared_ptr<const storage::LogOptions>(const std::string&)> log_options_of =
      [this, options_of](const std::string& topic) {
        return std::make_shared<const storage::LogOptions>(options_of(topic, *services_.image).log);
      };
  if (auto loaded = directories_->load(std::move(log_options_of)); !loaded.ok()) return loaded;
  storage::SyncQueue* const sync_queue =
      durability_ == Durability::kFsync ? &directories_->sync_queue() : nullptr;
  replicas_ = std::make_unique<cluster::replica::ReplicaSet>(
      config_.node_id(), shard_.clock(), shard_, *directories_, sync_queue, options_of);
  replicas_->gather_appends();
  services_.replicas = replicas_.get();
  assignments_ = std::make_unique<cluster::replica::DirectoryAssignments>(
      cluster::replica::DirectoryAssignments::Ports{
          .timers = shard_,
          .transport = transport_,
          .node_id = config_.node_id(),
          .controller = [this] { return controller_->active_controller(); },
          .broker_epoch = [this] { return lifecycle_->epoch(); }});
  replicas_->use(*assignments_);
  directories_->on_directory_failed([this](storage::LogDirectory& directory) {
    replicas_->on_directory_failed(directory);
    lifecycle_->report_offline(directory.id());
  });
  start_verifier();
  return {};
}

void Node::start_verifier() {
  cluster::replica::TransactionVerifier::Options options{
      .retry_backoff_ms = config_.get_int("add.partitions.to.txn.retry.backoff.ms"),
      .retry_for_ms = std::min(config_.get_int("add.partitions.to.txn.retry.backoff.max.ms"),
                               config_.get_int("request.timeout.ms"))};
  transaction_verifier_ = std::make_unique<cluster::replica::TransactionVerifier>(
      options, cluster::replica::TransactionVerifier::Ports{
                   .clock = shard_.clock(),
                   .timers = shard_,
                   .transport = transport_,
                   .coordinator_of = [this](const std::string& transactional_id) {
                     return transaction_coordinator(*services_.image, transactional_id);
                   }});
  services_.transaction_verifier = transaction_verifier_.get();
}

void Node::start_coordinators() {
  coordinators_ = std::make_unique<Coordinators>(
      Coordinators::Ports{shard_, random_, *replicas_, *store_, *producer_ids_, transport_},
      config_);
  services_.groups = &coordinators_->groups();
  services_.transactions = &coordinators_->transactions();
  transport_.serve_brokers(&services_);
  fetch_sessions_ = std::make_unique<cluster::replica::FetchSessionCache>(
      static_cast<size_t>(config_.get_int("max.incremental.fetch.session.cache.slots")),
      shard_.clock(), random_);
  services_.fetch_sessions = fetch_sessions_.get();
  // Partitions first, then who lives in them, last who waits to use them.
  loader_->add_listener(coordinators_->cluster_view());
  loader_->add_listener(*replicas_);
  coordinators_->listen(*loader_);
  loader_->add_listener(image_watch_);
}

void Node::create_first_topics() {
  const auto& topics = config_.first_topics();
  if (stopping_ || topics.empty()) return serve_clients();
  api::create_first_topics(
      services_, topics, [this](const std::map<std::string, wire::ErrorCode>& errors) {
        for (const auto& [topic, code] : errors) {
          wire::log::warn("topic {} of odradek.create.topics was not created: {}", topic,
                          wire::error_name(code));
        }
        // On a turn of its own: this may be called while an image is published.
        shard_.post([this] { serve_clients(); });
      });
}

void Node::serve_clients() {
  if (stopping_) return;
  connections_ = std::make_unique<ClientConnections>(
      shard_, services_,
      connection_limits(cluster::config::layers_of(config_, services_.image->configs())),
      &listeners_.addresses(), static_cast<size_t>(config_.get_int("odradek.shards")));
  if (auto serving = listeners_.serve(*connections_); !serving.ok()) return fail(serving.error());
  checkpoint_every_second();
  apply_retention_in_a_while();
  start_cleaner();
  if (ready_) std::exchange(ready_, nullptr)();
}

void Node::checkpoint_every_second() {
  checkpoint_timer_ = shard_.schedule(kCheckpointIntervalMs, [this] {
    directories_->checkpoint();
    checkpoint_every_second();
  });
}

void Node::apply_retention_in_a_while() {
  retention_timer_ = shard_.schedule(config_.get_long("log.retention.check.interval.ms"), [this] {
    directories_->apply_retention();
    apply_retention_in_a_while();
  });
}

void Node::start_cleaner() {
  if (!config_.get_bool("log.cleaner.enable")) return;
  directories_->start_cleaner({
      .disk = cleaner_disk_,
      .schedule =
          [this](wire::DurationMs delay_ms, wire::Callback<void()> action) {
            shard_.schedule(delay_ms, std::move(action));
          },
      .options =
          [this] {
            return cluster::config::cleaner_options(
                cluster::config::layers_of(config_, services_.image->configs()));
          },
  });
}

void Node::fail(wire::Error error) {
  if (failed_) std::exchange(failed_, nullptr)(std::move(error));
}

void Node::stop(wire::Callback<void()> stopped) {
  if (stopping_) return;
  stopping_ = true;
  stopped_ = std::move(stopped);
  listeners_.close();
  shard_.cancel(retention_timer_);
  if (lifecycle_ == nullptr) return finish_stop();
  lifecycle_->begin_shutdown([this] {
    // On a turn of its own: this may be called while an image is published.
    shard_.post([this] {
      // The partitions have new leaders, or none are to be had: whoever waits for this one is told.
      if (replicas_ != nullptr) replicas_->shut_down();
      if (connections_ == nullptr) return finish_stop();
      drain_timer_ = shard_.schedule(kDrainTimeoutMs, [this] { finish_stop(); });
    });
    if (connections_ != nullptr) connections_->drain([this] { finish_stop(); });
  });
}

void Node::finish_stop() {
  if (!stopped_ || finishing_) return;
  finishing_ = true;
  shard_.cancel(drain_timer_);
  shard_.cancel(checkpoint_timer_);
  if (connections_ != nullptr) connections_->close_all();
  if (coordinators_ != nullptr) coordinators_->resign();
  if (replicas_ != nullptr) {
    cleaner_disk_.stop();
    directories_->stop_cleaner();
    replicas_->release_logs();
    const auto closed = directories_->shut_down(lifecycle_->epoch());
    if (!closed.ok())
      wire::log::error("the logs could not be closed cleanly: {}", closed.error().detail);
  }
  if (raft_ == nullptr) return shard_.post(std::exchange(stopped_, nullptr));
  raft_->shut_down([this] { shard_.post(std::exchange(stopped_, nullptr)); });
}

}  // namespace server
