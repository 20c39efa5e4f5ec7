#include "cluster/config/environment.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "cluster/config/config_def.h"
#include "cluster/config/config_text.h"
#include "cluster/config/earlier_releases.h"
#include "cluster/config/properties.h"

namespace cluster::config {
namespace {

using wire::Error;
using wire::ErrorCode;
using wire::Result;

constexpr std::string_view kPrefix = "KAFKA_";
constexpr std::string_view kBitnamiPrefix = "KAFKA_CFG_";
constexpr std::string_view kFileSuffix = "_FILE";

// No properties, and why; a `*` at the end of a name: all that begin so.
struct NoProperty {
  std::string_view variable;
  std::string_view reason;
};
constexpr std::string_view kOfScripts = "it is for the scripts of an image or the JVM";
constexpr std::string_view kOfUsers = "this broker has no authentication";
constexpr std::string_view kOfTls = "this broker has no TLS";
constexpr std::array kNoProperties = {
    NoProperty{"KAFKA_VERSION", kOfScripts},
    NoProperty{"KAFKA_HEAP_OPTS", kOfScripts},
    NoProperty{"KAFKA_LOG4J_*", kOfScripts},
    NoProperty{"KAFKA_OPTS", kOfScripts},
    NoProperty{"KAFKA_JMX_*", kOfScripts},
    NoProperty{"KAFKA_JVM_PERFORMANCE_OPTS", kOfScripts},
    NoProperty{"KAFKA_GC_LOG_OPTS", kOfScripts},
    NoProperty{"KAFKA_TOOLS_LOG4J_LOGLEVEL", kOfScripts},
    NoProperty{"KAFKA_HOME", kOfScripts},
    NoProperty{"KAFKA_DEBUG", kOfScripts},
    NoProperty{"KAFKA_LOG", kOfScripts},
    NoProperty{"KAFKA_CREATE_TOPICS_SEPARATOR", kOfScripts},
    // Bitnami's.
    NoProperty{"KAFKA_ENABLE_KRAFT", kOfScripts},
    NoProperty{"KAFKA_SKIP_KRAFT_STORAGE_INIT", kOfScripts},
    NoProperty{"KAFKA_CLIENT_USERS", kOfUsers},
    NoProperty{"KAFKA_CLIENT_PASSWORDS", kOfUsers},
    NoProperty{"KAFKA_INTER_BROKER_USER", kOfUsers},
    NoProperty{"KAFKA_INTER_BROKER_PASSWORD", kOfUsers},
    NoProperty{"KAFKA_CONTROLLER_USER", kOfUsers},
    NoProperty{"KAFKA_CONTROLLER_PASSWORD", kOfUsers},
    NoProperty{"KAFKA_TLS_*", kOfTls},
    NoProperty{"KAFKA_CERTIFICATE_PASSWORD", kOfTls},
    // Confluent's and Apache's images make ssl.* of these.
    NoProperty{"KAFKA_SSL_KEYSTORE_FILENAME", kOfTls},
    NoProperty{"KAFKA_SSL_KEYSTORE_CREDENTIALS", kOfTls},
    NoProperty{"KAFKA_SSL_KEY_CREDENTIALS", kOfTls},
    NoProperty{"KAFKA_SSL_TRUSTSTORE_FILENAME", kOfTls},
    NoProperty{"KAFKA_SSL_TRUSTSTORE_CREDENTIALS", kOfTls},
    // confluent-local starts it beside the broker.
    NoProperty{"KAFKA_REST_*", "it is for Confluent's REST proxy"},
};

const NoProperty* find_no_property(std::string_view variable) {
  for (const NoProperty& row : kNoProperties) {
    const bool family = row.variable.ends_with('*');
    if (family ? variable.starts_with(row.variable.substr(0, row.variable.size() - 1))
               : variable == row.variable) {
      return &row;
    }
  }
  return nullptr;
}

constexpr std::string_view kClusterId = "CLUSTER_ID";

// wurstmeister's list, which may have a line for each topic: taken as it is, without escapes.
constexpr std::string_view kCreateTopics = "KAFKA_CREATE_TOPICS";

// Names that are not the property's own: of the cluster's id, and bitnami's old ones (libkafka.sh).
struct Alias {
  std::string_view variable;
  std::string_view property;
};
constexpr std::array kAliases = {
    Alias{kClusterId, "odradek.cluster.id"},
    Alias{"KAFKA_CLUSTER_ID", "odradek.cluster.id"},
    Alias{"KAFKA_KRAFT_CLUSTER_ID", "odradek.cluster.id"},
    Alias{kCreateTopics, "odradek.create.topics"},
    Alias{"KAFKA_LOGS_DIRS", "log.dirs"},
    Alias{"KAFKA_SEGMENT_BYTES", "log.segment.bytes"},
    Alias{"KAFKA_MAX_MESSAGE_BYTES", "message.max.bytes"},
};

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    text.replace(at, what.size(), with);
    at += with.size();
  }
}

// The runs of underscores of a name, each by its length: a run of four is a dash and a dot.
std::string spell(std::string_view name, std::string_view two, std::string_view three) {
  std::string text = lower(name);
  std::replace(text.begin(), text.end(), '_', '.');
  replace_all(text, "...", three);
  replace_all(text, "..", two);
  return text;
}

bool is_known(std::string_view property) {
  return find_config(Scope::kBroker, property) != nullptr || is_of_earlier_release(property);
}

std::string bitnami_property(std::string_view name) {
  std::string property = lower(name);
  std::replace(property.begin(), property.end(), '_', '.');
  // The two protocols with an underscore in their name, as parts of a listener's.
  replace_all(property, "sasl.ssl", "sasl_ssl");
  replace_all(property, "sasl.plaintext", "sasl_plaintext");
  return property;
}

// What Kubernetes sets in every container for a service whose name begins with kafka: KAFKA_PORT,
// KAFKA_SERVICE_HOST, KAFKA_PORT_9092_TCP_ADDR, and of a service kafka-ui KAFKA_UI_PORT and so on.
bool is_of_kubernetes(std::string_view variable, std::string_view value) {
  const auto holds = [&](std::string_view part) {
    return variable.find(part) != std::string_view::npos;
  };
  if (value.starts_with("tcp://") || value.starts_with("udp://")) return true;
  if (holds("_SERVICE_HOST") || holds("_SERVICE_PORT")) return true;
  const size_t port = variable.find("_PORT_");
  if (port == std::string_view::npos || (!holds("_TCP") && !holds("_UDP"))) return false;
  const std::string_view number = variable.substr(port + std::string_view("_PORT_").size());
  return !number.empty() && std::isdigit(static_cast<unsigned char>(number.front())) != 0;
}

// Images set these to nothing, which means not set; elsewhere nothing is a value.
bool means_unset(std::string_view variable, std::string_view value) {
  return value.empty() &&
         (variable.ends_with("ADVERTISED_LISTENERS") || variable.ends_with(kClusterId));
}

// The value as a properties file would have it.
Result<std::string> unescape_variable(const std::string& variable, const std::string& value) {
  auto parsed = parse_properties("value=" + value);
  if (!parsed.ok()) {
    return Error{ErrorCode::kInvalidConfig, fmt::format("{}: {}", variable, parsed.error().detail)};
  }
  return (*parsed)["value"];
}

struct Named {
  std::string property;
  bool from_file = false;
};

// What a variable sets.  A property may itself end in .file, and wins.
Named name_of(std::string_view variable) {
  std::string property = property_of_variable(variable);
  if (is_known(property) || !variable.ends_with(kFileSuffix)) return {std::move(property), false};
  std::string base = property_of_variable(variable.substr(0, variable.size() - kFileSuffix.size()));
  if (!is_known(base)) return {std::move(property), false};
  return {std::move(base), true};
}

}  // namespace

std::string property_of_variable(std::string_view variable) {
  if (variable.starts_with(kBitnamiPrefix)) {
    return bitnami_property(variable.substr(kBitnamiPrefix.size()));
  }
  for (const Alias& alias : kAliases) {
    if (alias.variable == variable) return std::string(alias.property);
  }
  if (!variable.starts_with(kPrefix)) return {};
  const std::string_view name = variable.substr(kPrefix.size());
  std::string property = spell(name, "_", "-");
  if (!is_known(property)) {
    std::string other = spell(name, "-", "_");
    if (is_known(other)) return other;
  }
  return property;
}

Result<EnvironmentReading> read_environment(const Environment& environment,
                                            const ReadFile& read_file) {
  EnvironmentReading reading;
  std::map<std::string, EnvironmentSetting> settings;
  // In the order of their names KAFKA_CFG_* would not be the last.
  for (const bool bitnami : {false, true}) {
    for (const auto& [variable, text] : environment) {
      if (variable != kClusterId && (!variable.starts_with(kPrefix) || variable == kPrefix))
        continue;
      if (variable.starts_with(kBitnamiPrefix) != bitnami) continue;
      const auto ignore = [&reading, &name = variable](std::string reason) {
        reading.ignored.push_back({name, std::move(reason)});
      };
      if (const NoProperty* row = find_no_property(variable)) {
        ignore(std::string(row->reason));
        continue;
      }
      if (is_of_kubernetes(variable, text)) {
        ignore("Kubernetes sets it for a service");
        continue;
      }
      if (means_unset(variable, text)) {
        ignore("it is empty");
        continue;
      }
      Named named = name_of(variable);
      std::string value = text;
      if (named.from_file) {
        auto content = read_file(text);
        if (!content.ok()) return content.error();
        value = *std::move(content);
        while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
      } else if (variable != kCreateTopics) {
        auto unescaped = unescape_variable(variable, text);
        if (!unescaped.ok()) return unescaped.error();
        value = *std::move(unescaped);
      }
      const auto [at, is_new] = settings.try_emplace(named.property);
      if (!is_new && at->second.value != value) {
        reading.ignored.push_back({at->second.variable, fmt::format("{} sets {} too, and wins",
                                                                    variable, named.property)});
      }
      at->second = {named.property, std::move(value), variable};
    }
  }
  for (auto& [property, setting] : settings) reading.settings.push_back(std::move(setting));
  return reading;
}

}  // namespace cluster::config
