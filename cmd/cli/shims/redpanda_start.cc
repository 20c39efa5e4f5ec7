#include "cmd/cli/shims/redpanda_start.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>

#include <fmt/core.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include "cluster/config/config_sources.h"
#include "cmd/cli/broker_options.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/output.h"
#include "cmd/cli/properties_text.h"
#include "cmd/cli/run_broker.h"
#include "cmd/cli/shims/stand_in_ports.h"
#include "cmd/server/ip_address.h"
#include "wire/base/log.h"

namespace cli::shims {
namespace {

using cluster::config::Environment;
using wire::Result;

constexpr uint16_t kKafkaPort = 9092;
constexpr uint16_t kAdminPort = 9644;
constexpr uint16_t kSchemaRegistryPort = 8081;
constexpr uint16_t kHttpProxyPort = 8082;

wire::Error refusal(std::string why) {
  return {wire::ErrorCode::kInvalidConfig, "redpanda start: " + std::move(why)};
}

// Redpanda's properties that are Kafka's under another name.
struct Renamed {
  std::string_view redpanda;
  std::string_view kafka;
};
constexpr Renamed kRenamed[] = {
    {"auto_create_topics_enabled", "auto.create.topics.enable"},
    {"data_directory", "log.dirs"},
    {"default_topic_partitions", "num.partitions"},
    {"default_topic_replications", "default.replication.factor"},
    {"group_initial_rebalance_delay", "group.initial.rebalance.delay.ms"},
    {"group_topic_partitions", "offsets.topic.num.partitions"},
    {"kafka_batch_max_bytes", "message.max.bytes"},
    {"log_cleanup_policy", "log.cleanup.policy"},
    {"log_compression_type", "compression.type"},
    {"log_retention_ms", "log.retention.ms"},
    {"log_segment_size", "log.segment.bytes"},
    {"node_id", "node.id"},
    {"rack", "broker.rack"},
    {"retention_bytes", "log.retention.bytes"},
    {"transactional_id_expiration_ms", "transactional.id.expiration.ms"},
};

std::optional<std::string> kafka_property(std::string_view redpanda) {
  for (const Renamed& row : kRenamed) {
    if (row.redpanda == redpanda) return std::string(row.kafka);
  }
  return std::nullopt;
}

// A listener of redpanda.yaml, or of name://host:port.
struct Listener {
  std::string name;
  std::string host;
  uint16_t port = kKafkaPort;
};

// An IPv6 address may stand in brackets.
std::string bare_host(std::string host) {
  if (host.starts_with('[') && host.ends_with(']')) return host.substr(1, host.size() - 2);
  return host;
}

// As Kafka has names of listeners.
std::string listener_name(std::string_view name) {
  if (name.empty()) return "PLAINTEXT";
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return std::isalnum(c) != 0 ? static_cast<char>(std::toupper(c)) : '_';
  });
  return text;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// name://host:port, name://host, host:port, host; several with commas between them.
Result<std::vector<Listener>> parse_addresses(const std::string& text) {
  std::vector<Listener> listeners;
  for (const std::string& one : split(text, ',')) {
    if (one.empty()) continue;
    const size_t slashes = one.find("://");
    Listener listener;
    std::string address = one;
    if (slashes != std::string::npos) {
      listener.name = one.substr(0, slashes);
      address = one.substr(slashes + 3);
    }
    const size_t colon = address.rfind(':');
    const bool has_port = colon != std::string::npos && address.back() != ']' &&
                          (address.front() == '[' || address.find(':') == colon);
    if (has_port) {
      const auto port = parse_port(std::string_view(address).substr(colon + 1));
      if (!port) return refusal(fmt::format("\"{}\" has no port that is a number", one));
      listener.port = *port;
      address.resize(colon);
    }
    listener.host = bare_host(std::move(address));
    listener.name = listener_name(listener.name);
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

std::string format_listeners(const std::vector<Listener>& listeners) {
  std::vector<std::string> texts;
  for (const Listener& listener : listeners)
    texts.push_back(listener.name + "://" + server::host_and_port(listener.host, listener.port));
  return join(texts, ",");
}

// A list, or the only element of one: older files have it so.
std::vector<YAML::Node> elements(const YAML::Node& node) {
  if (!node.IsDefined() || node.IsNull()) return {};
  if (!node.IsSequence()) return {node};
  return std::vector<YAML::Node>(node.begin(), node.end());
}

std::string text_of(const YAML::Node& node) {
  return node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string();
}

// What redpanda.yaml says of one list of listeners.
Result<std::vector<Listener>> listeners_of(const YAML::Node& list, const char* key) {
  std::vector<Listener> listeners;
  for (const YAML::Node& element : elements(list)) {
    if (!element.IsMap()) return refusal(fmt::format("{} of redpanda.yaml is no list", key));
    const std::string method = text_of(element["authentication_method"]);
    if (!method.empty() && method != "none") {
      return refusal(
          fmt::format("authentication_method {} of {}: this broker has no authentication; none is "
                      "what it takes",
                      method, key));
    }
    const auto port = parse_port(text_of(element["port"]));
    if (!port) return refusal(fmt::format("a listener of {} has no port", key));
    listeners.push_back(
        {listener_name(text_of(element["name"])), bare_host(text_of(element["address"])), *port});
  }
  return listeners;
}

bool is_tls_on(const YAML::Node& list) {
  const auto found = elements(list);
  return std::any_of(found.begin(), found.end(), [](const YAML::Node& element) {
    return element.IsMap() && text_of(element["enabled"]) == "true";
  });
}

// What all the sources come to, before it is properties.
struct Told {
  cluster::config::Properties properties;
  std::vector<Listener> bound;
  std::vector<Listener> advertised;
  std::map<std::string, uint16_t> http = {{"admin", kAdminPort},
                                          {"schema registry", kSchemaRegistryPort},
                                          {"HTTP proxy", kHttpProxyPort}};
  std::vector<std::string> notes;
};

wire::Status set_property(Told& told, std::string_view name, const std::string& value) {
  if (name == "kafka_enable_authorization" && value == "true")
    return refusal("kafka_enable_authorization: this broker has no authentication");
  if (const auto property = kafka_property(name))
    told.properties.insert_or_assign(*property, value);
  return {};
}

wire::Status read_cluster_properties(Told& told, const YAML::Node& map) {
  if (!map.IsMap()) return {};
  for (const auto& entry : map) {
    if (!entry.second.IsScalar()) continue;
    if (auto set = set_property(told, entry.first.Scalar(), entry.second.Scalar()); !set.ok())
      return set;
  }
  return {};
}

void read_http_port(Told& told, const std::string& which, const YAML::Node& list) {
  for (const YAML::Node& element : elements(list)) {
    if (!element.IsMap()) continue;
    if (const auto port = parse_port(text_of(element["port"]))) told.http[which] = *port;
  }
}

// REQUIRES: called where YAML::Exception is caught.
wire::Status read_node_file(Told& told, const std::string& text) {
  const YAML::Node root = YAML::Load(text);
  if (!root.IsMap()) return {};
  const YAML::Node node = root["redpanda"];
  if (node.IsDefined() && node.IsMap()) {
    if (is_tls_on(node["kafka_api_tls"]))
      return refusal("kafka_api_tls: this broker's listeners have no TLS");
    if (auto set = read_cluster_properties(told, node); !set.ok()) return set;
    auto bound = listeners_of(node["kafka_api"], "kafka_api");
    if (!bound.ok()) return bound.error();
    auto advertised = listeners_of(node["advertised_kafka_api"], "advertised_kafka_api");
    if (!advertised.ok()) return advertised.error();
    told.bound = *std::move(bound);
    told.advertised = *std::move(advertised);
    read_http_port(told, "admin", node["admin"]);
  }
  if (const YAML::Node registry = root["schema_registry"]; registry.IsDefined() && registry.IsMap())
    read_http_port(told, "schema registry", registry["schema_registry_api"]);
  if (const YAML::Node proxy = root["pandaproxy"]; proxy.IsDefined() && proxy.IsMap())
    read_http_port(told, "HTTP proxy", proxy["pandaproxy_api"]);
  return {};
}

wire::Status read_files(Told& told, const RedpandaFiles& files) {
  try {
    if (auto read = read_cluster_properties(told, YAML::Load(files.bootstrap)); !read.ok())
      return read;
    return read_node_file(told, files.node);
  } catch (const YAML::Exception& error) {
    return refusal(fmt::format("redpanda.yaml: {}", error.what()));
  }
}

wire::Status set_addresses(std::vector<Listener>& into, const std::string& text) {
  auto parsed = parse_addresses(text);
  if (!parsed.ok()) return parsed.error();
  into = *std::move(parsed);
  return {};
}

wire::Status set_http_port(Told& told, const std::string& which, const std::string& text) {
  const auto parsed = parse_addresses(text);
  if (!parsed.ok()) return parsed.error();
  if (!parsed->empty()) told.http[which] = parsed->back().port;
  return {};
}

// --set redpanda.name=value
wire::Status set_by_flag(Told& told, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  std::string_view name = std::string_view(assignment).substr(0, equals);
  if (name.starts_with("redpanda.")) name.remove_prefix(std::string_view("redpanda.").size());
  if (equals == std::string::npos) return refusal("--set takes name=value");
  if (!kafka_property(name) && name != "kafka_enable_authorization")
    told.notes.push_back(fmt::format("--set {} is not for this broker", assignment));
  return set_property(told, name, assignment.substr(equals + 1));
}

wire::Status apply_flag(Told& told, const Environment& environment, const std::string& flag,
                        const std::string& value) {
  if (flag == "--kafka-addr") return set_addresses(told.bound, value);
  if (flag == "--advertise-kafka-addr") return set_addresses(told.advertised, value);
  if (flag == "--schema-registry-addr") return set_http_port(told, "schema registry", value);
  if (flag == "--pandaproxy-addr") return set_http_port(told, "HTTP proxy", value);
  if (flag == "--set") return set_by_flag(told, value);
  if (flag == "--node-id") told.properties.insert_or_assign("node.id", value);
  if (flag == "--mode" && value.starts_with("dev") &&
      !environment.contains("KAFKA_ODRADEK_DURABILITY")) {
    told.properties.insert_or_assign("odradek.durability", "relaxed");
  }
  return {};
}

Words split_words(const Words& words) {
  Words result;
  for (const std::string& word : words) {
    for (std::string& part : split(word, ' ')) {
      if (!part.empty()) result.push_back(std::move(part));
    }
  }
  return result;
}

// What a flag says, whether it is written --flag=value or --flag value; takes its words.
std::pair<std::string, std::string> take_flag(const Words& words, size_t& at) {
  const std::string& word = words[at++];
  if (const size_t equals = word.find('='); equals != std::string::npos)
    return {word.substr(0, equals), word.substr(equals + 1)};
  if (at < words.size() && !words[at].starts_with("-")) return {word, words[at++]};
  return {word, ""};
}

wire::Status apply_environment(Told& told, const Environment& environment) {
  const auto find = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  if (const std::string text = find("REDPANDA_KAFKA_ADDRESS"); !text.empty())
    if (auto set = set_addresses(told.bound, text); !set.ok()) return set;
  if (const std::string text = find("REDPANDA_ADVERTISE_KAFKA_ADDRESS"); !text.empty())
    if (auto set = set_addresses(told.advertised, text); !set.ok()) return set;
  if (!find("RP_BOOTSTRAP_USER").empty())
    return refusal("RP_BOOTSTRAP_USER: this broker has no users");
  return {};
}

RedpandaStart plan_of(Told told) {
  RedpandaStart start;
  start.properties = std::move(told.properties);
  start.notes = std::move(told.notes);
  for (const auto& [which, port] : told.http) start.http_ports.push_back(port);
  if (told.bound.empty()) {
    // Who says only where clients are sent listens on the same ports of all addresses.
    told.bound = told.advertised;
    for (Listener& listener : told.bound) listener.host = "0.0.0.0";
  }
  if (told.bound.empty()) return start;
  start.properties.insert_or_assign("listeners", format_listeners(told.bound));
  if (!told.advertised.empty())
    start.properties.insert_or_assign("advertised.listeners", format_listeners(told.advertised));
  std::string protocols;
  for (const Listener& listener : told.bound) protocols += listener.name + ":PLAINTEXT,";
  start.properties.insert_or_assign("listener.security.protocol.map",
                                    protocols + "CONTROLLER:PLAINTEXT");
  start.properties.insert_or_assign("inter.broker.listener.name", told.bound.front().name);
  return start;
}

// A file's text; empty if there is none.
std::string text_if_there(const std::string& path) {
  auto text = read_text(path);
  return text.ok() ? *std::move(text) : std::string();
}

// What fixtures write into their files (Testcontainers).
constexpr std::string_view kInjected = "# Injected by testcontainers";
constexpr int kInjectionWaits = 100;
constexpr useconds_t kInjectionWait_us = 100'000;

// The files of a node.  Testcontainers for Node copies its start-up script, by which this is started, before it
// copies redpanda.yaml, and counts on Redpanda being slower: its other file tells that one will come.
RedpandaFiles read_redpanda_files(const std::string& path) {
  RedpandaFiles files;
  files.bootstrap = text_if_there(path.substr(0, path.rfind('/') + 1) + ".bootstrap.yaml");
  const bool comes = files.bootstrap.find(kInjected) != std::string::npos;
  for (int waits = 0; waits < kInjectionWaits; ++waits) {
    files.node = text_if_there(path);
    if (!comes || files.node.find(kInjected) != std::string::npos) break;
    ::usleep(kInjectionWait_us);
  }
  return files;
}

// The two words that are ours, and Redpanda's.
struct OwnFlags {
  std::string yaml = "/etc/redpanda/redpanda.yaml";
  std::string properties;
};

OwnFlags take_own_flags(const Words& words) {
  OwnFlags flags;
  const Words all = split_words(words);
  for (size_t at = 0; at < all.size();) {
    const auto [flag, value] = take_flag(all, at);
    if (flag == "--config") flags.yaml = value;
    if (flag == "--properties") flags.properties = value;
  }
  return flags;
}

}  // namespace

Result<RedpandaStart> plan_redpanda_start(const Words& words, const RedpandaFiles& files,
                                          const Environment& environment) {
  Told told;
  if (auto read = read_files(told, files); !read.ok()) return read.error();
  if (auto applied = apply_environment(told, environment); !applied.ok()) return applied.error();
  const Words all = split_words(words);
  for (size_t at = 0; at < all.size();) {
    const auto [flag, value] = take_flag(all, at);
    if (auto applied = apply_flag(told, environment, flag, value); !applied.ok())
      return applied.error();
  }
  return plan_of(std::move(told));
}

int redpanda_start(const Words& words) {
  const OwnFlags own = take_own_flags(words);
  const auto plan =
      plan_redpanda_start(words, read_redpanda_files(own.yaml), process_environment());
  if (!plan.ok()) return fail(plan.error().detail);
  for (const std::string& note : plan->notes) wire::log::warn("redpanda start: {}", note);

  BrokerOptions told;
  if (!own.properties.empty()) told.files.push_back(own.properties);
  for (const auto& [key, value] : plan->properties) told.settings.push_back(key + "=" + value);
  const auto sources = gather(told);
  if (!sources.ok()) return fail(sources.error().detail);
  for (const std::string& note : sources->notes()) wire::log::info("{}", note);
  if (!own.properties.empty()) {
    std::ofstream file(own.properties);
    file << format_properties(sources->properties());
    if (!file.flush()) return fail("cannot write " + own.properties);
  }
  const auto listeners = plan->properties.find("listeners");
  const std::string address =
      listeners == plan->properties.end() ? "0.0.0.0:9092" : listeners->second;
  StandInPorts http(redpanda_http_answer);
  return run_broker(sources->properties(), [&] {
    http.open(plan->http_ports);
    // Fixtures wait for Redpanda's own lines.
    std::printf("Started Kafka API server listening at %s\nSuccessfully started Redpanda!\n",
                address.c_str());
    std::fflush(stdout);
  });
}

}  // namespace cli::shims
