// Incremental fetch sessions (KIP-227): a consumer or follower names its partitions once; later
// requests and answers carry only what changed.
//
// Shard rule: a cache belongs to the shard of its connections.  A parked fetch keeps its session
// alive through the context.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "wire/api/fetch.h"
#include "wire/base/clock.h"
#include "wire/base/random.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"

namespace cluster::replica {

class Partition;

// The partition a fetch names: by topic id from version 13 on (KIP-516; `topic` is then empty), by
// name below.
struct FetchTarget {
  wire::Uuid topic_id;
  std::string topic;
  wire::PartitionIndex partition = 0;

  bool operator==(const FetchTarget&) const = default;
};

// What a fetch asks of one partition.
struct FetchPartition {
  FetchTarget target;
  wire::Offset fetch_offset = 0;
  wire::Epoch current_leader_epoch = wire::kNoEpoch;  // -1: the client does not know it
  wire::Epoch last_fetched_epoch = wire::kNoEpoch;    // -1: no divergence check (below v12)
  wire::Offset log_start_offset = wire::kNoOffset;    // of a follower's own log
  int32_t max_bytes = 0;
  // Of a session: what was behind the topic id when it was last known.
  std::string last_name;
};

// The answer for one partition, before it is decided whether an incremental answer has to mention
// it.
struct FetchedPartition {
  FetchTarget target;
  std::string name;                           // of the topic, if it is known
  std::shared_ptr<Partition> partition = {};  // that was read; null: there is none here
  wire::FetchResponse::PartitionData data;
};

class FetchSession;
class FetchSessionCache;

// One request's view of its session, from the moment it is read until it is answered.
class FetchContext {
 public:
  // Not kNone: the whole request is refused with this code and nothing is read.
  wire::ErrorCode error() const { return error_; }
  // Every partition to read, in the order that is fair: partitions that gave data last time come
  // last.
  const std::vector<FetchPartition>& partitions() const { return partitions_; }

  // Builds the answer from one result for each of partitions(), in the same order.  A full request
  // opens its session here; an incremental one drops what has not changed.
  wire::FetchResponse respond(std::vector<FetchedPartition> results);

 private:
  friend class FetchSessionCache;
  enum class Kind { kError, kSessionless, kFull, kIncremental };

  FetchContext(Kind kind, FetchSessionCache& cache) : kind_(kind), cache_(&cache) {}

  Kind kind_;
  FetchSessionCache* cache_;
  wire::ErrorCode error_ = wire::ErrorCode::kNone;
  std::vector<FetchPartition> partitions_;
  bool uses_topic_ids_ = false;
  bool privileged_ = false;                // a follower's: evicted last
  std::shared_ptr<FetchSession> session_;  // incremental only
  int32_t expected_epoch_ = 0;             // the session's epoch when this context was made
};

// All sessions of one shard, at most `slots_max` (max.incremental.fetch.session.cache.slots).
class FetchSessionCache {
 public:
  FetchSessionCache(size_t slots_max, const wire::Clock& clock, wire::Random& random)
      : slots_max_(slots_max), clock_(clock), random_(random) {}

  // Opens, continues or closes the session that the request names.  Errors:
  // FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR.
  FetchContext begin(const wire::FetchRequest& request, int16_t version);

  size_t size() const { return sessions_.size(); }

 private:
  friend class FetchContext;

  // The new session's id; 0 if the cache is full of sessions that are worth more.
  int32_t open(const FetchContext& context, const std::vector<FetchedPartition>& results);
  // Makes room by dropping a stale session, or one worth less than the newcomer.
  bool evict_for(bool privileged, size_t partition_count, wire::DurationMs now_ms);
  int32_t new_session_id();

  size_t slots_max_;
  const wire::Clock& clock_;
  wire::Random& random_;
  std::unordered_map<int32_t, std::shared_ptr<FetchSession>> sessions_;
};

}  // namespace cluster::replica
