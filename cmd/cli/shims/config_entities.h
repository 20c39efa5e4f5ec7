// Quotas of users, clients and addresses, and the SCRAM credentials of users, as kafka-configs handles them.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/admin/configs.h"
#include "cmd/cli/client.h"
#include "cmd/cli/shims/tool_options.h"

namespace cli::shims {

// What kafka-configs is about: types and names in pairs; an empty name is the default.
struct ConfigEntities {
  std::vector<std::string> types;  // "users", "clients", "topics", ...
  std::vector<std::string> names;
};

bool is_number(const std::string& text);

// --add-config, --add-config-file and --delete-config; deletions first, as Apache's tool sends them.
wire::Result<std::vector<ConfigChange>> parse_changes(const ToolOptions& options);
// "a=1,b=[2,3]": commas and equals signs in brackets divide nothing.
wire::Result<std::vector<std::pair<std::string, std::string>>> parse_config_list(
    const std::string& text);

wire::Status alter_entities(Client& client, const ConfigEntities& entities,
                            const std::vector<ConfigChange>& changes);
// Prints them.
wire::Status describe_entities(Client& client, const ConfigEntities& entities);

}  // namespace cli::shims
