// `odradek serve` and `odradek dev`: the broker itself.  dev is serve with other defaults, each of
// which can be set back.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include "cluster/config/broker_config.h"
#include "cluster/config/config_sources.h"
#include "cmd/cli/broker_options.h"
#include "cmd/cli/cli.h"
#include "cmd/cli/run_broker.h"
#include "cmd/server/ip_address.h"
#include "cmd/server/node.h"
#include "cmd/server/signals.h"
#include "wire/base/log.h"

namespace cli {
namespace {

using cluster::config::BrokerConfig;
using cluster::config::Durability;
using cluster::config::Properties;

const char* durability_text(Durability durability) {
  switch (durability) {
    case Durability::kFsync:
      return "fsync (acks=all answers when the records are on the disk)";
    case Durability::kRelaxed:
      return "relaxed (as Apache Kafka: what is acknowledged survives kill -9, not a power cut)";
    case Durability::kMemory:
      return "memory (nothing outlives this process)";
  }
  return "";
}

// Each connection, segment and index needs a file descriptor: as many as the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Once clients are served.  The first line and the last two are Apache Kafka's, which fixtures wait for
// (Testcontainers); kafka-python's sees only the first of those that come at once.
void print_ready(const server::Node& node, std::chrono::steady_clock::time_point started) {
  const int id = node.config().node_id();
  std::printf("[KafkaServer id=%d] started (odradek %s, cluster %s)\n", id, kVersion,
              node.cluster_id().c_str());
  for (const std::string& line : node.listeners().describe()) std::printf("%s\n", line.c_str());
  if (const server::HttpServer* http = node.http()) {
    std::printf("Health and metrics on http://%s/\n",
                server::host_and_port(http->address(), http->port()).c_str());
  }
  std::printf("Durability: %s\n", durability_text(node.config().durability()));
  if (node.config().durability() != Durability::kMemory) {
    std::printf("Data in %s\n", node.config().log_dirs().front().c_str());
  }
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::steady_clock::now() - started)
                           .count();
  std::printf(
      "[BrokerLifecycle id=%d] The broker has been unfenced. Transitioning from RECOVERY to "
      "RUNNING.\n",
      id);
  std::printf("Kafka Server started in %lld ms\n", static_cast<long long>(elapsed));
  std::fflush(stdout);
}

}  // namespace

int run_broker(Properties properties, const std::function<void()>& when_ready) {
  const auto started = std::chrono::steady_clock::now();
  std::vector<std::string> warnings;
  auto config = BrokerConfig::load(std::move(properties), warnings);
  for (const std::string& warning : warnings) wire::log::warn("{}", warning);
  if (!config.ok()) return fail(config.error().detail);
  raise_descriptor_limit();

  server::Shard shard;
  server::Node node(shard, std::move(*config));
  int exit_code = 0;
  const auto leave = [&shard] { shard.stop(); };
  server::Signals signals(shard, [&](int signal) {
    wire::log::info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
    node.stop(leave);
  });
  const auto status = node.start(
      [&] {
        print_ready(node, started);
        if (when_ready) when_ready();
      },
      [&](const wire::Error& error) {
        exit_code = fail(error.detail);
        node.stop(leave);
      });
  if (!status.ok()) return fail(status.error().detail);
  shard.run();
  if (exit_code == 0) wire::log::info("stopped cleanly");
  return exit_code;
}

namespace {

// --set key=value, over what is there.
wire::Status apply_settings(const std::vector<std::string>& settings, Properties& properties) {
  for (const std::string& setting : settings) {
    auto assignment = cluster::config::parse_assignment(setting);
    if (!assignment.ok()) return assignment.error();
    properties.insert_or_assign(std::move(assignment->first), std::move(assignment->second));
  }
  return {};
}

struct ServeOptions {
  BrokerOptions told;
  std::string log_level = "info";
};

constexpr uint16_t kKafkaPort = 9092;

struct DevOptions {
  uint16_t port = kKafkaPort;
  std::string data = "./odradek-data";
  bool memory = false;
  std::vector<std::string> settings;
  std::string log_level = "warn";
};

bool set_log_level(const std::string& name) {
  wire::log::Level level{};
  if (!wire::log::parse_level(name, level)) return false;
  wire::log::set_level(level);
  return true;
}

int serve(const ServeOptions& options) {
  if (!set_log_level(options.log_level))
    return fail("--log-level takes trace, debug, info, warn, error or off");
  const auto sources = gather(options.told);
  if (!sources.ok()) return fail(sources.error().detail);
  for (const std::string& note : sources->notes()) wire::log::info("{}", note);
  return run_broker(sources->properties());
}

// What a developer wants: loopback, no waiting, one replica of everything.
Properties dev_properties(const DevOptions& options) {
  const std::string data = options.memory ? "/odradek" : options.data;
  return {
      {"process.roles", "broker,controller"},
      {"node.id", "1"},
      {"listeners",
       "PLAINTEXT://127.0.0.1:" + std::to_string(options.port) + ",CONTROLLER://127.0.0.1:0"},
      {"controller.listener.names", "CONTROLLER"},
      {"controller.quorum.bootstrap.servers", "127.0.0.1:9093"},  // itself; never connected to
      {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"},
      {"log.dirs", data + "/logs"},
      {"odradek.state.dir", data + "/state"},
      {"odradek.durability", options.memory ? "memory" : "relaxed"},
      {"odradek.advertised.rescue", "true"},
      {"odradek.http.listener", options.port == kKafkaPort ? "127.0.0.1:9644" : "127.0.0.1:0"},
      // Not 0: kafka-python 3.0 stops for good where its first join is answered before it knows the
      // topic's partitions (compat/kafka-python/FINDINGS.md).
      {"group.initial.rebalance.delay.ms", "100"},
      {"offsets.topic.replication.factor", "1"},
      {"transaction.state.log.replication.factor", "1"},
      {"transaction.state.log.min.isr", "1"},
      {"share.coordinator.state.topic.replication.factor", "1"},
      {"share.coordinator.state.topic.min.isr", "1"},
  };
}

int dev(const DevOptions& options) {
  if (!set_log_level(options.log_level))
    return fail("--log-level takes trace, debug, info, warn, error or off");
  Properties properties = dev_properties(options);
  if (auto applied = apply_settings(options.settings, properties); !applied.ok())
    return fail(applied.error().detail);
  return run_broker(std::move(properties));
}

void add_dev_options(CLI::App& command, DevOptions& options) {
  command.add_option("--port", options.port, "Port for clients; 0: any that is free")
      ->capture_default_str();
  auto* data =
      command.add_option("--data", options.data, "Directory of the data")->capture_default_str();
  command.add_flag("--memory", options.memory, "Keep everything in memory")->excludes(data);
  command.add_option("--set", options.settings, "key=value, over the defaults; may be given again")
      ->take_all();
  command.add_option("--log-level", options.log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str();
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "serve", "Run a broker with Apache Kafka's properties, durable by default");
  command->footer(R"(
An empty log directory of a node that is alone is formatted at the first start. Files of releases
since Kafka 0.10 will do, and so will none at all. Variables KAFKA_* and KAFKA_CFG_* are over the
files, --set is over both; `odradek config env` shows what is taken from the environment.

Examples:
  odradek serve -c server.properties
  odradek serve -c server.properties --set num.partitions=6 --set odradek.durability=relaxed
  KAFKA_LOG_DIRS=/data KAFKA_LISTENERS=PLAINTEXT://0.0.0.0:9092 odradek serve
)");
  auto options = std::make_shared<ServeOptions>();
  add_broker_options(*command, options->told);
  command->add_option("--log-level", options->log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str();
  command->callback([options, &exit_code] { exit_code = serve(*options); });
}

void add_dev(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "dev", "Run a broker for a laptop or a test: loopback, no setup, no waiting");
  command->footer(R"(
Differs from `serve` in: listeners on 127.0.0.1 (the controller's on any free port), log.dirs and
odradek.state.dir under --data, odradek.durability=relaxed, odradek.advertised.rescue=true,
odradek.http.listener=127.0.0.1:9644 (any free port if --port is not 9092),
group.initial.rebalance.delay.ms=100, one replica of internal topics. Each can be set back with
--set.

Examples:
  odradek dev
  odradek dev --port 19092 --data /tmp/kafka
  odradek dev --memory --set num.partitions=3
)");
  auto options = std::make_shared<DevOptions>();
  add_dev_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = dev(*options); });
}

void add_up(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("up", "Run a cluster for development on this machine");
  command->footer(R"(
Of one broker, for now: `up` and `up 1` are `dev`. Several need copies of partitions between
brokers, which this version does not make.

Examples:
  odradek up
  odradek up 1 --memory
)");
  struct UpOptions {
    DevOptions broker;
    int brokers = 1;
  };
  auto options = std::make_shared<UpOptions>();
  command->add_option("brokers", options->brokers, "How many")->capture_default_str();
  add_dev_options(*command, options->broker);
  command->callback([options, &exit_code] {
    exit_code = options->brokers == 1
                    ? dev(options->broker)
                    : fail(wrong("this version has no clusters of several brokers yet: "
                                 "partitions are not copied between them; `up 1` runs one"));
  });
}

}  // namespace cli
