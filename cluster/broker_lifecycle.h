// The broker's side of membership: registers with the active controller, proves by heartbeats that
// it lives, is unfenced once it has read the metadata, and asks leave to go.
//
//   starting --registered--> recovery --ready and caught up--> running --begin_shutdown--> leaving
//   --granted--> stopped
//
// Each step sends its request as soon as the one before is answered, so a single node is running
// after three commits and no timer; when nothing is to be told, a heartbeat every
// broker.heartbeat.interval.ms. Lives on shard 0.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/metadata/image.h"
#include "cluster/metadata/image_loader.h"
#include "cluster/timers.h"
#include "cluster/transport.h"
#include "wire/base/callback.h"
#include "wire/base/clock.h"

namespace cluster {

struct BrokerLifecycleOptions {
  wire::NodeId node_id = wire::kNoNode;
  std::string cluster_id;
  wire::Uuid incarnation_id;                  // fresh for each start of the process
  std::vector<metadata::Endpoint> listeners;  // the advertised ones
  std::optional<std::string> rack;
  std::vector<wire::Uuid> log_dirs;  // the online ones
  // From the clean-shutdown file; -1: the last stop was not clean.
  int64_t previous_broker_epoch = -1;
  wire::DurationMs heartbeat_interval_ms = 2'000;  // broker.heartbeat.interval.ms
  wire::DurationMs retry_ms = 100;                 // after a failure
  wire::DurationMs shutdown_timeout_ms = 60'000;   // leaves unasked after that
};

class BrokerLifecycle final : public metadata::ImageListener {
 public:
  enum class State { kStarting, kRecovery, kRunning, kLeaving, kStopped };

  // REQUIRES: everything referenced outlives this, which has been added to the loader's listeners.
  BrokerLifecycle(BrokerLifecycleOptions options, const metadata::MetadataLog& log,
                  metadata::ImageLoader& loader, Transport& transport, Timers& timers);
  ~BrokerLifecycle() override;

  // Registers, as soon as there is a controller.
  void start();
  // The listeners are open and the logs recovered: may be unfenced.  `running` is called once it
  // is.
  void ready(wire::Callback<void()> running);
  // Moves leaders away; calls `stopped` when the controller lets this broker go, or the timeout has
  // passed.  That may be while the image is published that says so.
  void begin_shutdown(wire::Callback<void()> stopped);

  State state() const { return state_; }
  // -1 until registered.
  int64_t epoch() const { return epoch_; }

  // This log directory failed: its replicas must be led elsewhere.
  void report_offline(const wire::Uuid& directory);
  // These take no new replicas (cordoned.log.dirs).
  void set_cordoned(std::vector<wire::Uuid> directories);

  void on_image(const metadata::ImageChanges& changes, const metadata::ImagePtr& previous,
                const metadata::ImagePtr& image) override;
  void on_leader_change(metadata::LeaderAndEpoch leader) override;

 private:
  void communicate();
  void schedule(wire::DurationMs delay_ms);
  void send_registration(wire::NodeId controller);
  void send_heartbeat(wire::NodeId controller);
  void on_registered(const wire::Result<PeerResponse>& result);
  void on_heartbeat(const wire::Result<PeerResponse>& result);
  void advance(const wire::BrokerHeartbeatResponse& response);
  void stop();

  const BrokerLifecycleOptions options_;
  const metadata::MetadataLog& log_;
  metadata::ImageLoader& loader_;
  Transport& transport_;
  Timers& timers_;

  State state_ = State::kStarting;
  bool started_ = false;
  bool ready_ = false;
  bool registered_ = false;
  int64_t epoch_ = -1;
  bool in_flight_ = false;
  bool again_ = false;  // something to tell came up while a request was in flight
  std::set<wire::Uuid> offline_;
  std::vector<wire::Uuid> cordoned_;
  wire::Callback<void()> running_;
  wire::Callback<void()> stopped_;
  TimerId timer_ = kNoTimer;
  TimerId shutdown_timer_ = kNoTimer;
  // Answers hold it weakly: one that arrives after this is gone does nothing.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cluster
