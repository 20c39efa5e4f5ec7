#include "cluster/groups/group_offsets.h"

#include <algorithm>
#include <set>
#include <utility>

#include "cluster/groups/group_records.h"
#include "wire/base/log.h"

namespace cluster::groups {
namespace {

using coordinator::View;
using wire::ErrorCode;

using Partitions = wire::OffsetFetchResponse::OffsetFetchResponsePartitions;

constexpr wire::Offset kInvalidOffset = -1;
constexpr wire::TimestampMs kDefaultRetention = -1;
// KIP-848: clients since then understand that a group is unknown.
constexpr int16_t kGroupIdNotFoundVersion = 9;

// Java's String.length(): UTF-16 units.  Only bytes that begin a character count, and those of four
// bytes count twice.
size_t utf16_length(std::string_view text) {
  size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if ((byte & 0xC0) != 0x80) ++units;
    if (byte >= 0xF0) ++units;
  }
  return units;
}

Partitions unknown_offset(wire::PartitionIndex partition, ErrorCode error = ErrorCode::kNone) {
  Partitions answer;
  answer.partition_index = partition;
  answer.committed_offset = kInvalidOffset;
  answer.error_code = error;
  return answer;
}

Partitions known_offset(wire::PartitionIndex partition, const CommittedOffset& committed) {
  Partitions answer;
  answer.partition_index = partition;
  answer.committed_offset = committed.offset;
  answer.committed_leader_epoch = committed.leader_epoch;
  answer.metadata = committed.metadata;
  return answer;
}

// A topic of that name may have been deleted and made again since the commit.
bool is_of_other_topic(const wire::Uuid& committed, const wire::Uuid& asked) {
  return !committed.is_zero() && !asked.is_zero() && committed != asked;
}

}  // namespace

wire::OffsetCommitResponse failed_commit(const wire::OffsetCommitRequest& request,
                                         ErrorCode error) {
  wire::OffsetCommitResponse response;
  response.topics.reserve(request.topics.size());
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    answer.topic_id = topic.topic_id;
    answer.partitions.reserve(topic.partitions.size());
    for (const auto& partition : topic.partitions) {
      answer.partitions.push_back({partition.partition_index, error});
    }
  }
  return response;
}

wire::TxnOffsetCommitResponse failed_commit(const wire::TxnOffsetCommitRequest& request,
                                            ErrorCode error) {
  wire::TxnOffsetCommitResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    for (const auto& partition : topic.partitions) {
      answer.partitions.push_back({partition.partition_index, error});
    }
  }
  return response;
}

ErrorCode GroupOffsets::validate_commit(const wire::TxnOffsetCommitRequest& request) {
  ClassicGroup* group = parts_.groups.find(request.group_id);
  if (group == nullptr) {
    if (request.generation_id >= 0) return ErrorCode::kIllegalGeneration;
    group = &parts_.groups.create(request.group_id);
  }
  return group->validate_offset_commit(request.member_id, request.group_instance_id,
                                       request.generation_id, ClassicGroup::Commit::kTransactional);
}

wire::TxnOffsetCommitResponse GroupOffsets::plan_commit(
    const wire::TxnOffsetCommitRequest& request, std::vector<coordinator::Record>& records) const {
  wire::TxnOffsetCommitResponse response = failed_commit(request, ErrorCode::kNone);
  for (size_t t = 0; t < request.topics.size(); ++t) {
    const auto& topic = request.topics[t];
    for (size_t p = 0; p < topic.partitions.size(); ++p) {
      const auto& partition = topic.partitions[p];
      CommittedOffset committed;
      committed.offset = partition.committed_offset;
      committed.leader_epoch = partition.committed_leader_epoch;
      committed.metadata = partition.committed_metadata.value_or("");
      committed.commit_timestamp_ms = parts_.clock.wall_ms();
      if (is_metadata_too_large(committed.metadata)) {
        response.topics[t].partitions[p].error_code = ErrorCode::kOffsetMetadataTooLarge;
        continue;
      }
      records.push_back(
          offset_record(request.group_id, topic.name, partition.partition_index, committed));
    }
  }
  return response;
}

void GroupOffsets::commit_in_transaction(wire::TxnOffsetCommitRequest request,
                                         storage::VerificationGuard guard,
                                         wire::Reply<wire::TxnOffsetCommitResponse> reply) {
  // No batch can carry it; Kafka fails to build one.
  if (request.producer_id < 0 || request.producer_epoch < 0) {
    return parts_.outbox.send(std::move(reply),
                              failed_commit(request, ErrorCode::kUnknownServerError));
  }
  if (const ErrorCode error = validate_commit(request); error != ErrorCode::kNone) {
    return parts_.outbox.send(std::move(reply), failed_commit(request, error));
  }
  std::vector<coordinator::Record> records;
  wire::TxnOffsetCommitResponse planned = plan_commit(request, records);
  if (records.empty()) {
    keep_unused_group(request.group_id);
    return parts_.outbox.send(std::move(reply), std::move(planned));
  }
  parts_.runtime.write_transactional(
      {.id = request.producer_id, .epoch = request.producer_epoch, .guard = guard},
      std::move(records),
      [this, group_id = request.group_id, planned = std::move(planned),
       reply = std::move(reply)](ErrorCode result) mutable {
        coordinator::Outbox::Turn turn(parts_.outbox);
        settle_group(group_id, result);
        if (result != ErrorCode::kNone) {
          for (auto& topic : planned.topics) {
            for (auto& partition : topic.partitions) partition.error_code = result;
          }
        }
        parts_.outbox.send(std::move(reply), std::move(planned));
      });
}

bool GroupOffsets::is_metadata_too_large(std::string_view metadata) const {
  const auto limit = static_cast<size_t>(std::max(parts_.options.offset_metadata_max_bytes, 0));
  return metadata.size() > limit && utf16_length(metadata) > limit;
}

void GroupOffsets::settle_group(const std::string& group_id, ErrorCode result) {
  ClassicGroup* group = parts_.groups.find_in_use(group_id);
  if (group == nullptr) return;
  if (result == ErrorCode::kNone) {
    group->set_durable();
  } else if (group->is_unused()) {
    parts_.groups.erase(group_id);
  }
}

void GroupOffsets::keep_unused_group(const std::string& group_id) {
  if (parts_.groups.find_in_use(group_id)->is_unused()) {
    parts_.groups.keep_unwritten(group_id, parts_.runtime.written_end());
  }
}

ErrorCode GroupOffsets::validate_commit(const wire::OffsetCommitRequest& request,
                                        const RequestIdentity& identity, ClassicGroup*& group) {
  group = parts_.groups.find(request.group_id);
  if (group == nullptr) {
    if (request.generation_id_or_member_epoch >= 0) {
      return identity.api_version >= kGroupIdNotFoundVersion ? ErrorCode::kGroupIdNotFound
                                                             : ErrorCode::kIllegalGeneration;
    }
    // A consumer that assigns its partitions itself keeps offsets under a group that nobody joins.
    group = &parts_.groups.create(request.group_id);
  }
  const ErrorCode error = group->validate_offset_commit(
      request.member_id, request.group_instance_id, request.generation_id_or_member_epoch);
  if (error != ErrorCode::kNone) return error;
  if (group->is_in(ClassicState::kStable) || group->is_in(ClassicState::kPreparingRebalance)) {
    parts_.protocol.note_alive(*group, request.member_id);
  }
  return ErrorCode::kNone;
}

wire::OffsetCommitResponse GroupOffsets::plan_commit(
    const wire::OffsetCommitRequest& request, std::vector<coordinator::Record>& records) const {
  wire::OffsetCommitResponse response = failed_commit(request, ErrorCode::kNone);
  const wire::TimestampMs now = parts_.clock.wall_ms();
  size_t count = 0;
  for (const auto& topic : request.topics) count += topic.partitions.size();
  records.reserve(count);
  for (size_t t = 0; t < request.topics.size(); ++t) {
    const auto& topic = request.topics[t];
    for (size_t p = 0; p < topic.partitions.size(); ++p) {
      const auto& partition = topic.partitions[p];
      const std::string_view metadata = partition.committed_metadata
                                            ? std::string_view(*partition.committed_metadata)
                                            : std::string_view();
      if (is_metadata_too_large(metadata)) {
        response.topics[t].partitions[p].error_code = ErrorCode::kOffsetMetadataTooLarge;
        continue;
      }
      CommittedOffset committed;
      committed.offset = partition.committed_offset;
      committed.leader_epoch = partition.committed_leader_epoch;
      committed.metadata = std::string(metadata);
      // Version 1 brings the time along.
      committed.commit_timestamp_ms =
          partition.commit_timestamp == wire::kNoTimestamp ? now : partition.commit_timestamp;
      if (request.retention_time_ms != kDefaultRetention) {
        committed.expire_timestamp_ms = now + request.retention_time_ms;
      }
      committed.topic_id = topic.topic_id;
      records.push_back(offset_record(request.group_id, topic.name, partition.partition_index,
                                      std::move(committed)));
    }
  }
  return response;
}

void GroupOffsets::commit(wire::OffsetCommitRequest request, const RequestIdentity& identity,
                          wire::Reply<wire::OffsetCommitResponse> reply) {
  ClassicGroup* group = nullptr;
  const ErrorCode error = validate_commit(request, identity, group);
  if (error != ErrorCode::kNone) {
    return parts_.outbox.send(std::move(reply), failed_commit(request, error));
  }
  std::vector<coordinator::Record> records;
  wire::OffsetCommitResponse planned = plan_commit(request, records);
  if (records.empty()) {
    keep_unused_group(request.group_id);
    return parts_.outbox.send(std::move(reply), std::move(planned));
  }
  parts_.runtime.write(std::move(records),
                       [this, group_id = request.group_id, planned = std::move(planned),
                        reply = std::move(reply)](ErrorCode result) mutable {
                         coordinator::Outbox::Turn turn(parts_.outbox);
                         settle_group(group_id, result);
                         if (result != ErrorCode::kNone) {
                           for (auto& topic : planned.topics) {
                             for (auto& partition : topic.partitions) partition.error_code = result;
                           }
                         }
                         parts_.outbox.send(std::move(reply), std::move(planned));
                       });
}

void GroupOffsets::fetch(FetchGroup group, bool require_stable, wire::Reply<FetchedGroup> reply) {
  FetchedGroup fetched =
      group.topics ? read(group, require_stable) : read_all(group, require_stable);
  if (parts_.runtime.state().damaged()) {
    fetched.topics.clear();
    fetched.error_code = ErrorCode::kNotCoordinator;
    parts_.runtime.rebuild();
    return parts_.outbox.send(std::move(reply), std::move(fetched));
  }
  if (!require_stable) return parts_.outbox.send(std::move(reply), std::move(fetched));
  // KIP-447: what was read includes commits on their way; it is told when they are committed.
  parts_.runtime.write(
      {}, [this, fetched = std::move(fetched), reply = std::move(reply)](ErrorCode error) mutable {
        coordinator::Outbox::Turn turn(parts_.outbox);
        if (error != ErrorCode::kNone) {
          fetched.topics.clear();
          // Consumers before 3.9 do not retry COORDINATOR_NOT_AVAILABLE here.
          fetched.error_code =
              error == ErrorCode::kCoordinatorNotAvailable ? ErrorCode::kNotCoordinator : error;
        }
        parts_.outbox.send(std::move(reply), std::move(fetched));
      });
}

GroupOffsets::FetchedGroup GroupOffsets::read(const FetchGroup& group, bool require_stable) const {
  const coordinator::MaterializedState& state = parts_.runtime.state();
  const View view = require_stable ? View::kLatest : View::kCommitted;
  const std::set<std::string> unstable =
      require_stable ? state.keys_in_open_transactions(offset_key_prefix(group.group_id))
                     : std::set<std::string>();
  FetchedGroup fetched;
  fetched.group_id = group.group_id;
  for (const auto& topic : *group.topics) {
    auto& answer = fetched.topics.emplace_back();
    answer.name = topic.name;
    answer.topic_id = topic.topic_id;
    answer.partitions.reserve(topic.partition_indexes.size());
    for (const wire::PartitionIndex partition : topic.partition_indexes) {
      const std::string key = offset_key(group.group_id, topic.name, partition);
      if (unstable.contains(key)) {
        answer.partitions.push_back(unknown_offset(partition, ErrorCode::kUnstableOffsetCommit));
        continue;
      }
      const std::optional<std::string> row = state.get(view, key);
      const auto committed = row ? parse_offset_value(*row) : std::nullopt;
      answer.partitions.push_back(committed &&
                                          !is_of_other_topic(committed->topic_id, topic.topic_id)
                                      ? known_offset(partition, *committed)
                                      : unknown_offset(partition));
    }
  }
  return fetched;
}

GroupOffsets::FetchedGroup GroupOffsets::read_all(const FetchGroup& group,
                                                  bool require_stable) const {
  const coordinator::MaterializedState& state = parts_.runtime.state();
  const std::string prefix = offset_key_prefix(group.group_id);
  const std::set<std::string> unstable =
      require_stable ? state.keys_in_open_transactions(prefix) : std::set<std::string>();
  FetchedGroup fetched;
  fetched.group_id = group.group_id;
  coordinator::MaterializedState::Walk walk =
      state.walk(require_stable ? View::kLatest : View::kCommitted);
  for (walk.seek(prefix); walk.valid() && walk.key().starts_with(prefix); walk.next()) {
    const std::optional<OffsetKey> key = parse_offset_key(walk.key());
    const std::optional<CommittedOffset> committed = parse_offset_value(walk.value());
    if (!key || !committed) continue;
    if (fetched.topics.empty() || fetched.topics.back().name != key->topic) {
      fetched.topics.emplace_back().name = key->topic;
    }
    fetched.topics.back().partitions.push_back(
        unstable.contains(std::string(walk.key()))
            ? unknown_offset(key->partition, ErrorCode::kUnstableOffsetCommit)
            : known_offset(key->partition, *committed));
  }
  return fetched;
}

void GroupOffsets::remove(wire::OffsetDeleteRequest request,
                          wire::Reply<wire::OffsetDeleteResponse> reply) {
  wire::OffsetDeleteResponse response;
  ClassicGroup* group = parts_.groups.find(request.group_id);
  response.error_code =
      group == nullptr ? ErrorCode::kGroupIdNotFound : group->validate_offset_delete();
  if (response.error_code != ErrorCode::kNone) {
    return parts_.outbox.send(std::move(reply), std::move(response));
  }
  const std::set<std::string> pending =
      parts_.runtime.state().keys_in_open_transactions(offset_key_prefix(request.group_id));
  std::vector<coordinator::Record> records;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    const bool subscribed = group->is_subscribed_to(topic.name);
    for (const auto& partition : topic.partitions) {
      answer.partitions.push_back(
          {partition.partition_index,
           subscribed ? ErrorCode::kGroupSubscribedToTopic : ErrorCode::kNone});
      if (subscribed) continue;
      const std::string key = offset_key(request.group_id, topic.name, partition.partition_index);
      if (parts_.runtime.state().get(View::kLatest, key) || pending.contains(key)) {
        records.push_back(
            offset_tombstone(request.group_id, topic.name, partition.partition_index));
      }
    }
  }
  parts_.runtime.write(std::move(records), [this, response = std::move(response),
                                            reply = std::move(reply)](ErrorCode error) mutable {
    coordinator::Outbox::Turn turn(parts_.outbox);
    if (error != ErrorCode::kNone) {
      response.topics.clear();
      response.error_code = error;
    }
    parts_.outbox.send(std::move(reply), std::move(response));
  });
}

size_t GroupOffsets::add_tombstones(std::string_view group_id,
                                    std::vector<coordinator::Record>& records) const {
  const size_t before = records.size();
  const std::string prefix = offset_key_prefix(group_id);
  // Those of open transactions too: a transaction that ends later must not bring one back.
  std::set<std::string> keys = parts_.runtime.state().keys_in_open_transactions(prefix);
  coordinator::MaterializedState::Walk walk = parts_.runtime.state().walk(View::kLatest);
  for (walk.seek(prefix); walk.valid() && walk.key().starts_with(prefix); walk.next()) {
    keys.emplace(walk.key());
  }
  for (const std::string& key : keys) records.push_back({wire::Bytes::copy(key), std::nullopt});
  return records.size() - before;
}

// A group's offsets outlive its members by the retention.  While there are members, only topics
// that nobody subscribes to lose theirs, and only in consumer groups, where that is known.
bool GroupOffsets::add_expired(const ClassicGroup& group,
                               std::vector<coordinator::Record>& records) const {
  const coordinator::MaterializedState& state = parts_.runtime.state();
  const std::string prefix = offset_key_prefix(group.group_id());
  const std::set<std::string> unstable = state.keys_in_open_transactions(prefix);
  coordinator::MaterializedState::Walk walk = state.walk(View::kLatest);
  walk.seek(prefix);
  if (!walk.valid() || !walk.key().starts_with(prefix)) return unstable.empty();

  const bool is_empty = group.is_in(ClassicState::kEmpty);
  const bool was_joined = group.protocol_type().has_value();
  const bool watches_subscriptions = group.uses_consumer_protocol() &&
                                     group.knows_subscriptions() &&
                                     group.is_in(ClassicState::kStable);
  if (was_joined && !is_empty && !watches_subscriptions) return false;

  const wire::TimestampMs now = parts_.clock.wall_ms();
  bool none_left = unstable.empty();
  for (; walk.valid() && walk.key().starts_with(prefix); walk.next()) {
    const std::optional<OffsetKey> key = parse_offset_key(walk.key());
    const std::optional<CommittedOffset> committed = parse_offset_value(walk.value());
    if (!key || !committed) continue;
    const wire::TimestampMs since =
        was_joined && is_empty ? group.state_timestamp().value_or(committed->commit_timestamp_ms)
                               : committed->commit_timestamp_ms;
    const bool expired = committed->expire_timestamp_ms
                             ? now >= *committed->expire_timestamp_ms
                             : now - since >= parts_.options.offsets_retention_ms;
    if (expired && !group.is_subscribed_to(key->topic) &&
        !unstable.contains(std::string(walk.key()))) {
      records.push_back(offset_tombstone(key->group, key->topic, key->partition));
    } else {
      none_left = false;
    }
  }
  return none_left;
}

}  // namespace cluster::groups
