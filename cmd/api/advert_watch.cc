#include "cmd/api/advert_watch.h"

#include <algorithm>
#include <utility>

#include "cmd/api/request_context.h"

namespace api {

using wire::ApiKey;

AdvertWatch::Client watched_client(const RequestContext& context) {
  constexpr size_t kNameMax = 64;
  return {.host = context.connection.client_host,
          .id = std::string(context.client_id_or_empty().substr(0, kNameMax))};
}

AdvertWatch::AdvertWatch(const wire::Clock& clock, cluster::Timers& timers,
                         wire::Callback<void(const Doubt&)> report)
    : clock_(clock), timers_(timers), report_(std::move(report)) {}

AdvertWatch::~AdvertWatch() {
  timers_.cancel(timer_);
}

bool AdvertWatch::shows_found(ApiKey key) {
  switch (key) {
    case ApiKey::kApiVersions:
    case ApiKey::kMetadata:
    case ApiKey::kDescribeCluster:
    case ApiKey::kFindCoordinator:
    case ApiKey::kInitProducerId:
    case ApiKey::kSaslHandshake:
    case ApiKey::kSaslAuthenticate:
    case ApiKey::kGetTelemetrySubscriptions:
    case ApiKey::kPushTelemetry:
      return false;
    default:
      return true;
  }
}

void AdvertWatch::told(uint64_t connection_id, Asked asked, Doubt doubt) {
  if (done_with_.size() >= kRememberedMax || done_with_.contains(doubt.client)) return;
  const wire::DurationMs now_ms = clock_.monotonic_ms();
  const auto known = watched_.find(doubt.client);
  if (known == watched_.end() && watched_.size() >= kWatchedMax) return;
  Watched& watched = known != watched_.end() ? known->second : watched_[doubt.client];
  if (known == watched_.end()) {
    watched.doubt = std::move(doubt);
    watched.first_told_ms = now_ms;
  }
  watched.connection_id = connection_id;
  watched.asked = std::max(watched.asked, asked);
  watched.is_open = true;
  watched.is_back = false;
  ++watched.times_told;
  watched.last_told_ms = now_ms;
  arm();
}

void AdvertWatch::heard(uint64_t connection_id, const Client& client) {
  const auto known = watched_.find(client);
  if (known == watched_.end() || known->second.connection_id == connection_id) return;
  known->second.is_back = true;
}

void AdvertWatch::found(const Client& client) {
  watched_.erase(client);
  if (done_with_.size() < kRememberedMax) done_with_.insert(client);
}

void AdvertWatch::closed(uint64_t connection_id) {
  const auto found = std::find_if(watched_.begin(), watched_.end(), [&](const auto& entry) {
    return entry.second.is_open && entry.second.connection_id == connection_id;
  });
  if (found == watched_.end()) return;
  Watched& watched = found->second;
  watched.is_open = false;
  if (clock_.monotonic_ms() - watched.last_told_ms >= kContentMs) watched.has_waited = true;
}

void AdvertWatch::arm() {
  if (timer_ != cluster::kNoTimer || watched_.empty()) return;
  wire::DurationMs first_ms = INT64_MAX;
  for (const auto& [client, watched] : watched_) {
    first_ms = std::min(first_ms, watched.first_told_ms);
  }
  const wire::DurationMs due_ms = first_ms + kSilenceMs - clock_.monotonic_ms();
  timer_ = timers_.schedule(std::max<wire::DurationMs>(due_ms, 0), [this] { look(); });
}

// Who waits; who has come again after it had waited, or comes again and again; who wanted to know
// the nodes and does not come to them.  Anyone else has what it wanted, or gave up.
bool AdvertWatch::is_missed(const Watched& watched) {
  if (watched.times_told >= kToldMax) return true;
  if (watched.asked == Asked::kNodes) return !watched.is_open && !watched.is_back;
  return watched.is_open || (watched.has_waited && watched.times_told > 1);
}

void AdvertWatch::look() {
  timer_ = cluster::kNoTimer;
  const wire::DurationMs now_ms = clock_.monotonic_ms();
  for (auto at = watched_.begin(); at != watched_.end();) {
    const Watched& watched = at->second;
    if (now_ms - watched.first_told_ms < kSilenceMs) {
      ++at;
      continue;
    }
    if (is_missed(watched)) {
      report_(watched.doubt);
      if (done_with_.size() < kRememberedMax) done_with_.insert(watched.doubt.client);
    }
    at = watched_.erase(at);
  }
  arm();
}

}  // namespace api
