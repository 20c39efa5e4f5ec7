#include "cluster/config/earlier_releases.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "cluster/config/config_def.h"
#include "cluster/config/listeners.h"

namespace cluster::config {
namespace {

// A name, or the beginning of names, and what to tell of it.
struct Old {
  std::string_view name;  // with a `*` at its end: all that begin so
  std::string_view instead;
};
constexpr std::string_view kNoZooKeeper = "the controller is built in, there is no ZooKeeper";
constexpr std::string_view kNoSuchChoice = "there is nothing to choose any more";
constexpr std::array kOld = {
    Old{"zookeeper.*", kNoZooKeeper},
    Old{"password.encoder.*", kNoZooKeeper},
    Old{"control.plane.listener.name", "controller.listener.names takes its place"},
    Old{"broker.id.generation.enable", "node.id is given, or 1"},
    Old{"reserved.broker.max.id", "node.id is given, or 1"},
    Old{"inter.broker.protocol.version", "nodes agree on features by themselves"},
    Old{"log.message.format.version",
        "records are kept in the newest format and converted for older clients"},
    Old{"log.message.downconversion.enable", "records are always converted for older clients"},
    Old{"log.message.timestamp.difference.max.ms",
        "log.message.timestamp.before.max.ms and .after.max.ms take its place"},
    Old{"leader.imbalance.per.broker.percentage", kNoSuchChoice},
    Old{"controlled.shutdown.max.retries", kNoSuchChoice},
    Old{"controlled.shutdown.retry.backoff.ms", kNoSuchChoice},
    Old{"quota.producer.default", "quotas are set with kafka-configs --entity-type clients"},
    Old{"quota.consumer.default", "quotas are set with kafka-configs --entity-type clients"},
    Old{"group.coordinator.new.enable", kNoSuchChoice},
    Old{"auto.include.jmx.reporter", "there is no JMX"},
    Old{"confluent.*", "it is for Confluent's own server"},
    Old{"host.name", "listeners takes its place"},
    Old{"port", "listeners takes its place"},
    Old{"advertised.host.name", "advertised.listeners takes its place"},
    Old{"advertised.port", "advertised.listeners takes its place"},
};

const Old* find_old(std::string_view property) {
  if (find_config(Scope::kBroker, property) != nullptr) return nullptr;
  for (const Old& old : kOld) {
    const bool family = old.name.ends_with('*');
    if (family ? property.starts_with(old.name.substr(0, old.name.size() - 1))
               : property == old.name) {
      return &old;
    }
  }
  return nullptr;
}

std::optional<std::string> take(Properties& properties, std::string_view name) {
  const auto found = properties.find(name);
  if (found == properties.end()) return std::nullopt;
  std::string value = std::move(found->second);
  properties.erase(found);
  return value;
}

// host.name and port, and what is told to clients, in the form of today.
void translate_addresses(Properties& properties) {
  const auto host = take(properties, "host.name");
  const auto port = take(properties, "port");
  const auto advertised_host = take(properties, "advertised.host.name");
  const auto advertised_port = take(properties, "advertised.port");
  const std::string bound_port = port.value_or("9092");
  if (host || port) {
    properties.try_emplace("listeners",
                           fmt::format("PLAINTEXT://{}:{}", host.value_or(""), bound_port));
  }
  if (advertised_host || advertised_port) {
    // A port alone: where it is published.
    const std::string bound_host = host.value_or("") == "0.0.0.0" ? "" : host.value_or("");
    properties.try_emplace("advertised.listeners",
                           fmt::format("PLAINTEXT://{}:{}", advertised_host.value_or(bound_host),
                                       advertised_port.value_or(bound_port)));
  }
}

void translate_limits(Properties& properties) {
  const auto difference = take(properties, "log.message.timestamp.difference.max.ms");
  if (!difference) return;
  properties.try_emplace("log.message.timestamp.before.max.ms", *difference);
  properties.try_emplace("log.message.timestamp.after.max.ms", *difference);
}

// -1 asked ZooKeeper for a number.
void translate_node_id(Properties& properties) {
  const auto id = properties.find("broker.id");
  if (id != properties.end() && id->second == "-1") properties.erase(id);
}

// A node with ZooKeeper was of no quorum, whatever else was said of one: Testcontainers for .NET does.
void leave_quorum(Properties& properties) {
  if (!properties.contains("zookeeper.connect") || properties.contains("process.roles")) return;
  properties.erase("controller.quorum.voters");
  properties.erase("controller.quorum.bootstrap.servers");
}

bool names_listener(std::string_view listeners, std::string_view name) {
  for (const std::string& text : split_list(listeners)) {
    if (upper(text).starts_with(std::string(name) + "://")) return true;
  }
  return false;
}

// Broker and controller in one, which no other node is to find.
void stand_alone(Properties& properties) {
  constexpr std::string_view kController = "CONTROLLER";
  properties.insert_or_assign("process.roles", "broker,controller");
  if (!properties.contains("broker.id")) properties.try_emplace("node.id", "1");
  std::string& listeners = properties["listeners"];
  drop_trailing_commas(listeners);
  if (listeners.empty()) listeners = "PLAINTEXT://:9092";
  if (!properties.contains("controller.listener.names")) {
    properties["controller.listener.names"] = kController;
    if (!names_listener(listeners, kController)) listeners += ",CONTROLLER://127.0.0.1:0";
    const auto protocols = properties.find("listener.security.protocol.map");
    if (protocols != properties.end() &&
        upper(protocols->second).find("CONTROLLER:") == std::string::npos) {
      protocols->second += ",CONTROLLER:PLAINTEXT";
    }
  }
  // The quorum is this node itself, to which it never connects.
  properties["controller.quorum.bootstrap.servers"] = "127.0.0.1:9093";
  // Apache's own default of three copies waits for brokers that never come.
  for (const char* name :
       {"offsets.topic.replication.factor", "transaction.state.log.replication.factor",
        "transaction.state.log.min.isr", "share.coordinator.state.topic.replication.factor",
        "share.coordinator.state.topic.min.isr"}) {
    properties.try_emplace(name, "1");
  }
}

}  // namespace

bool is_of_earlier_release(std::string_view property) {
  return find_old(property) != nullptr;
}

void translate_earlier_names(Properties& properties, std::vector<std::string>& notes) {
  for (const auto& [name, value] : properties) {
    if (const Old* old = find_old(name)) {
      notes.push_back(fmt::format("{} is of an earlier release: {}", name, old->instead));
    }
  }
  translate_addresses(properties);
  translate_limits(properties);
  translate_node_id(properties);
  leave_quorum(properties);
  std::erase_if(properties, [](const auto& given) { return find_old(given.first) != nullptr; });
}

void complete_lone_node(Properties& properties, std::vector<std::string>& notes) {
  const bool of_a_quorum = properties.contains("controller.quorum.voters") ||
                           properties.contains("controller.quorum.bootstrap.servers");
  if (properties.contains("process.roles") || of_a_quorum) return;
  stand_alone(properties);
  notes.emplace_back(
      "process.roles is not set: this node is broker and controller, alone; internal topics have "
      "one copy");
}

}  // namespace cluster::config
