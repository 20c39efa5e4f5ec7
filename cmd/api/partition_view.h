// How the metadata answers show a partition and the brokers, through one listener.
#pragma once

#include <string_view>
#include <vector>

#include "cluster/metadata/image.h"
#include "wire/error_code.h"

namespace api {

// The ids of the brokers that are up and reachable through `listener`, by id.
std::vector<wire::NodeId> live_brokers(const cluster::metadata::MetadataImage& image,
                                       std::string_view listener);
// A broker to send controller requests to: every broker forwards them, so `self` if it is up, else
// any.
wire::NodeId controller_for_clients(const cluster::metadata::MetadataImage& image,
                                    std::string_view listener, wire::NodeId self);

// Replicas that cannot serve: their broker is away, or the directory that holds them is.
std::vector<wire::NodeId> offline_replicas(const cluster::metadata::MetadataImage& image,
                                           const cluster::metadata::PartitionImage& partition,
                                           std::string_view listener);

// Why the partition's leader cannot be named.  `listener_error`: the client knows
// LISTENER_NOT_FOUND (Metadata v6).
enum class ListenerError : bool { kUnknownToClient, kKnownToClient };
wire::ErrorCode leader_error(const cluster::metadata::MetadataImage& image,
                             const cluster::metadata::PartitionImage& partition,
                             std::string_view listener, ListenerError listener_error);

}  // namespace api
