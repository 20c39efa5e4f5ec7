// Registered brokers and controllers, as the metadata log last said.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/types.h"
#include "wire/base/uuid.h"

namespace cluster::metadata {

// Kafka's ids of security protocols.
enum class SecurityProtocol : int16_t {
  kPlaintext = 0,
  kSsl = 1,
  kSaslPlaintext = 2,
  kSaslSsl = 3
};

struct Endpoint {
  std::string name;  // listener name
  std::string host;
  uint16_t port = 0;
  SecurityProtocol security_protocol = SecurityProtocol::kPlaintext;

  bool operator==(const Endpoint&) const = default;
};

struct SupportedFeature {
  std::string name;
  int16_t min_version = 0;
  int16_t max_version = 0;

  bool operator==(const SupportedFeature&) const = default;
};

struct BrokerImage {
  wire::NodeId id = wire::kNoNode;
  int64_t epoch = -1;
  wire::Uuid incarnation_id;
  std::vector<Endpoint> endpoints;
  std::vector<SupportedFeature> features;
  std::optional<std::string> rack;
  bool fenced = true;
  bool in_controlled_shutdown = false;
  bool is_migrating_zk_broker = false;
  std::vector<wire::Uuid> log_dirs;  // the online ones
  // Nothing until the broker has told which of its directories take no new replicas (KIP-1066).
  std::optional<std::vector<wire::Uuid>> cordoned_log_dirs;
  // Where its RegisterBrokerRecord lies in the log: a broker that has seen it has caught up.  Not
  // part of a snapshot.
  wire::Offset registration_offset = -1;

  // May lead and join in-sync sets.
  bool active() const { return !fenced && !in_controlled_shutdown; }
  const Endpoint* endpoint(std::string_view listener) const;
  bool has_online_dir(const wire::Uuid& directory) const;
  bool has_uncordoned_dirs() const;
  // Where a new replica goes: its only directory, else unassigned (the broker chooses), else
  // migrating (it names none).
  wire::Uuid default_dir() const;

  bool operator==(const BrokerImage&) const = default;
};

struct ControllerImage {
  wire::NodeId id = wire::kNoNode;
  wire::Uuid incarnation_id;
  bool zk_migration_ready = false;
  std::vector<Endpoint> endpoints;
  std::vector<SupportedFeature> features;

  bool operator==(const ControllerImage&) const = default;
};

struct ClusterImage {
  std::map<wire::NodeId, std::shared_ptr<const BrokerImage>> brokers;
  std::map<wire::NodeId, std::shared_ptr<const ControllerImage>> controllers;

  // Null if it is not registered.
  const BrokerImage* broker(wire::NodeId id) const;
  // Registered, unfenced and not shutting down.
  bool is_active(wire::NodeId id) const;
};

}  // namespace cluster::metadata
