// Fetch (key 1), v0-v18.  v0-v3: message sets (fetch_conversion.h).  v3: a limit for all partitions.
// v4: isolation level.  v7: sessions (KIP-227).  v9: leader epochs.  v12: flexible, divergence.
// v13: topic ids.  v15: replica state.  v16: the new leader's address.  v17, v18: for the quorum's
// followers.
// OffsetForLeaderEpoch (key 23), v0-v4.  v1: the epoch that was found.  v2: the client's epoch.
// Not supported: reading from followers, quotas.
#include "wire/api/fetch.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "cluster/metadata/image.h"
#include "cluster/replica/fetch_session.h"
#include "cluster/replica/parked_fetch.h"
#include "cluster/replica/replica_set.h"
#include "cmd/api/answer_room.h"
#include "cmd/api/fetch_conversion.h"
#include "cmd/api/handlers.h"
#include "cmd/api/leader_hint.h"
#include "wire/api/offset_for_leader_epoch.h"

namespace api {

namespace {

using cluster::replica::FetchContext;
using cluster::replica::FetchedPartition;
using cluster::replica::FetchPartition;
using cluster::replica::Isolation;
using cluster::replica::Partition;
using wire::ErrorCode;

// A fetch whose bytes leave the memory again as soon as they are there reads them from the disk on
// the shard's time in the end: it must be answered.
constexpr int kDiskReadsMax = 4;

wire::FetchResponse::PartitionData refused(wire::PartitionIndex partition, ErrorCode code) {
  wire::FetchResponse::PartitionData data;
  data.partition_index = partition;
  data.error_code = code;
  data.high_watermark = wire::kNoOffset;
  data.records.emplace();
  return data;
}

// An answer to a request that cannot be served at all.  v13 and later: its code alone; before, the
// partitions carry it too.
wire::FetchResponse refuse_all(const wire::FetchRequest& request, int16_t version, ErrorCode code) {
  wire::FetchResponse response;
  response.error_code = code;
  response.session_id = request.session_id;
  if (version >= 13) return response;
  for (const auto& topic : request.topics) {
    auto& answered = response.responses.emplace_back();
    answered.topic = topic.topic;
    for (const auto& partition : topic.partitions)
      answered.partitions.push_back(refused(partition.partition, code));
  }
  return response;
}

bool is_isolation(int8_t level) {
  return level == static_cast<int8_t>(Isolation::kReadUncommitted) ||
         level == static_cast<int8_t>(Isolation::kReadCommitted);
}

size_t records_size(const wire::FetchResponse::PartitionData& data) {
  return data.records ? data.records->size() : 0;
}

// One fetch, from its arrival to its answer.  Kept by the parked wait, if it has to wait.
class PendingFetch : public std::enable_shared_from_this<PendingFetch> {
 public:
  PendingFetch(RequestContext& context, const wire::FetchRequest& request, FetchContext session,
               wire::Reply<wire::FetchResponse> reply);

  void start();

 private:
  struct Outcome {
    std::vector<FetchedPartition> results;
    size_t bytes = 0;
    bool answer_now = false;  // an error or a divergence that must not wait
  };

  Outcome read_all();
  // The name behind a target, and its partition here; or why there is none.
  ErrorCode locate(const cluster::replica::FetchTarget& target, std::string& topic,
                   std::shared_ptr<Partition>& partition) const;
  // A session goes on under the name that it knew: what became of the topic of that id.
  ErrorCode lost_topic(const FetchPartition& asked) const;
  // True if the disk is asked for what read_all() did not find in memory; `again` follows it.
  bool waits_for_disk(void (PendingFetch::*again)());
  void answer(std::vector<FetchedPartition> results);
  void count(const std::vector<FetchedPartition>& results);
  void on_woken();
  bool is_enough(const Outcome& outcome) const;
  // Fetch v0-v3.  False if something was read and nothing is left of it.
  bool convert(std::vector<FetchedPartition>& results);
  // How many bytes more must become visible before it is worth while to read again.
  size_t missing(const Outcome& outcome) const;
  void park(size_t missing_bytes, wire::DurationMs wait_ms);
  int64_t answer_bytes_left() const {
    return answer_room_ == nullptr ? INT64_MAX : answer_room_->left();
  }

  Services& services_;
  VantagePtr vantage_;
  const AnswerRoom* answer_room_;
  int16_t version_;
  int32_t max_wait_ms_;
  wire::DurationMs deadline_ms_;  // monotonic
  int32_t max_bytes_;
  int32_t min_bytes_;
  cluster::replica::ReadLimits limits_;
  FetchContext session_;
  wire::Reply<wire::FetchResponse> reply_;
  bool has_waited_ = false;
  int disk_reads_ = 0;
};

PendingFetch::PendingFetch(RequestContext& context, const wire::FetchRequest& request,
                           FetchContext session, wire::Reply<wire::FetchResponse> reply)
    : services_(context.services),
      vantage_(context.connection.vantage),
      answer_room_(context.connection.answer_room),
      version_(context.api_version),
      max_wait_ms_(request.max_wait_ms),
      deadline_ms_(context.services.clock->monotonic_ms() + request.max_wait_ms),
      max_bytes_(std::min(request.max_bytes, context.services.fetch_max_bytes)),
      min_bytes_(std::min(request.min_bytes, max_bytes_)),
      session_(std::move(session)),
      reply_(std::move(reply)) {
  limits_.isolation = static_cast<Isolation>(request.isolation_level);
  limits_.replica_id = version_ >= 15 ? request.replica_state.replica_id : request.replica_id;
  limits_.replica_epoch = request.replica_state.replica_epoch;
}

ErrorCode PendingFetch::locate(const cluster::replica::FetchTarget& target, std::string& topic,
                               std::shared_ptr<Partition>& partition) const {
  const auto& image = *services_.image;
  const auto found = version_ >= 13 ? image.topic(target.topic_id) : image.topic(target.topic);
  if (!found)
    return version_ >= 13 ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition;
  topic = found->name;
  if (found->partition(target.partition) == nullptr) return ErrorCode::kUnknownTopicOrPartition;
  partition = services_.replicas->find(found->id, target.partition);
  return ErrorCode::kNone;
}

ErrorCode PendingFetch::lost_topic(const FetchPartition& asked) const {
  const auto namesake = services_.image->topic(asked.last_name);
  return namesake && namesake->partition(asked.target.partition) != nullptr
             ? ErrorCode::kInconsistentTopicId
             : ErrorCode::kUnknownTopicOrPartition;
}

PendingFetch::Outcome PendingFetch::read_all() {
  Outcome outcome;
  outcome.results.reserve(session_.partitions().size());
  // A negative limit stays what it is for the first partition: its read fails at it.
  limits_.max_bytes =
      max_bytes_ < 0
          ? max_bytes_
          : static_cast<int32_t>(std::clamp<int64_t>(answer_bytes_left(), 0, max_bytes_));
  limits_.at_least_one_batch = version_ > kLastFetchWithHardLimits;
  limits_.may_wait = services_.disk == nullptr || disk_reads_ >= kDiskReadsMax;
  limits_.cold.clear();
  bool any_readable = false;
  for (const FetchPartition& asked : session_.partitions()) {
    FetchedPartition& result = outcome.results.emplace_back();
    result.target = asked.target;
    std::string topic;
    std::shared_ptr<Partition> partition;
    ErrorCode code = locate(asked.target, topic, partition);
    if (code == ErrorCode::kUnknownTopicId && !asked.last_name.empty()) code = lost_topic(asked);
    result.name = std::move(topic);
    if (code != ErrorCode::kNone) {
      // Not an error to hurry for: the client's other partitions may still wait for data, as with
      // Apache.
      result.data = refused(asked.target.partition, code);
      if (code == ErrorCode::kInconsistentTopicId) {
        any_readable = outcome.answer_now = true;
        result.data.aborted_transactions.reset();
      }
      continue;
    }
    any_readable = true;
    result.data = partition ? partition->read(asked, limits_)
                            : refused(asked.target.partition, ErrorCode::kNotLeaderOrFollower);
    if (!partition) result.data.aborted_transactions.reset();
    result.partition = std::move(partition);
    const bool failed = result.data.error_code != ErrorCode::kNone;
    if (failed || result.data.diverging_epoch.epoch != wire::kNoEpoch) outcome.answer_now = true;
    limits_.take(0);  // after an error, too
    outcome.bytes += records_size(result.data);
  }
  if (!any_readable) outcome.answer_now = true;
  return outcome;
}

void PendingFetch::start() {
  Outcome outcome = read_all();
  if (waits_for_disk(&PendingFetch::start)) return;
  if (max_wait_ms_ <= 0 || is_enough(outcome)) return answer(std::move(outcome.results));
  park(missing(outcome), max_wait_ms_);
}

bool PendingFetch::waits_for_disk(void (PendingFetch::*again)()) {
  if (limits_.cold.empty()) return false;
  ++disk_reads_;
  services_.disk->run(
      [ranges = std::move(limits_.cold)] {
        // Whoever reads them next finds out what is wrong with them.
        for (const storage::ColdRange& range : ranges)
          (void)range.file->prefetch(range.position, range.size);
      },
      [self = shared_from_this(), again] { (self.get()->*again)(); });
  return true;
}

void PendingFetch::on_woken() {
  Outcome outcome = read_all();
  if (waits_for_disk(&PendingFetch::on_woken)) return;
  const wire::DurationMs left = deadline_ms_ - services_.clock->monotonic_ms();
  // What the high watermark has passed may still be undecided.
  const bool may_wait = limits_.isolation == Isolation::kReadCommitted && left > 0;
  if (may_wait && !is_enough(outcome)) return park(missing(outcome), left);
  answer(std::move(outcome.results));
}

bool PendingFetch::is_enough(const Outcome& outcome) const {
  // With little room for answers there is no waiting for more than fits, but still for something.
  const int64_t wanted =
      min_bytes_ <= 0 ? 0 : std::clamp<int64_t>(answer_bytes_left(), 1, min_bytes_);
  return outcome.answer_now || static_cast<int64_t>(outcome.bytes) >= wanted;
}

size_t PendingFetch::missing(const Outcome& outcome) const {
  // A marker of a few bytes may decide all that came before it.
  if (limits_.isolation == Isolation::kReadCommitted) return 1;
  return static_cast<size_t>(min_bytes_) - outcome.bytes;
}

void PendingFetch::park(size_t missing_bytes, wire::DurationMs wait_ms) {
  has_waited_ = true;
  std::vector<std::shared_ptr<Partition>> watched;
  for (const FetchPartition& asked : session_.partitions()) {
    std::string topic;
    std::shared_ptr<Partition> partition;
    if (locate(asked.target, topic, partition) == ErrorCode::kNone && partition)
      watched.push_back(std::move(partition));
  }
  const auto parked = std::make_shared<cluster::replica::ParkedFetch>(
      missing_bytes, *services_.timers, [self = shared_from_this()] { self->on_woken(); });
  parked->park(std::move(watched), wait_ms);
}

bool PendingFetch::convert(std::vector<FetchedPartition>& results) {
  bool was_empty = true;
  bool is_empty = true;
  for (size_t i = 0; i < results.size(); ++i) {
    FetchedPartition& result = results[i];
    const FetchPartition& asked = session_.partitions()[i];
    if (records_size(result.data) > 0) was_empty = false;
    convert_for_old_consumer(result, version_, asked.fetch_offset, result.partition.get(),
                             *services_.conversion_memory);
    if (records_size(result.data) > 0 || result.data.error_code != ErrorCode::kNone) {
      is_empty = false;
    }
  }
  return was_empty || !is_empty;
}

void PendingFetch::answer(std::vector<FetchedPartition> results) {
  if (version_ <= kLastFetchOfMessageSets && !convert(results) && !has_waited_ &&
      max_wait_ms_ > 0) {
    // Only markers of transactions, or no memory: an answer now would be asked for again at once.
    return park(1, max_wait_ms_);
  }
  std::vector<wire::FetchResponse::NodeEndpoint> endpoints;
  for (FetchedPartition& result : results) {
    ErrorCode& code = result.data.error_code;
    // Clients before v6 do not know KAFKA_STORAGE_ERROR and would not retry.
    if (code == ErrorCode::kKafkaStorageError && version_ <= 5)
      code = ErrorCode::kNotLeaderOrFollower;
    if (version_ < 16 ||
        (code != ErrorCode::kNotLeaderOrFollower && code != ErrorCode::kFencedLeaderEpoch))
      continue;
    std::string topic;
    std::shared_ptr<Partition> partition;
    if (locate(result.target, topic, partition) != ErrorCode::kNone) continue;
    const LeaderHint hint = leader_of(*services_.image, topic, result.target.partition);
    result.data.current_leader.leader_id = hint.leader_id;
    result.data.current_leader.leader_epoch = hint.leader_epoch;
    // Followers know the brokers.
    if (limits_.replica_id < 0)
      add_endpoint(endpoints, *services_.image, hint.leader_id, *vantage_);
  }
  if (limits_.replica_id < 0) count(results);
  wire::FetchResponse response = session_.respond(std::move(results));
  response.node_endpoints = std::move(endpoints);
  reply_(std::move(response));
}

// Of partitions that others lead, or that do not exist, nothing is counted here.
void PendingFetch::count(const std::vector<FetchedPartition>& results) {
  for (const FetchedPartition& result : results) {
    if (!result.partition) continue;
    const ErrorCode code = result.data.error_code;
    result.partition->count_fetch(records_size(result.data), code != ErrorCode::kNone);
  }
}

// Whether a partition of the session exists.
bool reads_anything(const RequestContext& context, const FetchContext& session) {
  const auto& image = *context.services.image;
  return std::any_of(
      session.partitions().begin(), session.partitions().end(), [&](const FetchPartition& asked) {
        const auto topic = context.api_version >= 13 ? image.topic(asked.target.topic_id)
                                                     : image.topic(asked.target.topic);
        return topic && topic->partition(asked.target.partition) != nullptr;
      });
}

}  // namespace

void handle_fetch(RequestContext& context, wire::FetchRequest request,
                  wire::Reply<wire::FetchResponse> reply) {
  FetchContext session = context.services.fetch_sessions->begin(request, context.api_version);
  if (session.error() != ErrorCode::kNone) return reply(session.respond({}));
  if (!is_isolation(request.isolation_level) && reads_anything(context, session)) {
    return reply(refuse_all(request, context.api_version, ErrorCode::kUnknownServerError));
  }
  std::make_shared<PendingFetch>(context, request, std::move(session), std::move(reply))->start();
}

void handle_offset_for_leader_epoch(RequestContext& context,
                                    wire::OffsetForLeaderEpochRequest request,
                                    wire::Reply<wire::OffsetForLeaderEpochResponse> reply) {
  wire::OffsetForLeaderEpochResponse response;
  for (const auto& topic : request.topics) {
    auto& answered = response.topics.emplace_back();
    answered.topic = topic.topic;
    const auto known = context.services.image->topic(topic.topic);
    for (const auto& asked : topic.partitions) {
      auto& end = answered.partitions.emplace_back();
      end.partition = asked.partition;
      const auto partition = context.services.replicas->find(topic.topic, asked.partition);
      if (!partition) {
        const bool exists = known && known->partition(asked.partition) != nullptr;
        end.error_code =
            exists ? ErrorCode::kNotLeaderOrFollower : ErrorCode::kUnknownTopicOrPartition;
        continue;
      }
      const auto found =
          partition->end_offset_for_epoch(asked.current_leader_epoch, asked.leader_epoch);
      if (!found.ok()) {
        end.error_code = found.error().code;
        continue;
      }
      end.leader_epoch = found->epoch;
      end.end_offset = found->end_offset;
    }
  }
  reply(std::move(response));
}

}  // namespace api
