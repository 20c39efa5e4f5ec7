// `rpk redpanda start`: Redpanda's flags, variables and files as Kafka's properties.
//
// Later ones win: redpanda.yaml (and .bootstrap.yaml beside it), REDPANDA_* variables, flags.  What is
// for Redpanda's own threads, memory and ports (--smp, --memory, --rpc-addr, ...) is not needed here and
// passed over.  What would be dangerous to pass over, TLS and SASL, is refused.  Facts: rpk's start.go,
// and the files that Testcontainers' modules write.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/config/environment.h"
#include "cluster/config/properties.h"
#include "cmd/cli/shims/shims.h"
#include "wire/base/result.h"

namespace cli::shims {

struct RedpandaFiles {
  std::string node;       // redpanda.yaml; empty if there is none
  std::string bootstrap;  // .bootstrap.yaml
};

struct RedpandaStart {
  // Over what the broker is configured with otherwise.
  cluster::config::Properties properties;
  // What was asked for and is not for this broker, a line each.
  std::vector<std::string> notes;
  // Where Redpanda has its admin API, schema registry and HTTP proxy.
  std::vector<uint16_t> http_ports;
};

// The words behind `start`; compose files give several as one.  INVALID_CONFIG in a sentence.
wire::Result<RedpandaStart> plan_redpanda_start(const Words& words, const RedpandaFiles& files,
                                                const cluster::config::Environment& environment);

// Starts the broker, with these words of ours beside Redpanda's own:
//   --config FILE        redpanda.yaml, if not /etc/redpanda/redpanda.yaml
//   --properties FILE    Kafka's properties, below all of Redpanda's; rewritten with what became of them
int redpanda_start(const Words& words);

}  // namespace cli::shims
