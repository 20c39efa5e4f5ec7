#include "cmd/console/metric_sections.h"

#include <algorithm>

#include <fmt/core.h>

#include "cluster/controller/controller.h"
#include "cluster/metadata/image.h"
#include "cluster/raft/driver.h"
#include "cmd/console/exposition.h"
#include "storage/log_directories.h"
#include "wire/api_key.h"

namespace console {
namespace {

constexpr double kMicrosPerMs = 1'000;

// Kafka's numbers of a broker's states, as KafkaServer's BrokerState gives them.
enum class BrokerState : uint64_t {
  kNotRunning = 0,
  kRecovery = 2,
  kRunning = 3,
  kPendingShutdown = 6
};

BrokerState state_of(const cluster::metadata::BrokerImage* broker) {
  if (broker == nullptr) return BrokerState::kNotRunning;
  if (broker->in_controlled_shutdown) return BrokerState::kPendingShutdown;
  return broker->fenced ? BrokerState::kRecovery : BrokerState::kRunning;
}

void add_latency(Family& family, std::string_view request, const api::LatencyHistogram& times) {
  uint64_t count = 0;
  for (size_t i = 0; i < times.buckets().size(); ++i) {
    count += times.buckets()[i];
    const bool bounded = i < api::LatencyHistogram::kBoundsMicros.size();
    const std::string bound =
        bounded ? fmt::format("{}", api::LatencyHistogram::kBoundsMicros[i] / kMicrosPerMs)
                : "+Inf";
    family.part("_bucket", {{"request", request}, {"le", bound}}, count);
  }
  const double sum_ms = static_cast<double>(times.sum_micros()) / kMicrosPerMs;
  family.part("_sum", {{"request", request}}, sum_ms);
  family.part("_count", {{"request", request}}, count);
}

}  // namespace

void write_requests(const api::RequestMetrics& metrics, std::vector<std::string>& page) {
  Family requests("kafka_network_requestmetrics_requests_total", MetricType::kCounter,
                  "Requests received, by API and version.");
  Family errors("kafka_network_requestmetrics_errors_total", MetricType::kCounter,
                "Error codes in answers, by API; NONE is not counted.");
  Family request_bytes("kafka_network_requestmetrics_requestbytes_total", MetricType::kCounter,
                       "Bytes of requests, by API.");
  Family response_bytes("kafka_network_requestmetrics_responsebytes_total", MetricType::kCounter,
                        "Bytes of answers, by API.");
  Family total("kafka_network_requestmetrics_totaltimems", MetricType::kHistogram,
               "From the last byte of a request to the last byte of its answer, in milliseconds.");
  for (const api::RequestMetrics::Api& api : metrics.apis()) {
    if (std::all_of(api.of_version.begin(), api.of_version.end(), [](auto n) { return n == 0; }))
      continue;
    const std::string_view name = wire::api_name(api.key);
    for (size_t version = 0; version < api.of_version.size(); ++version) {
      if (api.of_version[version] == 0) continue;
      requests.sample({{"request", name}, {"version", std::to_string(version)}},
                      api.of_version[version]);
    }
    for (const auto& [code, count] : api.errors)
      errors.sample({{"request", name}, {"error", wire::error_name(code)}}, count);
    request_bytes.sample({{"request", name}}, api.request_bytes);
    response_bytes.sample({{"request", name}}, api.response_bytes);
    add_latency(total, name, api.total);
  }
  for (Family* family : {&requests, &errors, &request_bytes, &response_bytes, &total})
    page.push_back(family->take());
}

void write_network(const NetworkFacts& facts, std::vector<std::string>& page) {
  Family connections("kafka_server_socket_server_metrics_connections", MetricType::kGauge,
                     "Connections of clients, by listener.");
  for (const auto& [listener, count] : facts.connections_by_listener)
    connections.sample({{"listener", listener}}, uint64_t{count});
  page.push_back(connections.take());
  write_metric("kafka_server_socket_server_metrics_connection_creation_total", MetricType::kCounter,
               "Connections accepted.", facts.accepted, page);
  write_metric("kafka_server_socket_server_metrics_incoming_byte_total", MetricType::kCounter,
               "Bytes read from clients.", facts.bytes_in, page);
  write_metric("kafka_server_socket_server_metrics_outgoing_byte_total", MetricType::kCounter,
               "Bytes written to clients.", facts.bytes_out, page);
  write_metric("odradek_connections_refused_total", MetricType::kCounter,
               "Connections closed for what the client did, or for a limit; each has its log line.",
               facts.refused, page);
  write_metric("odradek_request_memory_bytes", MetricType::kGauge,
               "Held by requests that are received in part or not yet answered.",
               uint64_t{facts.request_memory}, page);
  write_metric("odradek_answer_memory_bytes", MetricType::kGauge,
               "Held by answers that clients have not read yet.", uint64_t{facts.answer_memory},
               page);
}

void write_process(const ProcessFacts& facts, std::vector<std::string>& page) {
  write_metric("process_cpu_seconds_total", MetricType::kCounter,
               "User and system time of this process.", facts.cpu_seconds, page);
  write_metric("process_resident_memory_bytes", MetricType::kGauge, "Memory in use.",
               facts.resident_bytes, page);
  write_metric("process_virtual_memory_bytes", MetricType::kGauge, "Address space in use.",
               facts.virtual_bytes, page);
  write_metric("process_start_time_seconds", MetricType::kGauge,
               "When this process began, in seconds since 1970.", facts.start_seconds, page);
  write_metric("process_threads", MetricType::kGauge, "Threads of this process.", facts.threads,
               page);
  write_metric("process_open_fds", MetricType::kGauge, "File descriptors in use.",
               facts.open_descriptors, page);
  write_metric("process_max_fds", MetricType::kGauge, "File descriptors that may be in use.",
               facts.descriptors_max, page);
}

void write_node(const api::Services& services, std::vector<std::string>& page) {
  if (services.controller != nullptr) {
    write_metric("kafka_controller_kafkacontroller_activecontrollercount", MetricType::kGauge,
                 "1 on the node that is the active controller.",
                 uint64_t{services.controller->is_active()}, page);
  }
  if (services.raft != nullptr) {
    const auto leader = services.raft->leader();
    write_metric("kafka_server_raft_metrics_current_leader", MetricType::kGauge,
                 "The node that leads the metadata quorum; -1: none.", int64_t{leader.leader_id},
                 page);
    write_metric("kafka_server_raft_metrics_current_epoch", MetricType::kGauge,
                 "The epoch of the metadata quorum.", int64_t{leader.epoch}, page);
  }
  if (services.image != nullptr) {
    const auto& brokers = services.image->cluster().brokers;
    const auto fenced = static_cast<uint64_t>(std::count_if(
        brokers.begin(), brokers.end(), [](const auto& entry) { return entry.second->fenced; }));
    write_metric("kafka_controller_kafkacontroller_activebrokercount", MetricType::kGauge,
                 "Brokers that are registered and not fenced.", brokers.size() - fenced, page);
    write_metric("kafka_controller_kafkacontroller_fencedbrokercount", MetricType::kGauge,
                 "Brokers that are registered and fenced.", fenced, page);
    write_metric("kafka_server_kafkaserver_brokerstate", MetricType::kGauge,
                 "0: not running, 2: recovery, 3: running, 6: stopping.",
                 static_cast<uint64_t>(state_of(services.image->broker(services.node_id))), page);
  }
  if (services.log_directories != nullptr) {
    const auto& directories = services.log_directories->all();
    const auto offline = std::count_if(directories.begin(), directories.end(),
                                       [](const auto& each) { return !each->online(); });
    write_metric("kafka_log_logmanager_offlinelogdirectorycount", MetricType::kGauge,
                 "Log directories that have failed.", static_cast<uint64_t>(offline), page);
  }
}

}  // namespace console
