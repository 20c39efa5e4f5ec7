// What the request handlers work with: the parts of this node, wired together by cmd/server/node.
//
// One object per shard, outliving every request on it.  A handler that answers later keeps a
// reference to the Services, never to its RequestContext.  Pointers, because a test of one handler
// fills in only what that handler uses.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cmd/api/api_versions_answers.h"
#include "wire/base/types.h"

namespace wire {
class Clock;
class Random;
}  // namespace wire
namespace storage {
class DiskExecutor;
class LogDirectories;
}  // namespace storage
namespace cluster {
class Timers;
class Transport;
namespace config {
class BrokerConfig;
}
namespace controller {
class Controller;
}
namespace groups {
class GroupCoordinator;
}
namespace metadata {
class MetadataImage;
}
namespace raft {
class Driver;
}
namespace replica {
class FetchSessionCache;
class ReplicaSet;
class TransactionVerifier;
}  // namespace replica
namespace transactions {
class TransactionCoordinator;
}
}  // namespace cluster

namespace api {

class AdvertWatch;
class ConversionMemory;
class ImageWatch;
class ProduceMemory;
class RequestMetrics;

struct Services {
  wire::NodeId node_id = wire::kNoNode;
  std::string cluster_id;

  const wire::Clock* clock = nullptr;
  wire::Random* random = nullptr;
  cluster::Timers* timers = nullptr;
  cluster::Transport* transport = nullptr;
  storage::DiskExecutor* disk = nullptr;

  const cluster::config::BrokerConfig* config = nullptr;
  // The newest published image: replaced as a whole, so hold the pointer while iterating across
  // calls.
  std::shared_ptr<const cluster::metadata::MetadataImage> image;
  // Tells when an image that has something (a topic just created) is published.
  ImageWatch* image_watch = nullptr;

  RequestMetrics* request_metrics = nullptr;  // null: nobody counts
  ApiVersionsAnswers api_versions;

  // Looks for clients that were told an address that they cannot reach.
  AdvertWatch* advert_watch = nullptr;

  cluster::raft::Driver* raft = nullptr;
  cluster::controller::Controller* controller = nullptr;
  cluster::replica::ReplicaSet* replicas = nullptr;
  cluster::replica::TransactionVerifier* transaction_verifier = nullptr;
  std::shared_ptr<ProduceMemory> produce_memory;  // made by the first produce
  cluster::replica::FetchSessionCache* fetch_sessions = nullptr;
  int32_t fetch_max_bytes = 57671680;             // fetch.max.bytes
  ConversionMemory* conversion_memory = nullptr;  // of Fetch v0-v3
  cluster::groups::GroupCoordinator* groups = nullptr;
  cluster::transactions::TransactionCoordinator* transactions = nullptr;
  storage::LogDirectories* log_directories = nullptr;
};

}  // namespace api
