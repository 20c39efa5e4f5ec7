// The parts of the metrics page that are written in one go: a function each, from what it counts to
// text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cmd/api/request_metrics.h"
#include "cmd/api/services.h"
#include "cmd/console/metrics_page.h"
#include "cmd/console/process_facts.h"

namespace console {

// kafka.network's RequestMetrics.
void write_requests(const api::RequestMetrics& metrics, std::vector<std::string>& page);
// kafka.server's socket-server-metrics, and the memory that requests and answers hold.
void write_network(const NetworkFacts& facts, std::vector<std::string>& page);
void write_process(const ProcessFacts& facts, std::vector<std::string>& page);
// Brokers, controller, quorum and log directories.  Of services whatever is there.
void write_node(const api::Services& services, std::vector<std::string>& page);

}  // namespace console
