// A whole broker on a thread of this process, listening on a free port of loopback, for tests over real sockets.
#pragma once

#include <cstdlib>
#include <future>
#include <string>
#include <thread>

#include "cluster/config/broker_config.h"
#include "cmd/server/node.h"

namespace server {

class BrokerThread {
 public:
  explicit BrokerThread(cluster::config::Properties overrides = {}) {
    cluster::config::Properties properties = {
        {"process.roles", "broker,controller"},
        {"node.id", "1"},
        {"listeners", "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0"},
        {"advertised.listeners", "PLAINTEXT://127.0.0.1:0"},
        {"controller.listener.names", "CONTROLLER"},
        {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"},
        {"controller.quorum.bootstrap.servers", "127.0.0.1:9093"},
        {"log.dirs", "/odradek"},
        {"odradek.durability", "memory"},
        {"offsets.topic.replication.factor", "1"},
        {"group.initial.rebalance.delay.ms", "0"},
    };
    // `./dev shards` runs the same tests with several.
    if (const char* shards = std::getenv("ODRADEK_TEST_SHARDS"))
      properties.insert_or_assign("odradek.shards", shards);
    for (auto& [key, value] : overrides) properties.insert_or_assign(key, value);
    std::promise<std::string> started;
    auto outcome = started.get_future();
    thread_ = std::thread(
        [this, properties = std::move(properties), started = std::move(started)]() mutable {
          run(std::move(properties), started);
        });
    failure_ = outcome.get();
  }
  ~BrokerThread() { stop(); }
  BrokerThread(const BrokerThread&) = delete;
  BrokerThread& operator=(const BrokerThread&) = delete;

  // Empty if it runs.
  const std::string& failure() const { return failure_; }
  uint16_t port() const { return port_; }
  // 0: there is none.
  uint16_t http_port() const { return http_port_; }
  std::string bootstrap() const { return "127.0.0.1:" + std::to_string(port_); }

  // Stops cleanly.
  void stop() {
    if (!thread_.joinable()) return;
    if (failure_.empty()) shard_->post([this] { node_->stop([this] { shard_->stop(); }); });
    thread_.join();
  }

 private:
  void run(cluster::config::Properties properties, std::promise<std::string>& started) {
    std::vector<std::string> warnings;
    auto config = cluster::config::BrokerConfig::load(std::move(properties), warnings);
    if (!config.ok()) return started.set_value(config.error().detail);
    Shard shard;
    Node node(shard, std::move(*config));
    shard_ = &shard;
    node_ = &node;
    const auto status = node.start(
        [&] {
          port_ = node.port();
          http_port_ = node.http() == nullptr ? 0 : node.http()->port();
          started.set_value("");
        },
        [&](const wire::Error& error) { started.set_value(error.detail); });
    if (!status.ok()) return started.set_value(status.error().detail);
    shard.run();
  }

  std::thread thread_;
  Shard* shard_ = nullptr;  // on thread_, while it runs
  Node* node_ = nullptr;
  uint16_t port_ = 0;
  uint16_t http_port_ = 0;
  std::string failure_;
};

}  // namespace server
