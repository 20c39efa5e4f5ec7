// Configs of topics, brokers, groups and client metrics, as the cluster has them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/cli/client.h"

namespace cli {

enum class ConfigResourceType : int8_t {
  kTopic = 2,
  kBroker = 4,
  kBrokerLogger = 8,
  kClientMetrics = 16,
  kGroup = 32,
};

// Kafka's numbers for where a value comes from.
enum class ConfigSource : int8_t {
  kDynamicTopic = 1,
  kDynamicBroker = 2,
  kDynamicDefaultBroker = 3,
  kStaticBroker = 4,
  kDefault = 5,
  kDynamicBrokerLogger = 6,
  kDynamicClientMetrics = 7,
  kDynamicGroup = 8,
};
// "DYNAMIC_TOPIC_CONFIG"; "UNKNOWN" for a number that is none.
std::string_view config_source_name(int8_t source);

struct ConfigSynonym {
  std::string name;
  std::optional<std::string> value;
  int8_t source = 0;
};
struct ConfigEntry {
  std::string name;
  std::optional<std::string> value;  // nothing: null, or hidden
  int8_t source = 0;
  bool sensitive = false;
  bool read_only = false;
  std::vector<ConfigSynonym> synonyms;  // the value in force first
  std::string documentation;

  bool is_default() const { return source == static_cast<int8_t>(ConfigSource::kDefault); }
};

enum class ConfigDetail { kValues, kSynonyms, kDocumentation };
// By name.  An empty name of a broker: the defaults of all brokers.  A broker is asked itself.
wire::Result<std::vector<ConfigEntry>> describe_configs(Client& client, ConfigResourceType type,
                                                        const std::string& name,
                                                        ConfigDetail detail);

struct ConfigChange {
  enum class Operation : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };
  std::string name;
  Operation operation = Operation::kSet;
  std::string value;  // empty for kDelete
};
wire::Status alter_configs(Client& client, ConfigResourceType type, const std::string& name,
                           const std::vector<ConfigChange>& changes);

// The names of resources that have configs of their own (KIP-1142).
wire::Result<std::vector<std::string>> list_config_resources(Client& client,
                                                             ConfigResourceType type);

}  // namespace cli
