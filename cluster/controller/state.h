// What decisions are made from: the working image, the brokers' sessions, and how this controller
// is configured.
//
// Exists only while this node is the active controller.
#pragma once

#include <string>
#include <string_view>

#include "cluster/controller/broker_sessions.h"
#include "cluster/controller/config_validator.h"
#include "cluster/controller/decision.h"
#include "cluster/metadata/image.h"
#include "wire/base/random.h"

namespace cluster::controller {

struct ControllerState {
  const ControllerOptions& options;
  const ConfigValidator& configs;
  wire::Random& random;
  // Committed, plus what was appended and not yet committed.
  metadata::ImagePtr image;
  BrokerSessions sessions;
  // Set before each decision.
  wire::DurationMs now_ms = 0;
  wire::Offset next_offset = 0;  // where the next record will be written
  int16_t kraft_version = 0;     // as finalised in the log

  const metadata::FeaturesImage& features() const { return image->features(); }
  metadata::MetadataVersion version() const { return image->features().metadata_version(); }
  const metadata::ClusterImage& cluster() const { return image->cluster(); }
  const metadata::TopicsImage& topics() const { return image->topics(); }

  ConfigLayers config_layers() const;
  // The value in force for a topic.
  std::string topic_config(std::string_view topic, std::string_view name) const;
  bool unclean_election_enabled(std::string_view topic) const;
  // min.insync.replicas, but never more than there are replicas.
  int32_t min_isr(const metadata::TopicImage& topic) const;
  // Where a new replica on this broker goes.
  wire::Uuid default_dir(wire::NodeId broker) const;
};

// Who asks must be the registered incarnation.
wire::ErrorCode check_broker_epoch(const ControllerState& state, wire::NodeId id, int64_t epoch);

}  // namespace cluster::controller
