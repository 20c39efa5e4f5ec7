#include "cluster/config/listeners.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "cluster/config/config_text.h"

namespace cluster::config {
namespace {

using wire::Result;
using wire::Status;

constexpr std::array<std::string_view, 4> kProtocolNames = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT",
                                                            "SASL_SSL"};

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr std::string_view kAuto = "auto";

bool is_every_address(std::string_view host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}

Endpoint automatic(const Endpoint& listener) {
  return {.listener = listener.listener,
          .host = "",
          .port = 0,
          .protocol = listener.protocol,
          .automatic = true};
}

bool names(const std::vector<Endpoint>& endpoints, std::string_view listener) {
  return std::any_of(endpoints.begin(), endpoints.end(),
                     [&](const Endpoint& endpoint) { return endpoint.listener == listener; });
}

Result<Endpoint> parse_endpoint(std::string_view text, const ProtocolMap& protocols) {
  const size_t end = text.find("://");
  const std::optional<HostAndPort> address =
      end == std::string_view::npos ? std::nullopt : parse_host_and_port(text.substr(end + 3));
  if (!address.has_value()) {
    return invalid_config(fmt::format("Unable to parse {} to a broker endpoint", text));
  }
  Endpoint endpoint;
  endpoint.listener = upper(text.substr(0, end));
  endpoint.host = address->host;
  endpoint.port = address->port;
  const auto protocol = protocols.find(endpoint.listener);
  if (protocol == protocols.end()) {
    return invalid_config(
        fmt::format("No security protocol defined for listener {}", endpoint.listener));
  }
  endpoint.protocol = protocol->second;
  return endpoint;
}

bool is_ipv6(std::string_view host) {
  return host.find(':') != std::string_view::npos;
}

// A port may serve IPv4 and IPv6 under two names.
bool clash(const Endpoint& a, const Endpoint& b) {
  return a.port != 0 && a.port == b.port && is_ipv6(a.host) == is_ipv6(b.host);
}

Status check_distinct(std::string_view property, const std::vector<Endpoint>& endpoints,
                      Ports ports) {
  for (size_t i = 0; i < endpoints.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (endpoints[i].listener == endpoints[j].listener &&
          is_ipv6(endpoints[i].host) == is_ipv6(endpoints[j].host)) {
        return invalid_config(fmt::format("Each listener must have a different name, {}: {}",
                                          property, endpoints[i].listener));
      }
      if (ports == Ports::kDistinct && clash(endpoints[i], endpoints[j])) {
        return invalid_config(fmt::format("Each listener must have a different port, {}: {}",
                                          property, endpoints[i].port));
      }
    }
  }
  return {};
}

}  // namespace

std::optional<HostAndPort> parse_host_and_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<uint16_t> port = parse_number<uint16_t>(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port.has_value() || !is_host(host)) return std::nullopt;
  return HostAndPort{std::string(host), *port};
}

void drop_trailing_commas(std::string& list) {
  list.erase(list.find_last_not_of(", \t") + 1);
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string_view security_protocol_name(SecurityProtocol protocol) {
  return kProtocolNames[static_cast<size_t>(protocol)];
}

std::optional<SecurityProtocol> security_protocol_by_name(std::string_view name) {
  const auto found = std::find(kProtocolNames.begin(), kProtocolNames.end(), upper(name));
  if (found == kProtocolNames.end()) return std::nullopt;
  return static_cast<SecurityProtocol>(found - kProtocolNames.begin());
}

Result<ProtocolMap> parse_protocol_map(std::string_view text) {
  ProtocolMap protocols;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view entry = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    const size_t colon = entry.rfind(':');
    const auto trim = [](std::string_view part) {
      while (part.starts_with(' ')) part.remove_prefix(1);
      while (part.ends_with(' ')) part.remove_suffix(1);
      return part;
    };
    const std::optional<SecurityProtocol> protocol =
        colon == std::string_view::npos ? std::nullopt
                                        : security_protocol_by_name(trim(entry.substr(colon + 1)));
    if (!protocol.has_value()) {
      return invalid_config(fmt::format(
          "Invalid value {} for configuration listener.security.protocol.map: no security protocol "
          "in \"{}\"",
          text, entry));
    }
    protocols.insert_or_assign(upper(trim(entry.substr(0, colon))), *protocol);
  }
  return protocols;
}

Result<std::vector<Endpoint>> parse_endpoints(std::string_view property,
                                              const std::vector<std::string>& texts,
                                              const ProtocolMap& protocols, Ports ports) {
  std::vector<Endpoint> endpoints;
  for (const std::string& text : texts) {
    Result<Endpoint> endpoint = parse_endpoint(text, protocols);
    if (!endpoint.ok()) {
      return invalid_config(fmt::format("Error creating broker listeners from '{}': {}", text,
                                        endpoint.error().detail));
    }
    endpoints.push_back(*std::move(endpoint));
  }
  if (Status distinct = check_distinct(property, endpoints, ports); !distinct.ok()) {
    return distinct.error();
  }
  return endpoints;
}

Result<std::vector<Endpoint>> parse_advertised(const std::vector<std::string>& texts,
                                               const std::vector<Endpoint>& listeners,
                                               const ProtocolMap& protocols) {
  std::vector<std::string> named = texts;
  const bool all = std::erase_if(named, [](std::string_view text) { return text == kAuto; }) > 0;
  // Without a port it is where the listener is bound.
  for (std::string& text : named) {
    if (text.ends_with("://auto")) text += ":0";
  }
  auto endpoints = parse_endpoints("advertised.listeners", named, protocols, Ports::kAny);
  if (!endpoints.ok()) return endpoints;
  for (Endpoint& endpoint : *endpoints) {
    if (endpoint.host != kAuto && !endpoint.host.empty()) continue;
    endpoint.automatic = true;
    endpoint.host.clear();
  }
  for (const Endpoint& listener : listeners) {
    if (all && !names(*endpoints, listener.listener)) endpoints->push_back(automatic(listener));
  }
  return endpoints;
}

std::vector<Endpoint> advertised_by_default(std::vector<Endpoint> listeners) {
  for (Endpoint& listener : listeners) {
    if (is_every_address(listener.host)) listener = automatic(listener);
  }
  return listeners;
}

Result<std::vector<QuorumVoter>> parse_voters(const std::vector<std::string>& texts) {
  std::vector<QuorumVoter> voters;
  for (const std::string& text : texts) {
    const size_t at = text.find('@');
    const auto id = at == std::string::npos
                        ? std::nullopt
                        : parse_number<wire::NodeId>(std::string_view(text).substr(0, at));
    const auto address = at == std::string::npos
                             ? std::nullopt
                             : parse_host_and_port(std::string_view(text).substr(at + 1));
    if (!id.has_value() || *id < 0 || !address.has_value() || address->host.empty()) {
      return invalid_config(
          fmt::format("Invalid value {} for configuration controller.quorum.voters: Each entry "
                      "should be in the form `{{id}}@{{host}}:{{port}}`.",
                      text));
    }
    voters.push_back({*id, address->host, address->port});
  }
  return voters;
}

}  // namespace cluster::config
