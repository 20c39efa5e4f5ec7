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

// Read by the scripts of the images, and by the JVM: no properties.
constexpr std::array kOfScripts = {
    std::string_view("KAFKA_VERSION"),       std::string_view("KAFKA_HEAP_OPTS"),
    std::string_view("KAFKA_LOG4J_OPTS"),    std::string_view("KAFKA_OPTS"),
    std::string_view("KAFKA_JMX_OPTS"),      std::string_view("KAFKA_JMX_PORT"),
    std::string_view("KAFKA_JMX_HOSTNAME"),  std::string_view("KAFKA_JVM_PERFORMANCE_OPTS"),
    std::string_view("KAFKA_GC_LOG_OPTS"),   std::string_view("KAFKA_LOG4J_ROOT_LOGLEVEL"),
    std::string_view("KAFKA_LOG4J_LOGGERS"), std::string_view("KAFKA_TOOLS_LOG4J_LOGLEVEL"),
    std::string_view("KAFKA_HOME"),          std::string_view("KAFKA_DEBUG"),
    std::string_view("KAFKA_LOG"),           std::string_view("KAFKA_CREATE_TOPICS_SEPARATOR"),
};

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

// What Kubernetes sets for a service called kafka in every container beside it.
bool is_of_kubernetes(std::string_view variable, std::string_view value) {
  if (variable.starts_with("KAFKA_SERVICE_")) return true;
  return variable.starts_with("KAFKA_PORT") &&
         (value.starts_with("tcp://") || variable.starts_with("KAFKA_PORT_"));
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
      if (std::find(kOfScripts.begin(), kOfScripts.end(), variable) != kOfScripts.end()) {
        ignore("it is for the scripts of an image or the JVM");
        continue;
      }
      if (is_of_kubernetes(variable, text)) {
        ignore("Kubernetes sets it for a service that is called kafka");
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
