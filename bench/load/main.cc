// odradek_load: the same load against any Kafka broker, one measurement a run, one JSON line on
// standard output.
#include <cstdio>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bench/load/clock.h"
#include "bench/load/end_to_end.h"
#include "bench/load/log_walk.h"
#include "bench/load/process.h"
#include "bench/load/replayer.h"
#include "bench/load/topic.h"
#include "bench/load/verify.h"
#include "wire/error_code.h"

namespace {

using Json = nlohmann::ordered_json;
using load::Mode;

const std::map<std::string, Mode> kModes = {
    {"produce", Mode::kProduce},   {"fetch", Mode::kFetch},
    {"commit", Mode::kCommit},     {"api-versions", Mode::kApiVersions},
    {"metadata", Mode::kMetadata}, {"end-to-end", Mode::kEndToEnd},
    {"verify", Mode::kVerify},     {"check", Mode::kCheck},
    {"create", Mode::kCreate}};

const std::map<std::string, wire::CompressionType> kCodecs = {
    {"none", wire::CompressionType::kNone},
    {"gzip", wire::CompressionType::kGzip},
    {"snappy", wire::CompressionType::kSnappy},
    {"lz4", wire::CompressionType::kLz4},
    {"zstd", wire::CompressionType::kZstd}};

constexpr double kMiB = 1024.0 * 1024;

double share(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

double mib(int64_t bytes) {
  return static_cast<double>(bytes) / kMiB;
}

Json latencies(const load::Histogram& histogram) {
  const auto us = [](int64_t ns) { return static_cast<double>(ns) / 1000; };
  return {{"p50_us", us(histogram.percentile_ns(0.5))},
          {"p90_us", us(histogram.percentile_ns(0.9))},
          {"p99_us", us(histogram.percentile_ns(0.99))},
          {"p999_us", us(histogram.percentile_ns(0.999))},
          {"max_us", us(histogram.max_ns())},
          {"count", histogram.count()}};
}

Json costs(double seconds, int64_t requests, int64_t bytes, double broker_cpu, double client_cpu) {
  return {{"seconds", seconds},
          {"requests", requests},
          {"requests_per_s", share(static_cast<double>(requests), seconds)},
          {"mib_per_s", share(mib(bytes), seconds)},
          {"broker_cpu_seconds", broker_cpu},
          {"broker_cpu_s_per_gib", share(broker_cpu, mib(bytes) / 1024)},
          {"broker_cpu_us_per_request", share(broker_cpu * 1e6, static_cast<double>(requests))},
          {"broker_cpu_share", share(broker_cpu, seconds)},
          {"client_cpu_share", share(client_cpu, seconds)}};
}

wire::Result<Json> replay(const load::Options& options) {
  auto workload = load::prepare(options);
  if (!workload.ok()) return workload.error();
  if (options.waits) {
    std::cout << "ready" << std::endl;
    std::cin.ignore(1);
  }
  load::Replayer replayer(options, *workload);
  auto run = replayer.run();
  if (!run.ok()) return run.error();
  Json json = costs(run->seconds, run->requests, run->bytes, run->broker_cpu_seconds,
                    run->client_cpu_seconds);
  json["latency"] = latencies(run->latency);
  json["rss_mib"] = mib(run->resident_bytes);
  if (options.idle_connections > 0) {
    json["rss_kib_per_idle_connection"] =
        static_cast<double>(run->resident_bytes_idle - run->resident_bytes_before) / 1024 /
        options.idle_connections;
  }
  return json;
}

wire::Result<Json> end_to_end(const load::Options& options) {
  auto run = load::run_end_to_end(options);
  if (!run.ok()) return run.error();
  Json json = costs(run->seconds, run->records, run->records * options.record_bytes,
                    run->broker_cpu_seconds, run->client_cpu_seconds);
  json["latency"] = latencies(run->consumed);
  json["acknowledged"] = latencies(run->acknowledged);
  json["rss_mib"] = mib(run->resident_bytes);
  return json;
}

wire::Result<Json> create(const load::Options& options) {
  const int64_t began = load::monotonic_ns();
  if (auto created = load::create_topic(options); !created.ok()) return created.error();
  return Json{{"seconds", static_cast<double>(load::monotonic_ns() - began) / load::kNsPerSecond},
              {"rss_mib", mib(load::resident_bytes_of(options.broker_pid))}};
}

wire::Result<Json> run(const load::Options& options) {
  switch (options.mode) {
    case Mode::kEndToEnd:
      return end_to_end(options);
    case Mode::kCreate:
      return create(options);
    case Mode::kVerify: {
      auto verified = load::verify(options);
      if (!verified.ok()) return verified.error();
      return Json{{"batches", verified->batches}, {"records", verified->records}};
    }
    case Mode::kCheck: {
      auto checked = load::check_logs(options);
      if (!checked.ok()) return checked.error();
      return Json{{"batches", checked->batches},
                  {"records", checked->records},
                  {"mib", mib(checked->bytes)}};
    }
    default:
      return replay(options);
  }
}

void add_options(CLI::App& app, load::Options& options) {
  app.add_option("mode", options.mode, "what is done")
      ->required()
      ->transform(CLI::CheckedTransformer(kModes));
  app.add_option("--host", options.host);
  app.add_option("--port", options.port)->required();
  app.add_option("--topic", options.topic, "made if there is none");
  app.add_option("--topic-config", options.topic_configs, "KEY=VALUE of a topic that is made");
  app.add_option("--partitions", options.partitions, "requests go to them in turn");
  app.add_option("--connections", options.connections);
  app.add_option("--idle-connections", options.idle_connections, "silent ones beside them");
  app.add_option("--depth", options.depth, "requests in flight on each connection");
  app.add_option("--groups", options.groups, "that commit");
  app.add_option("--acks", options.acks, "1 or -1");
  app.add_option("--batch-bytes", options.batch_bytes, "on the wire");
  app.add_option("--record-bytes", options.record_bytes);
  app.add_option("--compression", options.compression)->transform(CLI::CheckedTransformer(kCodecs));
  app.add_option("--fetch-bytes", options.fetch_bytes, "of one answer");
  app.add_option("--fill-bytes", options.fill_bytes, "that a topic to be fetched holds at least");
  app.add_option("--passes", options.passes, "ends after the log was read so often (fetch)");
  app.add_option("--rate", options.rate, "requests per second; 0: as answers come");
  app.add_option("--warm-up", options.warm_up_seconds, "seconds that do not count");
  app.add_option("--seconds", options.seconds, "of load");
  app.add_option("--requests", options.requests_max, "ends after so many");
  app.add_flag("--wait", options.waits, "says `ready` before the load, and waits for a line");
  app.add_option("--broker-pid", options.broker_pid, "whose CPU time is measured");
}

}  // namespace

int main(int argc, char** argv) {
  load::Options options;
  CLI::App app("Raw load against a Kafka broker; prints one JSON line.");
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  load::allow_many_files();
  auto result = run(options);
  if (!result.ok()) {
    std::fprintf(stderr, "odradek_load: %s (%s)\n", result.error().detail.c_str(),
                 std::string(wire::error_name(result.error().code)).c_str());
    return 1;
  }
  std::cout << result->dump() << "\n";
  return 0;
}
