#include "cluster/broker_lifecycle.h"

#include <utility>

#include "wire/base/log.h"

namespace cluster {

using wire::ErrorCode;

BrokerLifecycle::BrokerLifecycle(BrokerLifecycleOptions options, const metadata::MetadataLog& log,
                                 metadata::ImageLoader& loader, Transport& transport,
                                 Timers& timers)
    : options_(std::move(options)),
      log_(log),
      loader_(loader),
      transport_(transport),
      timers_(timers) {}

BrokerLifecycle::~BrokerLifecycle() {
  timers_.cancel(timer_);
  timers_.cancel(shutdown_timer_);
}

void BrokerLifecycle::start() {
  started_ = true;
  communicate();
}

void BrokerLifecycle::ready(wire::Callback<void()> running) {
  ready_ = true;
  running_ = std::move(running);
  communicate();
}

void BrokerLifecycle::begin_shutdown(wire::Callback<void()> stopped) {
  stopped_ = std::move(stopped);
  if (!registered_ || state_ == State::kStopped) return stop();
  state_ = State::kLeaving;
  shutdown_timer_ = timers_.schedule(options_.shutdown_timeout_ms, [this] {
    shutdown_timer_ = kNoTimer;
    wire::log::warn("no controller has let this broker go in time: it leaves");
    stop();
  });
  communicate();
}

void BrokerLifecycle::report_offline(const wire::Uuid& directory) {
  if (offline_.insert(directory).second) communicate();
}

void BrokerLifecycle::set_cordoned(std::vector<wire::Uuid> directories) {
  if (cordoned_ == directories) return;
  cordoned_ = std::move(directories);
  communicate();
}

void BrokerLifecycle::on_image(const metadata::ImageChanges&, const metadata::ImagePtr&,
                               const metadata::ImagePtr& image) {
  if (state_ == State::kLeaving && registered_) {
    // The controller fences whom it lets go, and the metadata may say so before its answer does.
    // Not one request may be answered from an image that lacks this broker: a client that is told
    // of no broker at all has nowhere to come back to (librdkafka 2.16 hangs).
    const auto* self = image->broker(options_.node_id);
    if (self == nullptr || (self->epoch == epoch_ && self->fenced)) return stop();
  }
  // How far it has read is what the controller waits for.
  if (registered_ && (state_ == State::kStarting || state_ == State::kLeaving)) communicate();
}

void BrokerLifecycle::on_leader_change(metadata::LeaderAndEpoch leader) {
  if (leader.leader_id != wire::kNoNode) communicate();
}

void BrokerLifecycle::communicate() {
  if (!started_ || state_ == State::kStopped) return;
  if (in_flight_) {
    again_ = true;
    return;
  }
  timers_.cancel(std::exchange(timer_, kNoTimer));
  const wire::NodeId controller = log_.leader().leader_id;
  // on_leader_change comes back to it.
  if (controller == wire::kNoNode) return;
  in_flight_ = true;
  again_ = false;
  if (registered_) {
    send_heartbeat(controller);
  } else {
    send_registration(controller);
  }
}

void BrokerLifecycle::schedule(wire::DurationMs delay_ms) {
  timers_.cancel(timer_);
  timer_ = timers_.schedule(delay_ms, [this] {
    timer_ = kNoTimer;
    communicate();
  });
}

void BrokerLifecycle::send_registration(wire::NodeId controller) {
  wire::BrokerRegistrationRequest request;
  request.broker_id = options_.node_id;
  request.cluster_id = options_.cluster_id;
  request.incarnation_id = options_.incarnation_id;
  for (const metadata::Endpoint& listener : options_.listeners) {
    auto& endpoint = request.listeners.emplace_back();
    endpoint.name = listener.name;
    endpoint.host = listener.host;
    endpoint.port = listener.port;
    endpoint.security_protocol = static_cast<int16_t>(listener.security_protocol);
  }
  for (const auto& range : metadata::registration_features(loader_.latest()->features())) {
    auto& feature = request.features.emplace_back();
    feature.name = range.name;
    feature.min_supported_version = range.min_version;
    feature.max_supported_version = range.max_version;
  }
  request.rack = options_.rack;
  request.log_dirs = options_.log_dirs;
  request.previous_broker_epoch = options_.previous_broker_epoch;
  transport_.send(controller, std::move(request),
                  [this, alive = std::weak_ptr<bool>(alive_)](wire::Result<PeerResponse> result) {
                    if (!alive.expired()) on_registered(result);
                  });
}

void BrokerLifecycle::on_registered(const wire::Result<PeerResponse>& result) {
  in_flight_ = false;
  if (state_ == State::kStopped) return;
  const auto* response = result ? std::get_if<wire::BrokerRegistrationResponse>(&*result) : nullptr;
  const ErrorCode code = response != nullptr ? response->error_code : ErrorCode::kNetworkException;
  if (code != ErrorCode::kNone) {
    wire::log::info("registration of broker {} refused: {}", options_.node_id,
                    wire::error_name(code));
    return schedule(options_.retry_ms);
  }
  registered_ = true;
  epoch_ = response->broker_epoch;
  communicate();
}

void BrokerLifecycle::send_heartbeat(wire::NodeId controller) {
  wire::BrokerHeartbeatRequest request;
  request.broker_id = options_.node_id;
  request.broker_epoch = epoch_;
  request.current_metadata_offset = loader_.image()->provenance().last_offset;
  request.want_fence = !ready_;
  request.want_shut_down = state_ == State::kLeaving;
  request.offline_log_dirs.assign(offline_.begin(), offline_.end());
  // Which directories are cordoned is a dynamic config: known once the metadata has been read.
  if (state_ != State::kStarting &&
      loader_.image()->features().metadata_version().cordoned_log_dirs_supported()) {
    request.cordoned_log_dirs = cordoned_;
  }
  transport_.send(controller, std::move(request),
                  [this, alive = std::weak_ptr<bool>(alive_)](wire::Result<PeerResponse> result) {
                    if (!alive.expired()) on_heartbeat(result);
                  });
}

void BrokerLifecycle::on_heartbeat(const wire::Result<PeerResponse>& result) {
  in_flight_ = false;
  if (state_ == State::kStopped) return;
  const auto* response = result ? std::get_if<wire::BrokerHeartbeatResponse>(&*result) : nullptr;
  const ErrorCode code = response != nullptr ? response->error_code : ErrorCode::kNetworkException;
  if (code == ErrorCode::kNone) return advance(*response);
  wire::log::info("heartbeat of broker {} refused: {}", options_.node_id, wire::error_name(code));
  // The controller knows another registration, or none: tell it again who this is.
  if (code == ErrorCode::kStaleBrokerEpoch && state_ != State::kLeaving) registered_ = false;
  schedule(options_.retry_ms);
}

void BrokerLifecycle::advance(const wire::BrokerHeartbeatResponse& response) {
  if (state_ == State::kLeaving) {
    if (response.should_shut_down) return stop();
    if (again_) return communicate();
    return schedule(options_.retry_ms);
  }
  if (state_ == State::kStarting && response.is_caught_up) {
    state_ = State::kRecovery;
    again_ = true;
  }
  if (state_ == State::kRecovery && !response.is_fenced) {
    state_ = State::kRunning;
    wire::log::info("broker {} is running, epoch {}", options_.node_id, epoch_);
    if (running_) std::exchange(running_, nullptr)();
  }
  if (again_) return communicate();
  schedule(options_.heartbeat_interval_ms);
}

void BrokerLifecycle::stop() {
  state_ = State::kStopped;
  timers_.cancel(std::exchange(timer_, kNoTimer));
  timers_.cancel(std::exchange(shutdown_timer_, kNoTimer));
  if (stopped_) std::exchange(stopped_, nullptr)();
}

}  // namespace cluster
