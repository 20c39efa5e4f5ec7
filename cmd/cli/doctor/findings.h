// What `odradek doctor` found, without an opinion: that is judge.h's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wire/base/types.h"

namespace cli::doctor {

// What came back from one address.
enum class Reply {
  kKafka,    // an answer to ApiVersions
  kTls,      // a TLS alert
  kHttp,     // HTTP
  kOther,    // bytes that are none of these
  kClosed,   // accepted, and closed or reset without a byte
  kSilence,  // accepted, and nothing within the time
  kRefused,
  kUnreachable,  // no route, or no answer to the connection
};

// One address that a name stands for.
struct Attempt {
  std::string ip;
  Reply reply = Reply::kUnreachable;
  std::string detail;  // the system's words, or the bytes

  bool is_v6() const { return ip.find(':') != std::string::npos; }
};

struct AddressFinding {
  std::string host;
  int32_t port = 0;
  std::string resolve_error;  // empty: the name resolves
  std::vector<Attempt> attempts;

  std::string text() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
  // The first attempt that met Kafka, else the first; nothing if the name does not resolve.
  const Attempt* best() const {
    for (const Attempt& attempt : attempts) {
      if (attempt.reply == Reply::kKafka) return &attempt;
    }
    return attempts.empty() ? nullptr : &attempts.front();
  }
  bool is_kafka() const { return best() != nullptr && best()->reply == Reply::kKafka; }
};

struct NodeFinding {
  wire::NodeId id = wire::kNoNode;
  AddressFinding advertised;
  // Who answers there: another cluster, or another node; nothing if nobody does or it does not tell.
  std::optional<std::string> cluster_id = std::nullopt;
  std::optional<bool> is_itself = std::nullopt;
};

// One thing that was done with the scratch topic.
struct Step {
  std::string name;   // "create", "produce", "consume", "delete"
  std::string error;  // empty: done
  std::string code;   // the error's name: "LEADER_NOT_AVAILABLE"
};

struct Findings {
  bool in_container = false;  // where the doctor runs
  AddressFinding bootstrap;
  // The connection was closed when Metadata was asked for: a listener that wants SASL.
  bool closed_on_metadata = false;
  std::string metadata_error;
  std::string cluster_id;
  std::vector<NodeFinding> nodes;
  std::vector<Step> steps;
  std::optional<wire::DurationMs> clock_skew_ms;  // the broker's clock ahead of ours
};

}  // namespace cli::doctor
