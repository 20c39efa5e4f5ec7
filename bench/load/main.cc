// odradek_load: the same load against any Kafka broker, one measurement a run, one JSON line on
// standard output.
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "bench/load/replayer.h"
#include "wire/error_code.h"

namespace {

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void print(const load::Options& options, load::Measurement& measured) {
  constexpr double kGiB = 1024.0 * 1024 * 1024;
  const auto bytes = static_cast<double>(measured.bytes);
  const auto requests = static_cast<double>(measured.requests);
  // A run of no time has no rates: JSON has no word for them.
  const auto per_second = [&](double value) {
    return measured.seconds > 0 ? value / measured.seconds : 0;
  };
  std::printf(
      "{\"mode\":\"%s\",\"batch_bytes\":%lld,\"connections\":%d,\"depth\":%d,\"acks\":%d,"
      "\"seconds\":%.2f,"
      "\"requests\":%lld,\"requests_per_s\":%.0f,\"mib_per_s\":%.1f,\"broker_cpu_s_per_gib\":%.3f,"
      "\"broker_cpu_us_per_request\":%.2f,\"broker_cpu_share\":%.2f,\"client_cpu_share\":%.2f,"
      "\"p50_us\":%.0f,"
      "\"p99_us\":%.0f,\"broker_rss_mib\":%.1f}\n",
      options.mode == load::Mode::kProduce ? "produce" : "fetch",
      static_cast<long long>(options.batch_bytes), options.connections, options.depth, options.acks,
      measured.seconds, static_cast<long long>(measured.requests), per_second(requests),
      per_second(bytes) / (1024 * 1024),
      bytes > 0 ? measured.broker_cpu_seconds / (bytes / kGiB) : 0,
      requests > 0 ? measured.broker_cpu_seconds * 1e6 / requests : 0,
      per_second(measured.broker_cpu_seconds), per_second(measured.client_cpu_seconds),
      percentile(measured.latencies_us, 0.5), percentile(measured.latencies_us, 0.99),
      static_cast<double>(load::resident_bytes_of(options.broker_pid)) / (1024 * 1024));
}

int fail(const wire::Error& error) {
  std::fprintf(stderr, "odradek_load: %s (%s)\n", error.detail.c_str(),
               std::string(wire::error_name(error.code)).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  load::Options options;
  CLI::App app("Raw load against a Kafka broker; prints one JSON line.");
  std::string mode = "produce";
  app.add_option("mode", mode, "produce or fetch")->check(CLI::IsMember({"produce", "fetch"}));
  app.add_option("--host", options.host);
  app.add_option("--port", options.port)->required();
  app.add_option("--topic", options.topic);
  app.add_option("--connections", options.connections);
  app.add_option("--depth", options.depth, "requests in flight on each connection (produce)");
  app.add_option("--acks", options.acks, "1 or -1");
  app.add_option("--batch-bytes", options.batch_bytes);
  app.add_option("--record-bytes", options.record_bytes);
  app.add_option("--fetch-bytes", options.fetch_bytes, "of one answer (fetch)");
  app.add_option("--seconds", options.seconds, "of load; 0: one request, until its answer");
  app.add_option("--broker-pid", options.broker_pid, "whose CPU time is measured");
  CLI11_PARSE(app, argc, argv);
  options.mode = mode == "produce" ? load::Mode::kProduce : load::Mode::kFetch;

  load::Replayer replayer(options);
  if (auto created = replayer.create_topic(); !created.ok()) return fail(created.error());
  constexpr int64_t kFetchedLogBytes = 256 << 20;
  if (options.mode == load::Mode::kFetch) {
    if (auto filled = replayer.fill(kFetchedLogBytes); !filled.ok()) return fail(filled.error());
  }
  auto measured = replayer.run();
  if (!measured.ok()) return fail(measured.error());
  print(options, *measured);
  return 0;
}
