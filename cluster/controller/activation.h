// What a new controller writes first, and what a fresh cluster starts with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cluster/controller/state.h"
#include "cluster/metadata/record.h"

namespace cluster::controller {

// The levels that a fresh cluster finalises with this metadata.version: each enforced feature's
// default.
std::map<std::string, int16_t, std::less<>> default_feature_levels(int16_t metadata_version);
// The content of bootstrap.checkpoint: metadata.version, then the other features by name; level 0
// is left out.
std::vector<metadata::MetadataRecord> bootstrap_records(
    const std::map<std::string, int16_t, std::less<>>& levels);

// The records of taking over.  On an empty log the bootstrap records, in one transaction; a
// transaction that the last controller left open is aborted.
std::vector<metadata::MetadataRecord> activation_records(const ControllerState& state,
                                                         bool open_transaction);

// Registers this controller itself (KIP-919), unless it is registered as it is now.
std::vector<metadata::MetadataRecord> own_registration(const ControllerState& state);

}  // namespace cluster::controller
