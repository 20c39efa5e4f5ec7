#include "cmd/server/advertised_addresses.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "wire/base/log.h"

namespace server {
namespace {

using cluster::config::BrokerConfig;
using cluster::config::SecurityProtocol;

// A network may have been attached since; a flood of strange addresses must not read it each time.
constexpr wire::DurationMs kReadAgainMs = 1'000;
// Peers that a line is written about, for each its first time.
constexpr size_t kToldOfMax = 256;

bool is_tls(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::kSsl || protocol == SecurityProtocol::kSaslSsl;
}

// Why what is advertised is of no use to a client, and what to set.
std::string fault_of(const AdvertisedAddress& address, const std::string& listener,
                     std::string_view dialled) {
  if (address.reason == AdvertisedReason::kNoLoopback) {
    return fmt::format("there it would meet itself; advertise {}://{}, or auto", listener, dialled);
  }
  return fmt::format(
      "that name is not known outside the container's network; advertise auto for listener {}, or "
      "a listener of its own for clients outside",
      listener);
}

}  // namespace

AdvertisedAddresses::AdvertisedAddresses(const BrokerConfig& config, const wire::Clock& clock,
                                         ReadFacts read_facts)
    : node_id_(config.node_id()),
      clock_(clock),
      read_facts_(read_facts),
      rescue_(config.get_bool("odradek.advertised.rescue")) {
  read_network();
  for (const auto& endpoint : config.advertised_listeners()) {
    Entry& entry = entries_.emplace_back();
    entry.rule = {.automatic = endpoint.automatic,
                  .host = endpoint.host,
                  .port = endpoint.port,
                  .is_tls = is_tls(endpoint.protocol),
                  .rescue = rescue_,
                  .outside_host = config.find("odradek.advertised.host").value_or("")};
    entry.registered = {
        .name = endpoint.listener,
        .host = endpoint.automatic ? machine_name() : endpoint.host,
        .port = endpoint.automatic ? uint16_t{0} : endpoint.port,
        .security_protocol = static_cast<cluster::metadata::SecurityProtocol>(endpoint.protocol)};
    entry.as_registered = std::make_shared<const api::Vantage>(
        api::Vantage{.listener = endpoint.listener, .own = std::nullopt});
  }
}

const AdvertisedAddresses::Entry* AdvertisedAddresses::entry_of(std::string_view listener) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.registered.name == listener;
  });
  return found == entries_.end() ? nullptr : &*found;
}

const AdvertisedListener* AdvertisedAddresses::rule_of(std::string_view listener) const {
  const Entry* const entry = entry_of(listener);
  return entry == nullptr ? nullptr : &entry->rule;
}

void AdvertisedAddresses::bound(const std::string& listener, uint16_t port) {
  for (Entry& entry : entries_) {
    if (entry.registered.name == listener && entry.registered.port == 0)
      entry.registered.port = port;
  }
}

std::vector<cluster::metadata::Endpoint> AdvertisedAddresses::registered() const {
  std::vector<cluster::metadata::Endpoint> endpoints;
  for (const Entry& entry : entries_) endpoints.push_back(entry.registered);
  return endpoints;
}

AdvertisedAddresses::Told AdvertisedAddresses::tell(const std::string& listener,
                                                    const SocketAddress& local,
                                                    const IpAddress& peer) {
  const Entry* const entry = entry_of(listener);
  if (entry == nullptr) {
    // The controller's, or one that is not advertised: clients find the others through it.
    return {std::make_shared<const api::Vantage>(
        api::Vantage{.listener = listener, .own = std::nullopt})};
  }
  const bool is_news = !local.ip.is_loopback() && !facts_.has(local.ip);
  if (is_news && clock_.monotonic_ms() - read_ms_ >= kReadAgainMs) read_network();
  const AdvertisedAddress address = advertised_address(entry->rule, local, peer, facts_);
  tell_once(address, *entry, local, peer);
  AdvertisedAddress told = address;
  if (told.host.empty()) {
    told.host = entry->registered.host;
    told.port = entry->registered.port;
  }
  const bool in_doubt = may_be_wrong(told, local, place_of(peer, facts_));
  if (address.host.empty()) return {entry->as_registered, in_doubt};
  return {std::make_shared<const api::Vantage>(api::Vantage{
              .listener = listener,
              .own =
                  api::Vantage::OwnAddress{
                      .node_id = node_id_, .host = address.host, .port = address.port}}),
          in_doubt};
}

void AdvertisedAddresses::add_own_names(const std::vector<std::string>& names) {
  resolved_names_.insert(resolved_names_.end(), names.begin(), names.end());
  facts_.own_names.insert(facts_.own_names.end(), names.begin(), names.end());
}

void AdvertisedAddresses::read_network() {
  facts_ = read_facts_();
  facts_.own_names.insert(facts_.own_names.end(), resolved_names_.begin(), resolved_names_.end());
  read_ms_ = clock_.monotonic_ms();
}

void AdvertisedAddresses::tell_once(const AdvertisedAddress& address, const Entry& entry,
                                    const SocketAddress& local, const IpAddress& peer) {
  const bool is_doubtful = address.reason == AdvertisedReason::kDialledByRouted ||
                           address.reason == AdvertisedReason::kNoLoopback ||
                           address.reason == AdvertisedReason::kNoOwnName;
  if (!is_doubtful || told_of_.size() >= kToldOfMax) return;
  const std::string& listener = entry.registered.name;
  if (!told_of_.insert(listener + " " + peer.text()).second) return;
  const std::string dialled = host_and_port(local.ip.text(), local.port);
  if (address.reason == AdvertisedReason::kDialledByRouted) {
    wire::log::warn(
        "the client at {} came to {} (listener {}) from outside this container's networks and is "
        "told that address; if it cannot connect there, set odradek.advertised.host to what it "
        "calls the machine that publishes the port",
        peer.text(), dialled, listener);
    return;
  }
  const std::string advertised = host_and_port(entry.registered.host, entry.registered.port);
  const std::string fault = fault_of(address, listener, dialled);
  if (address.host.empty()) {
    wire::log::warn(
        "the client at {} came to {} (listener {}) and is told {} by advertised.listeners: {} "
        "(odradek.advertised.rescue=true does it for listeners without TLS)",
        peer.text(), dialled, listener, advertised, fault);
  } else {
    wire::log::warn(
        "the client at {} came to {} (listener {}) and is told {} instead of {}, as "
        "advertised.listeners has it: {} (odradek.advertised.rescue=false: told to the letter)",
        peer.text(), dialled, listener, host_and_port(address.host, address.port), advertised,
        fault);
  }
}

}  // namespace server
