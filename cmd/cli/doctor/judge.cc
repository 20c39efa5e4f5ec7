#include "cmd/cli/doctor/judge.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/core.h>

namespace cli::doctor {
namespace {

constexpr wire::DurationMs kSkewMsMax = 60'000;

bool is_kubernetes_name(const std::string& host) {
  return host.ends_with(".svc") || host.find(".svc.") != std::string::npos ||
         host.ends_with(".cluster.local");
}

// Docker names a container by twelve digits of its id unless it is told a name.
bool is_container_id(const std::string& host) {
  return host.size() == 12 && host.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Among the containers, not where their ports are published.
bool stands_inside(const Findings& findings) {
  return findings.in_container && !is_loopback(findings.bootstrap.host);
}

std::string reply_text(const AddressFinding& address) {
  if (!address.resolve_error.empty()) return "does not resolve: " + address.resolve_error;
  const Attempt* const best = address.best();
  if (best == nullptr) return "has no address";
  switch (best->reply) {
    case Reply::kKafka:
      return "answers";
    case Reply::kTls:
      return "speaks TLS";
    case Reply::kHttp:
      return "speaks HTTP";
    case Reply::kOther:
      return "speaks something else: " + best->detail;
    case Reply::kClosed:
      return "accepts the connection and closes it";
    case Reply::kSilence:
      return "accepts the connection and says nothing";
    case Reply::kRefused:
      return "refuses the connection";
    case Reply::kUnreachable:
      return "cannot be reached: " + best->detail;
  }
  return "";
}

// Somebody answers, but not in Kafka's plain protocol.
std::optional<Verdict> judge_protocol(const AddressFinding& address) {
  const Attempt* const best = address.best();
  if (best == nullptr) return std::nullopt;
  const std::string at = address.text();
  switch (best->reply) {
    case Reply::kTls:
      return Verdict{Trouble::kWrongProtocol, at + " is a listener with TLS",
                     "use the port of a PLAINTEXT listener, or give the client "
                     "security.protocol=SSL and its trust store"};
    case Reply::kHttp:
      return Verdict{Trouble::kWrongProtocol, at + " is a web server, not a broker",
                     "use the broker's own port, most often 9092"};
    case Reply::kOther:
      return Verdict{Trouble::kWrongProtocol,
                     fmt::format("{} is not Kafka: it sent {}", at, best->detail),
                     "use the broker's own port, most often 9092"};
    case Reply::kSilence:
      return Verdict{Trouble::kWrongProtocol, at + " accepts connections and answers nothing",
                     "it is no broker, or a TLS listener, or a broker that hangs: look at its log"};
    default:
      return std::nullopt;
  }
}

std::optional<Verdict> judge_bootstrap(const Findings& findings) {
  const AddressFinding& bootstrap = findings.bootstrap;
  if (bootstrap.is_kafka()) return std::nullopt;
  if (!bootstrap.resolve_error.empty()) {
    return Verdict{Trouble::kContainerNameForHost,
                   fmt::format("the name {} does not resolve here: {}", bootstrap.host,
                               bootstrap.resolve_error),
                   stands_inside(findings)
                       ? "put client and broker into one network, and use the broker's service name"
                       : "outside of the containers' network use localhost and the published port"};
  }
  if (auto verdict = judge_protocol(bootstrap)) return verdict;
  const Attempt* const best = bootstrap.best();
  if (best != nullptr && best->reply == Reply::kClosed) {
    return Verdict{Trouble::kBoundToLocalhost,
                   bootstrap.text() + " accepts the connection and closes it at once",
                   "inside its container the broker listens on localhost only, or not yet: let "
                   "`listeners` be PLAINTEXT://0.0.0.0:9092"};
  }
  return Verdict{
      Trouble::kNotUpYet, fmt::format("{} {}", bootstrap.text(), reply_text(bootstrap)),
      "the broker is not up yet (wait for it: `odradek cluster health --wait 30s`), or its "
      "port is not published, or it has another one"};
}

Verdict judge_loopback_advert(const Findings& findings, const NodeFinding& node) {
  const std::string what =
      fmt::format("you came by {}, and are told to go on to {}, which is yourself",
                  findings.bootstrap.text(), node.advertised.text());
  if (stands_inside(findings) && findings.bootstrap.host != "host.docker.internal") {
    return {
        Trouble::kLocalhostForSibling, what,
        "give containers a listener of their own that is advertised by the broker's service "
        "name, or leave advertised.listeners out: auto tells each client an address that works"};
  }
  return {Trouble::kRemoteHost, what,
          fmt::format("advertise {} to clients from outside, or leave advertised.listeners out",
                      findings.bootstrap.host)};
}

Verdict judge_unresolved_advert(const Findings& findings, const NodeFinding& node) {
  const std::string what =
      fmt::format("broker {} says that it is at {}, a name that is not known here", node.id,
                  node.advertised.text());
  if (is_kubernetes_name(node.advertised.host)) {
    return {Trouble::kKubernetesName, what,
            "a port-forward needs a listener that is advertised as localhost; or run the client in "
            "the cluster"};
  }
  return {Trouble::kContainerNameForHost, what,
          fmt::format("give clients from outside a listener of their own that is advertised as {}; "
                      "do not edit /etc/hosts",
                      findings.bootstrap.host)};
}

// The advertised address is there, but not for us.
Verdict judge_unreached_advert(const Findings& findings, const NodeFinding& node) {
  const AddressFinding& at = node.advertised;
  const std::string what =
      fmt::format("broker {} says that it is at {}, which {}", node.id, at.text(), reply_text(at));
  if (is_private(at.host) && at.host != findings.bootstrap.host && !stands_inside(findings)) {
    return {Trouble::kContainerNameForHost, what,
            fmt::format("{} is an address inside of the containers' network: advertise {} to "
                        "clients from outside",
                        at.host, findings.bootstrap.host)};
  }
  if (at.port != findings.bootstrap.port &&
      (at.host == findings.bootstrap.host || is_loopback(at.host))) {
    if (stands_inside(findings)) {
      return {Trouble::kOneListenerForTwoWorlds, what,
              fmt::format("the listener at port {} is advertised for another network: use the one "
                          "that is meant for containers, or give them one",
                          findings.bootstrap.port)};
    }
    return {Trouble::kPublishedPortDiffers, what,
            fmt::format("advertise the published port: {}:{}", findings.bootstrap.host,
                        findings.bootstrap.port)};
  }
  return {Trouble::kOneListenerForTwoWorlds, what,
          fmt::format("the listener at {} is advertised for another network: give this one a "
                      "listener of its own",
                      findings.bootstrap.text())};
}

bool is_nowhere(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::";
}

std::optional<Verdict> judge_node(const Findings& findings, const NodeFinding& node) {
  const AddressFinding& at = node.advertised;
  if (is_nowhere(at.host) || at.port <= 0) {
    return Verdict{Trouble::kNamesDisagree,
                   fmt::format("broker {} advertises {}, which is no address", node.id, at.text()),
                   "let advertised.listeners name a host that clients can reach, or leave it out; "
                   "0.0.0.0 is for `listeners` only"};
  }
  const bool to_itself = is_loopback(at.host) && !is_loopback(findings.bootstrap.host);
  if (to_itself && (!at.is_kafka() || node.cluster_id != findings.cluster_id)) {
    return judge_loopback_advert(findings, node);
  }
  if (!at.resolve_error.empty()) return judge_unresolved_advert(findings, node);
  if (!at.is_kafka()) {
    if (auto verdict = judge_protocol(at)) return verdict;
    return judge_unreached_advert(findings, node);
  }
  if (node.cluster_id && *node.cluster_id != findings.cluster_id) {
    return Verdict{
        Trouble::kSharedAddress,
        fmt::format("at {}, where broker {} should be, a broker of another cluster "
                    "answers ({})",
                    at.text(), node.id, *node.cluster_id),
        "an old container or another broker holds the port: end it, or advertise another "
        "one"};
  }
  if (node.is_itself && !*node.is_itself) {
    return Verdict{Trouble::kSharedAddress,
                   fmt::format("at {} another broker than {} answers", at.text(), node.id),
                   "each broker needs an advertised address of its own"};
  }
  return std::nullopt;
}

void judge_shared_addresses(const Findings& findings, std::vector<Verdict>& verdicts) {
  std::map<std::string, std::vector<wire::NodeId>> by_address;
  for (const NodeFinding& node : findings.nodes) {
    by_address[node.advertised.text()].push_back(node.id);
  }
  for (const auto& [address, ids] : by_address) {
    if (ids.size() < 2) continue;
    verdicts.push_back(
        {Trouble::kSharedAddress,
         fmt::format("brokers {} and {} both say that they are at {}", ids[0], ids[1], address),
         "each broker needs an advertised address of its own"});
  }
}

// A name that stands for addresses of both families, of which one does not answer.
void judge_families(const AddressFinding& address, std::vector<Verdict>& verdicts) {
  bool v4_answers = false;
  bool v6_fails = false;
  for (const Attempt& attempt : address.attempts) {
    if (!attempt.is_v6() && attempt.reply == Reply::kKafka) v4_answers = true;
    if (attempt.is_v6() && attempt.reply != Reply::kKafka) v6_fails = true;
  }
  if (!v4_answers || !v6_fails) return;
  verdicts.push_back({Trouble::kIpv6,
                      fmt::format("{} stands for an IPv6 address, too, and nobody answers there: "
                                  "some clients will try it every other time",
                                  address.host),
                      "write 127.0.0.1 instead of localhost, or publish the port on [::], too",
                      false});
}

void judge_steps(const Findings& findings, std::vector<Verdict>& verdicts) {
  for (const Step& step : findings.steps) {
    if (step.error.empty()) continue;
    const bool no_leader = step.code == "LEADER_NOT_AVAILABLE" || step.code == "NOT_CONTROLLER" ||
                           step.code == "INVALID_REPLICATION_FACTOR" ||
                           step.code == "REQUEST_TIMED_OUT";
    verdicts.push_back({no_leader ? Trouble::kNoLeader : Trouble::kOther,
                        fmt::format("a scratch topic: {} failed: {}", step.name, step.error),
                        no_leader
                            ? "the brokers do not find each other or their controller: look at "
                              "inter.broker.listener.name, controller.quorum.* and the log"
                            : "the broker's log says why"});
    return;  // what follows from it is no news
  }
}

}  // namespace

bool is_configured_by_compose(Trouble trouble) {
  switch (trouble) {
    case Trouble::kLocalhostForSibling:
    case Trouble::kContainerNameForHost:
    case Trouble::kOneListenerForTwoWorlds:
    case Trouble::kPublishedPortDiffers:
    case Trouble::kBoundToLocalhost:
    case Trouble::kNamesDisagree:
    case Trouble::kNotUpYet:
    case Trouble::kRemoteHost:
      return true;
    default:
      return false;
  }
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.") ||
         host.ends_with(".localhost");
}

bool is_private(const std::string& host) {
  if (host.starts_with("10.") || host.starts_with("192.168.") || host.starts_with("169.254.") ||
      host.starts_with("fc") || host.starts_with("fd") || host.starts_with("fe80:")) {
    return host.find_first_not_of("0123456789abcdef.:") == std::string::npos &&
           host.find_first_of(".:") != std::string::npos;
  }
  if (!host.starts_with("172.")) return false;
  const int second = std::atoi(host.c_str() + 4);
  return second >= 16 && second <= 31;
}

std::vector<Verdict> judge(const Findings& findings) {
  std::vector<Verdict> verdicts;
  if (auto verdict = judge_bootstrap(findings)) {
    verdicts.push_back(*verdict);
    return verdicts;
  }
  if (findings.closed_on_metadata) {
    verdicts.push_back({Trouble::kWrongProtocol,
                        findings.bootstrap.text() + " closes the connection of a client that does "
                                                    "not say who it is",
                        "it is a listener with SASL: give the client security.protocol, "
                        "sasl.mechanism and its credentials, or use another listener"});
    return verdicts;
  }
  if (!findings.metadata_error.empty()) {
    verdicts.push_back({Trouble::kOther,
                        "the broker does not tell of its cluster: " + findings.metadata_error,
                        "the broker's log says why"});
    return verdicts;
  }
  for (const NodeFinding& node : findings.nodes) {
    if (auto verdict = judge_node(findings, node)) verdicts.push_back(*verdict);
  }
  judge_shared_addresses(findings, verdicts);
  if (verdicts.empty()) judge_steps(findings, verdicts);
  judge_families(findings.bootstrap, verdicts);
  for (const NodeFinding& node : findings.nodes) {
    if (is_container_id(node.advertised.host) && node.advertised.is_kafka()) {
      verdicts.push_back({Trouble::kContainerNameForHost,
                          fmt::format("broker {} is called {}, the id of a container", node.id,
                                      node.advertised.host),
                          "the next container has another one: give the service a hostname",
                          false});
    }
    if (node.advertised.text() != findings.bootstrap.text())
      judge_families(node.advertised, verdicts);
  }
  const auto skew = findings.clock_skew_ms.value_or(0);
  if (skew > kSkewMsMax || skew < -kSkewMsMax) {
    verdicts.push_back({Trouble::kOther,
                        fmt::format("the broker's clock is {} s {} this one", std::abs(skew) / 1000,
                                    skew > 0 ? "ahead of" : "behind"),
                        "set the clocks: retention and offsets by time go by them", false});
  }
  std::stable_sort(verdicts.begin(), verdicts.end(),
                   [](const Verdict& a, const Verdict& b) { return a.fatal && !b.fatal; });
  return verdicts;
}

std::string compose_snippet(const Findings& findings) {
  const AddressFinding& bootstrap = findings.bootstrap;
  // Who came from outside goes on by the address that it dialled.
  const bool outside = !stands_inside(findings);
  const bool usable = outside && bootstrap.port > 0 && !is_nowhere(bootstrap.host);
  const std::string external_host = usable ? bootstrap.host : "localhost";
  const int32_t external_port = usable ? bootstrap.port : 9092;
  const bool is_name = stands_inside(findings) && !bootstrap.host.empty() &&
                       bootstrap.host.find_first_of(".:") == std::string::npos;
  const std::string service = is_name ? bootstrap.host : "kafka";
  return fmt::format(
      "services:\n"
      "  {0}:\n"
      "    image: odradek    # apache/kafka takes the same variables\n"
      "    ports: [\"{2}:9092\"]\n"
      "    environment:\n"
      "      KAFKA_LISTENERS: INTERNAL://:29092,EXTERNAL://:9092\n"
      "      KAFKA_ADVERTISED_LISTENERS: INTERNAL://{0}:29092,EXTERNAL://{1}:{2}\n"
      "      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT\n"
      "      KAFKA_INTER_BROKER_LISTENER_NAME: INTERNAL\n"
      "# other containers: {0}:29092; from outside: {1}:{2}\n",
      service,
      external_host.find(':') == std::string::npos ? external_host : "[" + external_host + "]",
      external_port);
}

}  // namespace cli::doctor
