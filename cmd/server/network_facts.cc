#include "cmd/server/network_facts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

namespace server {
namespace {

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.empty()) return words;
    words.push_back(line.substr(0, line.find_first_of(" \t")));
    line.remove_prefix(words.back().size());
  }
}

// Calls visit(words) for each line.
template <typename Visit>
void each_line(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    visit(words_of(line));
  }
}

std::optional<uint32_t> parse_hex(std::string_view text) {
  uint32_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int prefix_bits_of(const sockaddr* mask) {
  if (mask == nullptr) return 0;
  const bool v4 = mask->sa_family == AF_INET;
  const auto* bytes =
      v4 ? reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in*>(mask)->sin_addr)
         : reinterpret_cast<const sockaddr_in6*>(mask)->sin6_addr.s6_addr;
  int bits = 0;
  for (int i = 0; i < (v4 ? 4 : 16); ++i) bits += __builtin_popcount(bytes[i]);
  return bits;
}

std::vector<NetworkFacts::Interface> read_interfaces() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<NetworkFacts::Interface> interfaces;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    const auto address = IpAddress::of(entry->ifa_addr);
    if (!address || address->is_loopback() || (entry->ifa_flags & IFF_LOOPBACK) != 0) continue;
    interfaces.push_back({*address, prefix_bits_of(entry->ifa_netmask)});
  }
  return interfaces;
}

bool exists(const char* path) {
  return ::access(path, F_OK) == 0;
}

// Docker and Podman leave a file; containerd, and systemd-nspawn and LXC, a variable or a path.
Place read_place() {
  if (std::getenv("KUBERNETES_SERVICE_HOST") != nullptr) return Place::kPod;
  if (exists("/.dockerenv") || exists("/run/.containerenv")) return Place::kContainer;
  if (const char* engine = std::getenv("container"); engine != nullptr && *engine != '\0')
    return Place::kContainer;
  const std::string groups = text_of("/proc/1/cgroup");
  for (const std::string_view mark : {"/docker", "/libpod", "/kubepods", "/containerd", "/lxc"}) {
    if (groups.find(mark) != std::string::npos) return Place::kContainer;
  }
  return Place::kMachine;
}

}  // namespace

// Interface, destination, gateway, flags, ...: addresses in hexadecimal, as the machine holds them
// in memory.
std::vector<IpAddress> parse_gateways_v4(std::string_view routes) {
  std::vector<IpAddress> gateways;
  each_line(routes, [&](const std::vector<std::string_view>& words) {
    if (words.size() < 3 || words[1] != "00000000") return;
    const auto gateway = parse_hex(words[2]);
    if (gateway && *gateway != 0) gateways.push_back(IpAddress::of_v4(ntohl(*gateway)));
  });
  return gateways;
}

// Destination, its prefix, source, its prefix, next hop, ...: addresses as 32 hexadecimal digits.
std::vector<IpAddress> parse_gateways_v6(std::string_view routes) {
  std::vector<IpAddress> gateways;
  each_line(routes, [&](const std::vector<std::string_view>& words) {
    constexpr size_t kDigits = 32;
    if (words.size() < 5 || words[0] != std::string(kDigits, '0') || words[1] != "00") return;
    if (words[4].size() != kDigits) return;
    std::array<uint8_t, 16> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i) {
      const auto byte = parse_hex(words[4].substr(2 * i, 2));
      if (!byte) return;
      bytes[i] = static_cast<uint8_t>(*byte);
    }
    const IpAddress gateway = IpAddress::of_v6(bytes);
    if (!gateway.is_any()) gateways.push_back(gateway);
  });
  return gateways;
}

std::string machine_name() {
  char name[HOST_NAME_MAX + 1] = {};
  if (::gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

NetworkFacts read_network_facts() {
  NetworkFacts facts;
  facts.place = read_place();
  facts.interfaces = read_interfaces();
  facts.gateways = parse_gateways_v4(text_of("/proc/net/route"));
  for (const IpAddress& gateway : parse_gateways_v6(text_of("/proc/net/ipv6_route"))) {
    facts.gateways.push_back(gateway);
  }
  facts.own_names.push_back(machine_name());
  return facts;
}

}  // namespace server
