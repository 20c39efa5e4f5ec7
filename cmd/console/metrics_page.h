// What /metrics answers: everything that is counted on this broker, in Prometheus' text format.
//
// Names are those that Kafka's own metrics have behind the usual rules of the JMX exporter
// (kafka_server_brokertopicmetrics_messagesin_total), for lag those of kafka_exporter
// (kafka_consumergroup_lag), for the process those of every client library; what only Odradek has
// begins with odradek_.
//
// Lives on shard 0.  A page is written in many short turns of the loop, since a broker may hold many
// partitions and groups; the kernel's figures are read on the disk pool.  Whoever asks while one is
// being written gets that one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/api/services.h"
#include "wire/base/callback.h"

namespace console {

// Of the connections of this broker.
struct NetworkFacts {
  std::map<std::string, size_t> connections_by_listener;
  uint64_t accepted = 0;
  uint64_t refused = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  size_t request_memory = 0;
  size_t answer_memory = 0;
};

struct MetricsOptions {
  // odradek.http.metrics.max.series: of topics, partitions and groups, all together.
  size_t series_max = 50'000;
  // Nothing before clients are served.
  std::function<std::optional<NetworkFacts>()> network;
};

class MetricsPage {
 public:
  // REQUIRES: services outlives this, and has timers and disk.  Its other parts may be missing: what
  // is not there yet has no samples.
  MetricsPage(api::Services& services, MetricsOptions options);
  ~MetricsPage();

  // `done` is called once, never at once; not at all if this goes before.
  void write(wire::Callback<void(std::vector<std::string>)> done);

 private:
  class Scrape;

  api::Services& services_;
  const MetricsOptions options_;
  std::shared_ptr<Scrape> scrape_;
};

}  // namespace console
