// One node: everything of this process, wired together, started and stopped in the right order.
//
//   start   directories locked -> quorum replica -> controller -> broker registered -> metadata
//   read -> logs loaded
//           -> coordinators -> unfenced -> first topics created -> listeners accept: ready
//   stop    listeners closed, nothing more read -> leave granted by the controller -> waiting
//   requests answered
//           -> logs closed, clean-shutdown marker -> quorum replica
//
// Lives on shard 0.  Other shards have connections of clients, and nothing else
// (client_connections.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/broker_lifecycle.h"
#include "cluster/config/broker_config.h"
#include "cluster/config/config_validator.h"
#include "cluster/controller/controller.h"
#include "cluster/metadata/image_loader.h"
#include "cluster/raft/driver.h"
#include "cluster/replica/fetch_session.h"
#include "cluster/replica/replica_set.h"
#include "cluster/replica/transaction_verifier.h"
#include "cmd/api/advert_watch.h"
#include "cmd/api/fetch_conversion.h"
#include "cmd/api/image_watch.h"
#include "cmd/api/producer_ids.h"
#include "cmd/api/request_metrics.h"
#include "cmd/api/services.h"
#include "cmd/console/routes.h"
#include "cmd/server/client_connections.h"
#include "cmd/server/coordinators.h"
#include "cmd/server/disk_pool.h"
#include "cmd/server/http_server.h"
#include "cmd/server/listeners.h"
#include "cmd/server/local_transport.h"
#include "cmd/server/shard.h"
#include "cmd/server/system_random.h"
#include "storage/fs/file_system.h"
#include "storage/kv/key_value_store.h"
#include "storage/log_directories.h"

namespace server {

class Node {
 public:
  // REQUIRES: shard outlives this.
  Node(Shard& shard, cluster::config::BrokerConfig config);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Starts what can be started at once; `ready` is called when clients are served.  A failure later
  // on goes to `failed`, and means that the process should end.
  wire::Status start(wire::Callback<void()> ready, wire::Callback<void(wire::Error)> failed);
  // Calls `stopped` when everything that was acknowledged is on the disk and the clean-shutdown
  // marker is written.
  void stop(wire::Callback<void()> stopped);

  const cluster::config::BrokerConfig& config() const { return config_; }
  const std::string& cluster_id() const { return services_.cluster_id; }
  const Listeners& listeners() const { return listeners_; }
  // The port of the first listener for clients.
  uint16_t port() const { return listeners_.client_port(); }
  const ClientConnections& connections() const { return *connections_; }
  // The port of odradek.http.listener; null: there is none.
  const HttpServer* http() const { return http_.get(); }

 private:
  // Keeps Services::image at the newest image; first of the image listeners.
  class ImageHolder final : public cluster::metadata::ImageListener {
   public:
    explicit ImageHolder(Node& node) : node_(node) {}
    void on_image(const cluster::metadata::ImageChanges& changes,
                  const cluster::metadata::ImagePtr& previous,
                  const cluster::metadata::ImagePtr& image) override;

   private:
    Node& node_;
  };

  wire::Status open_directories();
  wire::Status open_http();
  std::string why_not_ready() const;
  void open_store();
  wire::Status open_quorum();
  void start_broker();
  void continue_start();
  wire::Status load_logs();
  void start_verifier();
  void start_coordinators();
  void create_first_topics();
  void serve_clients();
  void checkpoint_every_second();
  void apply_retention_in_a_while();
  void start_cleaner();
  void fail(wire::Error error);
  void finish_stop();

  wire::Result<std::vector<cluster::metadata::MetadataRecord>> bootstrap_records();
  std::vector<cluster::metadata::Endpoint> controller_endpoints() const;

  Shard& shard_;
  const cluster::config::BrokerConfig config_;
  const cluster::config::Durability durability_;
  SystemRandom random_;
  DiskPool disk_;
  DiskPool read_disk_;  // cold fetches: a catch-up must not stand before the group commits
  DiskPool cleaner_disk_;
  DiskPool removal_disk_;
  std::unique_ptr<storage::FileSystem> files_;
  storage::StorageServices storage_;
  api::RequestMetrics request_metrics_;
  api::Services services_;
  cluster::config::TableConfigValidator validator_;
  LocalTransport transport_;
  const wire::Uuid incarnation_id_;
  wire::Uuid metadata_directory_id_;
  api::AdvertWatch advert_watch_;
  // Outlives everyone who may still hold an answer for a client: the slots are its own.
  std::unique_ptr<ClientConnections> connections_;
  ImageHolder image_holder_;
  api::ImageWatch image_watch_;
  api::ConversionMemory conversion_memory_;
  Listeners listeners_;

  // In the order of the start; destroyed in reverse.
  std::unique_ptr<storage::LogDirectories> directories_;
  std::unique_ptr<storage::KeyValueStore> store_;
  std::unique_ptr<cluster::raft::Driver> raft_;
  std::unique_ptr<cluster::metadata::ImageLoader> loader_;
  std::unique_ptr<cluster::controller::Controller> controller_;
  std::unique_ptr<cluster::BrokerLifecycle> lifecycle_;
  std::unique_ptr<api::ProducerIds> producer_ids_;
  std::unique_ptr<cluster::replica::DirectoryAssignments> assignments_;
  std::unique_ptr<cluster::replica::ReplicaSet> replicas_;
  std::unique_ptr<cluster::replica::TransactionVerifier> transaction_verifier_;
  std::unique_ptr<Coordinators> coordinators_;
  std::unique_ptr<cluster::replica::FetchSessionCache> fetch_sessions_;

  // Asks of all of the above, and goes first.
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<console::Routes> routes_;

  bool caught_up_ = false;
  bool stopping_ = false;
  bool finishing_ = false;
  cluster::TimerId checkpoint_timer_ = cluster::kNoTimer;
  cluster::TimerId retention_timer_ = cluster::kNoTimer;
  cluster::TimerId drain_timer_ = cluster::kNoTimer;
  wire::Callback<void()> ready_;
  wire::Callback<void(wire::Error)> failed_;
  wire::Callback<void()> stopped_;
};

}  // namespace server
