// Decisions: dynamic configs are set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/controller/api_error.h"
#include "cluster/controller/decision.h"
#include "cluster/controller/state.h"
#include "wire/api/alter_configs.h"
#include "wire/api/incremental_alter_configs.h"

namespace cluster::controller {

// Kafka's ids of AlterConfigOp.
enum class ConfigOperation : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

struct ConfigChange {
  std::string name;
  ConfigOperation operation = ConfigOperation::kSet;
  std::optional<std::string> value;
};

// The records of the changes of one resource; on failure the error and no records.  A topic about
// to be created is a new_resource: that it does not exist is no error.
ApiError alter_resource(const ControllerState& state, const metadata::ConfigResource& resource,
                        const std::vector<ConfigChange>& changes, bool new_resource,
                        std::vector<metadata::MetadataRecord>& records);

Decision<wire::IncrementalAlterConfigsResponse> incremental_alter_configs(
    const ControllerState& state, const OperationContext& context,
    const wire::IncrementalAlterConfigsRequest& request);
// The old way (KIP-133): what is not named goes back to its default.
Decision<wire::AlterConfigsResponse> alter_configs(const ControllerState& state,
                                                   const OperationContext& context,
                                                   const wire::AlterConfigsRequest& request);

}  // namespace cluster::controller
