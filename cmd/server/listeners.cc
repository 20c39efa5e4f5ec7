#include "cmd/server/listeners.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "wire/base/log.h"

namespace server {
namespace {

// Apache's default of 50 makes clients that come all at once wait a second for their second SYN.
constexpr int kBacklogMin = 1024;

// A listener that promised what is not there would be open to everybody.
wire::Status refuse_protocol(const cluster::config::Endpoint& endpoint) {
  if (endpoint.protocol == cluster::config::SecurityProtocol::kPlaintext) return {};
  return wire::Error{
      wire::ErrorCode::kInvalidConfig,
      fmt::format("listener {} is to speak {}, and this version has neither TLS nor "
                  "authentication; {}:PLAINTEXT in listener.security.protocol.map opens it to "
                  "whoever reaches it",
                  endpoint.listener, security_protocol_name(endpoint.protocol), endpoint.listener)};
}

}  // namespace

wire::Status Listeners::open() {
  for (const auto& endpoint : config_.listeners()) {
    if (auto spoken = refuse_protocol(endpoint); !spoken.ok()) return spoken;
    auto listener = Listener::open(shard_, options_of(endpoint));
    if (!listener.ok()) return listener.error();
    addresses_.bound(endpoint.listener, (*listener)->port());
    listeners_.push_back(std::move(*listener));
  }
  look_names_up();
  return {};
}

wire::Status Listeners::serve(ClientConnections& connections) {
  for (const auto& listener : listeners_) {
    if (auto listening = listener->accept_from(connections); !listening.ok()) return listening;
  }
  return {};
}

void Listeners::close() {
  name_lookup_.reset();
  listeners_.clear();
}

const Listener* Listeners::find(const std::string& name) const {
  for (const auto& listener : listeners_) {
    if (listener->options().name == name) return listener.get();
  }
  return nullptr;
}

uint16_t Listeners::client_port() const {
  for (const auto& listener : listeners_) {
    if (listener->options().kind == api::ListenerKind::kBroker) return listener->port();
  }
  return 0;
}

std::vector<std::string> Listeners::describe() const {
  std::vector<std::string> lines;
  for (const ListenerRow& row : rows()) lines.push_back(describe_listener(row, addresses_.facts()));
  return lines;
}

ListenerOptions Listeners::options_of(const cluster::config::Endpoint& endpoint) const {
  ListenerOptions options;
  options.name = endpoint.listener;
  options.kind = config_.is_controller_listener(endpoint.listener) ? api::ListenerKind::kController
                                                                   : api::ListenerKind::kBroker;
  options.host = endpoint.host;
  options.port = endpoint.port;
  options.backlog = std::max(config_.get_int("socket.listen.backlog.size"), kBacklogMin);
  options.congestion_control = config_.get_string("odradek.tcp.congestion.control");
  const bool is_hidden = options.kind == api::ListenerKind::kBroker &&
                         addresses_.facts().place != Place::kMachine &&
                         is_loopback_host(endpoint.host);
  // Ports that are published come in by the container's own address.
  if (is_hidden && addresses_.rescues()) {
    wire::log::warn(
        "listener {} is on {}, where nobody outside this container reaches it: it listens on every "
        "address instead (set listeners={}://:{}; odradek.advertised.rescue=false: to the letter)",
        endpoint.listener, endpoint.host, endpoint.listener, endpoint.port);
    options.host.clear();
  } else if (is_hidden) {
    wire::log::info(
        "listener {} is on {}, where nobody outside this container reaches it: set "
        "listeners={}://:{}, or odradek.advertised.rescue=true",
        endpoint.listener, endpoint.host, endpoint.listener, endpoint.port);
  }
  return options;
}

std::vector<ListenerRow> Listeners::rows() const {
  std::vector<ListenerRow> rows;
  for (const auto& listener : listeners_) {
    ListenerRow& row = rows.emplace_back();
    row.name = listener->options().name;
    row.bound_host = listener->address();
    row.bound_port = listener->port();
    row.is_controller = listener->options().kind == api::ListenerKind::kController;
    if (const AdvertisedListener* rule = addresses_.rule_of(row.name)) {
      row.is_advertised = true;
      row.advertised = *rule;
    }
  }
  return rows;
}

// Whether an advertised name is one of ours, and known at all, only name servers know.
void Listeners::look_names_up() {
  std::vector<std::string> hosts;
  for (const auto& endpoint : config_.advertised_listeners()) {
    const bool is_name = !endpoint.host.empty() && !is_loopback_host(endpoint.host) &&
                         !IpAddress::parse(endpoint.host);
    if (is_name) hosts.push_back(endpoint.host);
  }
  if (hosts.empty()) return;
  name_lookup_.emplace(shard_, std::move(hosts), [this](std::vector<NameLookup::Result> results) {
    on_names_found(results);
  });
}

void Listeners::on_names_found(const std::vector<NameLookup::Result>& results) {
  std::vector<std::string> own;
  for (const NameLookup::Result& result : results) {
    const bool is_ours = std::any_of(
        result.addresses.begin(), result.addresses.end(), [&](const IpAddress& address) {
          return address.is_loopback() || addresses_.facts().has(address);
        });
    if (is_ours) own.push_back(result.host);
  }
  addresses_.add_own_names(own);
  for (const std::string& doubt : doubts_about(rows(), results)) wire::log::warn("{}", doubt);
}

}  // namespace server
