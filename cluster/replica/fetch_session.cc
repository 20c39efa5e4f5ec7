#include "cluster/replica/fetch_session.h"

#include <limits>
#include <list>
#include <tuple>
#include <utility>

#include "wire/base/check.h"

namespace cluster::replica {

struct TargetHash {
  size_t operator()(const FetchTarget& target) const {
    const size_t topic = target.topic.empty() ? std::hash<wire::Uuid>()(target.topic_id)
                                              : std::hash<std::string>()(target.topic);
    return topic * 31 + static_cast<size_t>(target.partition);
  }
};

namespace {

constexpr int32_t kNoSession = 0;
constexpr int32_t kInitialEpoch = 0;  // a full request that asks for a new session
constexpr int32_t kFinalEpoch = -1;   // a full request that closes its session
// A session is not evicted for a more valuable one before it is this old, nor kept unused for
// longer.
constexpr wire::DurationMs kEvictionMs = 120'000;

int32_t next_epoch(int32_t epoch) {
  if (epoch < 0) return kFinalEpoch;
  return epoch == std::numeric_limits<int32_t>::max() ? 1 : epoch + 1;
}

bool has_records(const wire::FetchResponse::PartitionData& data) {
  return data.records.has_value() && !data.records->empty();
}

// Kafka keeps the partitions of a request in a map: what is asked of one last counts.
void merge_repeated(std::vector<FetchPartition>& partitions) {
  if (partitions.size() < 2) return;
  std::unordered_map<FetchTarget, size_t, TargetHash> places;
  size_t kept = 0;
  for (size_t i = 0; i < partitions.size(); ++i) {
    const auto [place, is_new] = places.try_emplace(partitions[i].target, kept);
    if (place->second != i) partitions[place->second] = std::move(partitions[i]);
    if (is_new) ++kept;
  }
  partitions.resize(kept);
}

std::vector<FetchPartition> requested_partitions(const wire::FetchRequest& request,
                                                 int16_t version) {
  std::vector<FetchPartition> partitions;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      FetchPartition& added = partitions.emplace_back();
      added.target.partition = partition.partition;
      if (version >= 13) {
        added.target.topic_id = topic.topic_id;
      } else {
        added.target.topic = topic.topic;
      }
      added.fetch_offset = partition.fetch_offset;
      added.current_leader_epoch = partition.current_leader_epoch;
      added.last_fetched_epoch = partition.last_fetched_epoch;
      added.log_start_offset = partition.log_start_offset;
      added.max_bytes = partition.partition_max_bytes;
    }
  }
  return partitions;
}

// Results in their order; neighbours of one topic share an entry, as in Kafka's answers.
wire::FetchResponse assemble(int32_t session_id, std::vector<FetchedPartition> results) {
  wire::FetchResponse response;
  response.session_id = session_id;
  for (FetchedPartition& result : results) {
    const bool same_topic = !response.responses.empty() &&
                            response.responses.back().topic == result.target.topic &&
                            response.responses.back().topic_id == result.target.topic_id;
    if (!same_topic) {
      auto& topic = response.responses.emplace_back();
      topic.topic = std::move(result.target.topic);
      topic.topic_id = result.target.topic_id;
    }
    response.responses.back().partitions.push_back(std::move(result.data));
  }
  return response;
}

}  // namespace

// A partition of a session, with what the client was last told of it.
struct CachedPartition {
  FetchPartition request;
  wire::Offset high_watermark = wire::kNoOffset;
  wire::Offset log_start_offset = wire::kNoOffset;

  void remember(const std::string& name) {
    if (request.last_name.empty()) request.last_name = name;
  }
  // Whether an incremental answer must mention this result; remembers what is told.
  bool take_changes(const wire::FetchResponse::PartitionData& data) {
    bool changed = has_records(data) || data.preferred_read_replica != wire::kNoNode ||
                   data.diverging_epoch.epoch != wire::kNoEpoch;
    if (high_watermark != data.high_watermark) {
      changed = true;
      high_watermark = data.high_watermark;
    }
    if (log_start_offset != data.log_start_offset) {
      changed = true;
      log_start_offset = data.log_start_offset;
    }
    if (data.error_code != wire::ErrorCode::kNone) {
      // Forgetting the high watermark makes the next answer mention the partition again, error or
      // not.
      high_watermark = wire::kNoOffset;
      changed = true;
    }
    return changed;
  }
};

class FetchSession {
 public:
  using Order = std::list<CachedPartition>;

  FetchSession(int32_t session_id, bool is_privileged, bool by_topic_id, wire::DurationMs now_ms)
      : id(session_id),
        privileged(is_privileged),
        uses_topic_ids(by_topic_id),
        created_ms(now_ms),
        last_used_ms(now_ms) {}

  void upsert(FetchPartition request) {
    const auto found = by_target_.find(request.target);
    if (found != by_target_.end()) {
      request.last_name = std::move(found->second->request.last_name);
      found->second->request = std::move(request);
      return;
    }
    FetchTarget key = request.target;
    order_.push_back(CachedPartition{.request = std::move(request)});
    by_target_.emplace(std::move(key), std::prev(order_.end()));
  }

  void forget(const FetchTarget& target) {
    const auto found = by_target_.find(target);
    if (found == by_target_.end()) return;
    order_.erase(found->second);
    by_target_.erase(found);
  }

  CachedPartition* find(const FetchTarget& target) {
    const auto found = by_target_.find(target);
    return found == by_target_.end() ? nullptr : &*found->second;
  }

  // A partition that gave data goes to the end, so that the others get their turn when an answer is
  // full.
  void move_to_end(const FetchTarget& target) {
    const auto found = by_target_.find(target);
    if (found != by_target_.end()) order_.splice(order_.end(), order_, found->second);
  }

  const Order& order() const { return order_; }
  size_t size() const { return order_.size(); }
  bool empty() const { return order_.empty(); }

  const int32_t id;
  const bool privileged;
  const bool uses_topic_ids;
  const wire::DurationMs created_ms;
  wire::DurationMs last_used_ms;
  int32_t epoch = next_epoch(kInitialEpoch);

 private:
  Order order_;
  std::unordered_map<FetchTarget, Order::iterator, TargetHash> by_target_;
};

FetchContext FetchSessionCache::begin(const wire::FetchRequest& request, int16_t version) {
  using Kind = FetchContext::Kind;
  const bool uses_topic_ids = version >= 13;
  const bool is_full =
      request.session_epoch == kInitialEpoch || request.session_epoch == kFinalEpoch;
  if (is_full) {
    if (request.session_id != kNoSession) sessions_.erase(request.session_id);
    FetchContext context(request.session_epoch == kFinalEpoch ? Kind::kSessionless : Kind::kFull,
                         *this);
    context.partitions_ = requested_partitions(request, version);
    merge_repeated(context.partitions_);
    context.uses_topic_ids_ = uses_topic_ids;
    context.privileged_ = request.replica_id >= 0 || request.replica_state.replica_id >= 0;
    return context;
  }

  const auto refuse = [this](wire::ErrorCode code) {
    FetchContext context(Kind::kError, *this);
    context.error_ = code;
    return context;
  };
  const auto found = sessions_.find(request.session_id);
  if (found == sessions_.end()) return refuse(wire::ErrorCode::kFetchSessionIdNotFound);
  const std::shared_ptr<FetchSession> session = found->second;
  if (session->epoch != request.session_epoch)
    return refuse(wire::ErrorCode::kInvalidFetchSessionEpoch);
  if (session->uses_topic_ids != uses_topic_ids)
    return refuse(wire::ErrorCode::kFetchSessionTopicIdError);

  std::vector<FetchPartition> changed = requested_partitions(request, version);
  for (const FetchPartition& partition : changed) session->upsert(partition);
  for (const auto& topic : request.forgotten_topics_data) {
    for (const wire::PartitionIndex partition : topic.partitions) {
      FetchTarget target;
      target.partition = partition;
      if (uses_topic_ids) {
        target.topic_id = topic.topic_id;
      } else {
        target.topic = topic.topic;
      }
      session->forget(target);
    }
  }
  if (session->empty()) {
    sessions_.erase(found);
    FetchContext context(Kind::kSessionless, *this);
    context.partitions_ = std::move(changed);
    merge_repeated(context.partitions_);
    return context;
  }

  session->last_used_ms = clock_.monotonic_ms();
  session->epoch = next_epoch(session->epoch);
  FetchContext context(Kind::kIncremental, *this);
  context.partitions_.reserve(session->size());
  for (const CachedPartition& cached : session->order())
    context.partitions_.push_back(cached.request);
  context.session_ = session;
  context.expected_epoch_ = session->epoch;
  return context;
}

wire::FetchResponse FetchContext::respond(std::vector<FetchedPartition> results) {
  wire::FetchResponse response;
  switch (kind_) {
    case Kind::kError:
      response.error_code = error_;
      return response;
    case Kind::kSessionless:
      return assemble(kNoSession, std::move(results));
    case Kind::kFull: {
      const int32_t session_id = cache_->open(*this, results);
      return assemble(session_id, std::move(results));
    }
    case Kind::kIncremental:
      break;
  }
  if (session_->epoch != expected_epoch_) {
    // A later request overtook this one while it was parked.
    response.error_code = wire::ErrorCode::kInvalidFetchSessionEpoch;
    response.session_id = session_->id;
    return response;
  }
  std::vector<FetchedPartition> told;
  for (FetchedPartition& result : results) {
    CachedPartition* cached = session_->find(result.target);
    if (cached == nullptr) continue;
    cached->remember(result.name);
    if (!cached->take_changes(result.data)) continue;
    if (has_records(result.data)) session_->move_to_end(result.target);
    told.push_back(std::move(result));
  }
  return assemble(session_->id, std::move(told));
}

int32_t FetchSessionCache::open(const FetchContext& context,
                                const std::vector<FetchedPartition>& results) {
  const wire::DurationMs now_ms = clock_.monotonic_ms();
  if (sessions_.size() >= slots_max_ && !evict_for(context.privileged_, results.size(), now_ms))
    return kNoSession;
  CHECK(results.size() == context.partitions_.size());
  const int32_t id = new_session_id();
  auto session =
      std::make_shared<FetchSession>(id, context.privileged_, context.uses_topic_ids_, now_ms);
  for (size_t i = 0; i < results.size(); ++i) {
    session->upsert(context.partitions_[i]);
    CachedPartition* cached = session->find(results[i].target);
    if (cached == nullptr) continue;
    cached->remember(results[i].name);
    static_cast<void>(cached->take_changes(results[i].data));
  }
  sessions_.emplace(id, std::move(session));
  return id;
}

bool FetchSessionCache::evict_for(bool privileged, size_t partition_count,
                                  wire::DurationMs now_ms) {
  // A linear search over at most slots_max_ sessions, and only when the cache is full.
  auto stalest = sessions_.end();
  auto cheapest = sessions_.end();
  const auto worth = [](const FetchSession& session) {
    return std::tuple(session.privileged, session.size(), session.id);
  };
  for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
    const FetchSession& session = *at->second;
    if (stalest == sessions_.end() || session.last_used_ms < stalest->second->last_used_ms)
      stalest = at;
    const bool old_enough = session.last_used_ms - session.created_ms > kEvictionMs;
    const bool evictable = old_enough && (privileged || !session.privileged);
    if (evictable && (cheapest == sessions_.end() || worth(session) < worth(*cheapest->second)))
      cheapest = at;
  }
  if (stalest == sessions_.end()) return false;
  if (now_ms - stalest->second->last_used_ms > kEvictionMs) {
    sessions_.erase(stalest);
    return true;
  }
  if (cheapest == sessions_.end()) return false;
  if (std::tuple(privileged, partition_count, int32_t{0}) < worth(*cheapest->second)) return false;
  sessions_.erase(cheapest);
  return true;
}

int32_t FetchSessionCache::new_session_id() {
  for (;;) {
    const auto id = static_cast<int32_t>(1 + random_.below(std::numeric_limits<int32_t>::max()));
    if (!sessions_.contains(id)) return id;
  }
}

}  // namespace cluster::replica
