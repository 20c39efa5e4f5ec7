#include "cluster/config/broker_config.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "cluster/config/config_text.h"
#include "cluster/config/value_rules.h"
#include "wire/base/check.h"

namespace cluster::config {
namespace {

using wire::Result;
using wire::Status;

// Names that belong to a plug-in of Apache Kafka: known to someone, not to the table.
bool is_for_a_plugin(std::string_view name) {
  for (const std::string_view prefix :
       {"config.providers.", "rsm.config.", "rlmm.config.", "listener.name."}) {
    if (name.starts_with(prefix)) return true;
  }
  return name == "super.users" || name == "allow.everyone.if.no.acl.found";
}

std::string warn_unknown(std::string_view name) {
  const std::optional<std::string_view> nearest = nearest_config(Scope::kBroker, name);
  return nearest.has_value() ? fmt::format("Unknown property {}; did you mean {}?", name, *nearest)
                             : fmt::format("Unknown property {}", name);
}

bool contains(const std::vector<std::string>& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

std::string listener_names(const std::vector<Endpoint>& endpoints) {
  std::string names;
  for (const Endpoint& endpoint : endpoints) {
    names += (names.empty() ? "" : ",") + endpoint.listener;
  }
  return names;
}

bool has_listener(const std::vector<Endpoint>& endpoints, std::string_view name) {
  return std::any_of(endpoints.begin(), endpoints.end(),
                     [&](const Endpoint& endpoint) { return endpoint.listener == name; });
}

}  // namespace

Result<BrokerConfig> BrokerConfig::load(Properties given, std::vector<std::string>& warnings) {
  BrokerConfig config;
  if (Status taken = config.take(std::move(given), warnings); !taken.ok()) return taken.error();
  for (const auto step : {&BrokerConfig::read_roles, &BrokerConfig::read_listeners,
                          &BrokerConfig::read_first_topics}) {
    if (Status done = (config.*step)(); !done.ok()) return done.error();
  }
  for (const auto check :
       {&BrokerConfig::check_numbers, &BrokerConfig::check_roles, &BrokerConfig::check_listeners}) {
    if (Status done = (config.*check)(); !done.ok()) return done.error();
  }
  if (!config.get_string("authorizer.class.name").empty()) {
    warnings.emplace_back(
        "authorizer.class.name is set, and this version has no authorizer: every client may do "
        "everything");
  }
  for (std::string& doubt :
       doubtful_values([&config](std::string_view name) { return config.find(name); })) {
    warnings.push_back(std::move(doubt));
  }
  return config;
}

Status BrokerConfig::take(Properties given, std::vector<std::string>& warnings) {
  // The two names of a node's number stand for each other.
  if (given.contains("broker.id") && !given.contains("node.id")) {
    given["node.id"] = given["broker.id"];
  } else if (given.contains("node.id") && !given.contains("broker.id")) {
    given["broker.id"] = given["node.id"];
  }
  for (auto& [name, value] : given) {
    const ConfigDef* row = find_config(Scope::kBroker, name);
    if (row == nullptr) {
      if (!is_for_a_plugin(name)) warnings.push_back(warn_unknown(name));
      continue;
    }
    if (name == "listeners" || name == "advertised.listeners") drop_trailing_commas(value);
    Result<std::string> canonical = parse_value(*row, value);
    if (!canonical.ok()) return canonical.error();
    value = *std::move(canonical);
  }
  for (const ConfigDef* row : configs(Scope::kBroker)) {
    if (row->required() && !given.contains(row->name)) {
      return invalid_config(fmt::format(
          "Missing required configuration \"{}\" which has no default value.", row->name));
    }
  }
  given_ = std::move(given);
  return {};
}

std::optional<std::string> BrokerConfig::find(std::string_view name) const {
  if (const auto found = given_.find(name); found != given_.end()) return found->second;
  const ConfigDef* row = find_config(Scope::kBroker, name);
  CHECK(row != nullptr);
  // A listener's own property, not given: the general one.
  if (row->name != name) return find(row->name);
  if (row->default_value == kNull || row->required()) return std::nullopt;
  return row->default_value;
}

std::string BrokerConfig::get_string(std::string_view name) const {
  std::optional<std::string> value = find(name);
  CHECK(value.has_value());
  return *std::move(value);
}

bool BrokerConfig::get_bool(std::string_view name) const {
  return to_bool(get_string(name));
}

int64_t BrokerConfig::get_long(std::string_view name) const {
  return to_long(get_string(name));
}

int32_t BrokerConfig::get_int(std::string_view name) const {
  return static_cast<int32_t>(get_long(name));
}

double BrokerConfig::get_double(std::string_view name) const {
  return to_double(get_string(name));
}

std::vector<std::string> BrokerConfig::get_list(std::string_view name) const {
  return split_list(get_string(name));
}

bool BrokerConfig::is_controller_listener(std::string_view listener) const {
  return contains(controller_listeners_, listener);
}

Status BrokerConfig::read_roles() {
  const std::vector<std::string> roles = get_list("process.roles");
  is_broker_ = contains(roles, "broker");
  is_controller_ = contains(roles, "controller");
  for (const std::string& name : get_list("controller.listener.names")) {
    controller_listeners_.push_back(upper(name));
  }
  Result<std::vector<QuorumVoter>> voters = parse_voters(get_list("controller.quorum.voters"));
  if (!voters.ok()) return voters.error();
  voters_ = *std::move(voters);
  return {};
}

Status BrokerConfig::read_listeners() {
  Result<ProtocolMap> protocols = parse_protocol_map(get_string("listener.security.protocol.map"));
  if (!protocols.ok()) return protocols.error();
  if (!given_.contains("listener.security.protocol.map")) {
    // Without a map of their own, the controller's listeners speak PLAINTEXT.
    for (const std::string& name : controller_listeners_) {
      protocols->try_emplace(name, SecurityProtocol::kPlaintext);
    }
  }
  Result<std::vector<Endpoint>> listeners =
      parse_endpoints("listeners", get_list("listeners"), *protocols, Ports::kDistinct);
  if (!listeners.ok()) return listeners.error();
  listeners_ = *std::move(listeners);

  advertised_ = advertised_by_default(listeners_);
  if (const auto text = find("advertised.listeners")) {
    Result<std::vector<Endpoint>> advertised =
        parse_advertised(split_list(*text), listeners_, *protocols);
    if (!advertised.ok()) return advertised.error();
    advertised_ = *std::move(advertised);
  }
  std::erase_if(advertised_, [this](const Endpoint& endpoint) {
    return is_controller_listener(endpoint.listener);
  });

  const std::optional<std::string> named = find("inter.broker.listener.name");
  if (named.has_value() && given_.contains("security.inter.broker.protocol")) {
    return invalid_config(
        "Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.");
  }
  inter_broker_listener_ = upper(named.value_or(get_string("security.inter.broker.protocol")));
  return {};
}

Status BrokerConfig::read_first_topics() {
  auto topics = parse_first_topics(get_string("odradek.create.topics"));
  if (!topics.ok()) return topics.error();
  first_topics_ = *std::move(topics);
  return {};
}

Status BrokerConfig::check_numbers() const {
  if (get_int("broker.id") != node_id()) {
    return invalid_config("You must set `node.id` to the same value as `broker.id`.");
  }
  const int32_t codec = get_int("offsets.topic.compression.codec");
  if (codec < 0 || codec > static_cast<int32_t>(wire::CompressionType::kZstd)) {
    return invalid_config(fmt::format("Unknown compression type id: {}", codec));
  }
  if (log_dirs().empty()) {
    return invalid_config("At least one log directory must be defined via log.dirs or log.dir.");
  }
  if (const auto broken = broken_rule([this](std::string_view name) { return find(name); })) {
    return invalid_config(fmt::format("{} ({})", broken->rule, broken->remedy));
  }
  return {};
}

Status BrokerConfig::check_roles() const {
  const bool is_voter =
      std::any_of(voters_.begin(), voters_.end(),
                  [this](const QuorumVoter& voter) { return voter.id == node_id(); });
  if (voters_.empty() && get_list("controller.quorum.bootstrap.servers").empty()) {
    return invalid_config(
        "If using process.roles, either controller.quorum.bootstrap.servers must contain the set "
        "of bootstrap controllers or controller.quorum.voters must contain a parseable set of "
        "controllers.");
  }
  if (is_controller_ && !voters_.empty() && !is_voter) {
    return invalid_config(fmt::format(
        "If process.roles contains the 'controller' role, the node id {} must be included in the "
        "set of voters controller.quorum.voters={}",
        node_id(), get_string("controller.quorum.voters")));
  }
  if (!is_controller_ && is_voter) {
    return invalid_config(fmt::format(
        "If process.roles contains just the 'broker' role, the node id {} must not be included in "
        "the set of voters controller.quorum.voters={}",
        node_id(), get_string("controller.quorum.voters")));
  }
  for (const std::string& name : controller_listeners_) {
    if (is_controller_ && !has_listener(listeners_, name)) {
      return invalid_config(
          "controller.listener.names must only contain values appearing in the 'listeners' "
          "configuration when running the KRaft controller role");
    }
    if (!is_controller_ && has_listener(listeners_, name)) {
      return invalid_config(
          "controller.listener.names must not contain a value appearing in the 'listeners' "
          "configuration when running KRaft with just the broker role");
    }
  }
  if (controller_listeners_.empty()) {
    return invalid_config(
        "controller.listener.names must contain at least one value when running KRaft");
  }
  return {};
}

Status BrokerConfig::check_listeners() const {
  const std::string http = get_string("odradek.http.listener");
  if (!http.empty() && !parse_host_and_port(http)) {
    return invalid_config(fmt::format(
        "odradek.http.listener takes HOST:PORT, [IPV6]:PORT or :PORT, not \"{}\"", http));
  }
  if (!is_broker_) return {};
  if (advertised_.empty()) {
    return invalid_config(
        "There must be at least one broker advertised listener. Perhaps all listeners appear in "
        "controller.listener.names?");
  }
  if (!has_listener(advertised_, inter_broker_listener_)) {
    return invalid_config(
        fmt::format("inter.broker.listener.name must be a listener name defined in "
                    "advertised.listeners. The valid options based on currently configured "
                    "listeners are {}",
                    listener_names(advertised_)));
  }
  for (const Endpoint& endpoint : advertised_) {
    if (!has_listener(listeners_, endpoint.listener)) {
      return invalid_config(
          fmt::format("advertised.listeners listener names must be equal to or a subset of the "
                      "ones defined in listeners. Found {}. The valid options based on the current "
                      "configuration are {}",
                      listener_names(advertised_), listener_names(listeners_)));
    }
    if (endpoint.host == "0.0.0.0") {
      return invalid_config(
          "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP "
          "address.");
    }
  }
  return {};
}

std::vector<std::string> BrokerConfig::log_dirs() const {
  const std::optional<std::string> several = find("log.dirs");
  return several.has_value() ? split_list(*several) : get_list("log.dir");
}

std::string BrokerConfig::metadata_log_dir() const {
  return find("metadata.log.dir").value_or(log_dirs().front());
}

Durability BrokerConfig::durability() const {
  const std::string name = get_string("odradek.durability");
  if (name == "memory") return Durability::kMemory;
  return name == "relaxed" ? Durability::kRelaxed : Durability::kFsync;
}

controller::ControllerOptions BrokerConfig::controller_options() const {
  controller::ControllerOptions options;
  options.node_id = node_id();
  options.default_partitions = get_int("num.partitions");
  options.default_replication_factor = static_cast<int16_t>(get_int("default.replication.factor"));
  options.default_min_insync_replicas = get_int("min.insync.replicas");
  options.broker_session_timeout_ms = get_int("broker.session.timeout.ms");
  options.leader_imbalance_check_interval_ms =
      get_long("leader.imbalance.check.interval.seconds") * 1000;
  options.unclean_election_interval_ms = get_long("unclean.leader.election.interval.ms");
  options.auto_leader_rebalance = get_bool("auto.leader.rebalance.enable");
  return options;
}

groups::GroupOptions BrokerConfig::group_options() const {
  groups::GroupOptions options;
  options.group_min_session_timeout_ms = get_int("group.min.session.timeout.ms");
  options.group_max_session_timeout_ms = get_int("group.max.session.timeout.ms");
  options.group_initial_rebalance_delay_ms = get_int("group.initial.rebalance.delay.ms");
  options.group_max_size = get_int("group.max.size");
  options.offset_metadata_max_bytes = get_int("offset.metadata.max.bytes");
  options.offsets_retention_ms = get_int("offsets.retention.minutes") * kMinuteMs;
  options.offsets_retention_check_interval_ms = get_long("offsets.retention.check.interval.ms");
  options.offsets_commit_timeout_ms = get_int("offsets.commit.timeout.ms");
  options.offsets_topic_num_partitions = get_int("offsets.topic.num.partitions");
  options.offsets_topic_compression.type =
      static_cast<wire::CompressionType>(get_int("offsets.topic.compression.codec"));
  options.offsets_load_buffer_size = static_cast<size_t>(get_int("offsets.load.buffer.size"));
  return options;
}

transactions::TransactionOptions BrokerConfig::transaction_options() const {
  transactions::TransactionOptions options;
  options.transaction_max_timeout_ms = get_int("transaction.max.timeout.ms");
  options.transactional_id_expiration_ms = get_int("transactional.id.expiration.ms");
  options.request_timeout_ms = get_int("request.timeout.ms");
  options.abort_timed_out_interval_ms =
      get_int("transaction.abort.timed.out.transaction.cleanup.interval.ms");
  options.remove_expired_interval_ms =
      get_int("transaction.remove.expired.transaction.cleanup.interval.ms");
  options.state_log_num_partitions = get_int("transaction.state.log.num.partitions");
  options.state_log_load_buffer_size =
      static_cast<size_t>(get_int("transaction.state.log.load.buffer.size"));
  return options;
}

}  // namespace cluster::config
