// Committed offsets.
//
// OffsetCommit (key 8), v0-v10.   v1: generation and member; a time for each partition (v1 only).
//                                 v2-v4: retention.  v6: leader epoch.  v7: static members.
//                                 v9: GROUP_ID_NOT_FOUND (KIP-848).  v10: topic ids.
// OffsetFetch (9), v0-v10.        v2: all topics, error of the group.  v7: require stable.
//                                 v8: several groups.  v10: topic ids.
// OffsetDelete (47), v0.
// TxnOffsetCommit (28), v0-v5.    v2: leader epoch.  v3: generation, member and instance (KIP-447).
//                                 v4: TRANSACTION_ABORTABLE.  v5: adds the group's partition to the
//                                 transaction (KIP-890).
// Version 0 of the first two means the offsets in ZooKeeper: a KRaft broker refuses it.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "cluster/coordinator/partition_runtime.h"
#include "cluster/groups/group_coordinator.h"
#include "cluster/metadata/image.h"
#include "cluster/replica/replica_set.h"
#include "cluster/replica/transaction_verifier.h"
#include "cmd/api/group_identity.h"
#include "cmd/api/handlers.h"
#include "wire/api/offset_commit.h"
#include "wire/api/offset_delete.h"
#include "wire/api/offset_fetch.h"
#include "wire/api/txn_offset_commit.h"

namespace api {
namespace {

using cluster::metadata::MetadataImage;
using cluster::metadata::TopicPtr;
using wire::ErrorCode;
using wire::OffsetCommitRequest;
using wire::OffsetCommitResponse;
using wire::OffsetFetchRequest;
using wire::OffsetFetchResponse;

constexpr int16_t kTopicIdVersion = 10;
constexpr int16_t kManyGroupsVersion = 8;
constexpr int16_t kGroupErrorVersion = 2;
constexpr int16_t kZooKeeperVersion = 0;
constexpr wire::Offset kInvalidOffset = -1;

// What of a commit goes to the coordinator, and what is refused here: topics and partitions that do
// not exist.
struct CommitPlan {
  OffsetCommitRequest accepted;
  std::vector<OffsetCommitResponse::OffsetCommitResponseTopic> refused;
};

// In most requests everything exists: nothing is copied then.
CommitPlan plan_commit(OffsetCommitRequest request, const MetadataImage& image, int16_t version) {
  CommitPlan plan;
  const bool by_id = version >= kTopicIdVersion;
  for (auto& topic : request.topics) {
    const TopicPtr known = by_id ? image.topic(topic.topic_id) : image.topic(topic.name);
    if (known != nullptr) {
      if (by_id) topic.name = known->name;
      topic.topic_id = known->id;
    }
    const auto exists = [&known](const auto& partition) {
      return known != nullptr && known->partition(partition.partition_index) != nullptr;
    };
    // A topic that does not exist is answered even if no partition of it was named.
    const auto& partitions = topic.partitions;
    if (known != nullptr && std::all_of(partitions.begin(), partitions.end(), exists)) continue;
    const ErrorCode error = by_id && known == nullptr ? ErrorCode::kUnknownTopicId
                                                      : ErrorCode::kUnknownTopicOrPartition;
    auto& refused = plan.refused.emplace_back();
    refused.name = topic.name;
    refused.topic_id = topic.topic_id;
    for (const auto& partition : topic.partitions) {
      if (!exists(partition)) refused.partitions.push_back({partition.partition_index, error});
    }
    std::erase_if(topic.partitions, std::not_fn(exists));
  }
  std::erase_if(request.topics, [](const auto& topic) { return topic.partitions.empty(); });
  plan.accepted = std::move(request);
  return plan;
}

// Every partition gets the error, if any of them could have been committed; as Apache has it, a
// request that names none that exists is answered as in later versions.
std::optional<OffsetCommitResponse> refuse_zookeeper_commit(const OffsetCommitRequest& request,
                                                            const MetadataImage& image) {
  bool exists = false;
  OffsetCommitResponse response;
  for (const auto& topic : request.topics) {
    const TopicPtr known = image.topic(topic.name);
    auto& refused = response.topics.emplace_back();
    refused.name = topic.name;
    for (const auto& partition : topic.partitions) {
      exists =
          exists || (known != nullptr && known->partition(partition.partition_index) != nullptr);
      refused.partitions.push_back({partition.partition_index, ErrorCode::kUnsupportedVersion});
    }
  }
  if (!exists) return std::nullopt;
  return response;
}

// A topic that is in both parts of the answer appears once, as Apache's response builders have it.
template <typename Topic>
void merge(std::vector<Topic>& answered, std::vector<Topic> refused) {
  for (auto& topic : refused) {
    const auto same = std::find_if(answered.begin(), answered.end(), [&](const Topic& other) {
      if constexpr (requires { other.topic_id; }) {
        if (other.topic_id != topic.topic_id) return false;
      }
      return other.name == topic.name;
    });
    if (same == answered.end()) {
      answered.push_back(std::move(topic));
    } else {
      std::move(topic.partitions.begin(), topic.partitions.end(),
                std::back_inserter(same->partitions));
    }
  }
}

using FetchGroup = OffsetFetchRequest::OffsetFetchRequestGroup;
using FetchedGroup = OffsetFetchResponse::OffsetFetchResponseGroup;

// Versions below 8 ask for one group, at the top of the request.
std::vector<FetchGroup> groups_of(OffsetFetchRequest& request, int16_t version) {
  if (version >= kManyGroupsVersion) return std::move(request.groups);
  FetchGroup group;
  group.group_id = std::move(request.group_id);
  if (!request.topics) {
    group.topics = std::nullopt;
  } else {
    for (auto& topic : *request.topics) {
      auto& asked = group.topics->emplace_back();
      asked.name = std::move(topic.name);
      asked.partition_indexes = std::move(topic.partition_indexes);
    }
  }
  std::vector<FetchGroup> groups;
  groups.push_back(std::move(group));
  return groups;
}

OffsetFetchResponse::OffsetFetchResponseTopics unknown_topic(
    const OffsetFetchRequest::OffsetFetchRequestTopics& topic, ErrorCode error) {
  OffsetFetchResponse::OffsetFetchResponseTopics answer;
  answer.name = topic.name;
  answer.topic_id = topic.topic_id;
  for (const wire::PartitionIndex index : topic.partition_indexes) {
    auto& partition = answer.partitions.emplace_back();
    partition.partition_index = index;
    partition.committed_offset = kInvalidOffset;
    partition.error_code = error;
  }
  return answer;
}

OffsetFetchResponse refuse_zookeeper_fetch(const OffsetFetchRequest& request) {
  OffsetFetchResponse response;
  if (!request.topics) return response;
  // Partitions are answered, not topics, and each once.
  std::map<std::string, std::set<wire::PartitionIndex>> asked;
  for (const auto& topic : *request.topics) {
    for (const wire::PartitionIndex index : topic.partition_indexes) {
      asked[topic.name].insert(index);
    }
  }
  for (const auto& [name, indexes] : asked) {
    auto& refused = response.topics.emplace_back();
    refused.name = name;
    for (const wire::PartitionIndex index : indexes) {
      auto& partition = refused.partitions.emplace_back();
      partition.partition_index = index;
      partition.committed_offset = kInvalidOffset;
      partition.error_code = ErrorCode::kUnsupportedVersion;
    }
  }
  return response;
}

// Gives each topic its name; those that have none any more leave the request for the answer.
std::vector<OffsetFetchResponse::OffsetFetchResponseTopics> resolve_ids(
    FetchGroup& group, const MetadataImage& image) {
  std::vector<OffsetFetchResponse::OffsetFetchResponseTopics> unknown;
  if (!group.topics) return unknown;
  std::vector<OffsetFetchRequest::OffsetFetchRequestTopics> known;
  for (auto& topic : *group.topics) {
    if (const TopicPtr found = image.topic(topic.topic_id)) {
      topic.name = found->name;
      known.push_back(std::move(topic));
    } else {
      unknown.push_back(unknown_topic(topic, ErrorCode::kUnknownTopicId));
    }
  }
  group.topics = std::move(known);
  return unknown;
}

// A client that asks by id cannot be told of a topic that has none.
void add_ids(FetchedGroup& group, const MetadataImage& image) {
  std::erase_if(group.topics, [&](auto& topic) {
    if (!topic.topic_id.is_zero()) return false;
    const TopicPtr found = image.topic(topic.name);
    if (found == nullptr) return true;
    topic.topic_id = found->id;
    return false;
  });
}

// The answer under construction: complete once every group has said what it has.
struct FetchAnswer {
  FetchAnswer(Services& with, int16_t request_version, size_t count,
              wire::Reply<OffsetFetchResponse> to)
      : services(with), version(request_version), groups(count), reply(std::move(to)) {}
  ~FetchAnswer() { reply(shaped()); }

  // Versions below 8 have the one group at the top, and below 2 no place for its error but the
  // partitions.
  OffsetFetchResponse shaped() {
    OffsetFetchResponse response;
    if (version >= kManyGroupsVersion) {
      response.groups = std::move(groups);
      return response;
    }
    FetchedGroup& group = groups.front();
    if (version >= kGroupErrorVersion) response.error_code = group.error_code;
    for (auto& topic : group.topics) {
      auto& answer = response.topics.emplace_back();
      answer.name = std::move(topic.name);
      for (auto& partition : topic.partitions) {
        answer.partitions.push_back({partition.partition_index, partition.committed_offset,
                                     partition.committed_leader_epoch,
                                     std::move(partition.metadata), partition.error_code});
      }
    }
    return response;
  }

  Services& services;
  int16_t version;
  std::vector<FetchedGroup> groups;
  wire::Reply<OffsetFetchResponse> reply;
};

void fetch_group(const std::shared_ptr<FetchAnswer>& answer, size_t index, FetchGroup group,
                 bool require_stable, const cluster::groups::RequestIdentity& identity) {
  const bool by_id = answer->version >= kTopicIdVersion;
  auto unknown = by_id ? resolve_ids(group, *answer->services.image)
                       : std::vector<OffsetFetchResponse::OffsetFetchResponseTopics>();
  // What to answer for each partition if the group fails and the version has no error of groups.
  auto asked = answer->version < kGroupErrorVersion ? group.topics : std::nullopt;
  auto done = [answer, index, by_id, unknown = std::move(unknown),
               asked = std::move(asked)](std::optional<FetchedGroup> fetched) mutable {
    if (!fetched) return;
    if (fetched->error_code == ErrorCode::kNone) {
      if (by_id) add_ids(*fetched, *answer->services.image);
      std::move(unknown.begin(), unknown.end(), std::back_inserter(fetched->topics));
    } else if (asked) {
      for (const auto& topic : *asked) {
        fetched->topics.push_back(unknown_topic(topic, fetched->error_code));
      }
    }
    answer->groups[index] = std::move(*fetched);
  };
  answer->services.groups->fetch_offsets(std::move(group), require_stable, identity,
                                         wire::Reply<FetchedGroup>(std::move(done)));
}

using wire::TxnOffsetCommitRequest;
using wire::TxnOffsetCommitResponse;

TxnOffsetCommitResponse answer_all(const TxnOffsetCommitRequest& request, ErrorCode error) {
  TxnOffsetCommitResponse response;
  for (const auto& topic : request.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    for (const auto& partition : topic.partitions) {
      answer.partitions.push_back({partition.partition_index, error});
    }
  }
  return response;
}

// Takes the partitions that do not exist out of the request; the answer for them.
std::vector<TxnOffsetCommitResponse::TxnOffsetCommitResponseTopic> refuse_unknown(
    TxnOffsetCommitRequest& request, const MetadataImage& image) {
  std::vector<TxnOffsetCommitResponse::TxnOffsetCommitResponseTopic> refused;
  for (auto& topic : std::exchange(request.topics, {})) {
    const TopicPtr known = image.topic(topic.name);
    TxnOffsetCommitRequest::TxnOffsetCommitRequestTopic accepted{topic.name, {}};
    TxnOffsetCommitResponse::TxnOffsetCommitResponseTopic unknown{topic.name, {}};
    for (auto& partition : topic.partitions) {
      if (known != nullptr && known->partition(partition.partition_index) != nullptr) {
        accepted.partitions.push_back(std::move(partition));
      } else {
        unknown.partitions.push_back(
            {partition.partition_index, ErrorCode::kUnknownTopicOrPartition});
      }
    }
    if (!accepted.partitions.empty()) request.topics.push_back(std::move(accepted));
    if (known == nullptr || !unknown.partitions.empty()) refused.push_back(std::move(unknown));
  }
  return refused;
}

// Producers from 0.11 to 2.2 break on COORDINATOR_LOAD_IN_PROGRESS here (KAFKA-7296).
void hide_loading(TxnOffsetCommitResponse& response) {
  for (auto& topic : response.topics) {
    for (auto& partition : topic.partitions) {
      if (partition.error_code == ErrorCode::kCoordinatorLoadInProgress) {
        partition.error_code = ErrorCode::kCoordinatorNotAvailable;
      }
    }
  }
}

cluster::replica::TransactionSupport support_of(int16_t version) {
  using cluster::replica::TransactionSupport;
  return version >= 5   ? TransactionSupport::kAddsPartitions
         : version == 4 ? TransactionSupport::kAbortableError
                        : TransactionSupport::kOldErrors;
}

// The group's partition takes part in the transaction like any other that is written to.
void verify_and_commit(Services& services, TxnOffsetCommitRequest request, int16_t version,
                       wire::Reply<TxnOffsetCommitResponse> reply) {
  auto partition = services.replicas->find(cluster::groups::kOffsetsTopic,
                                           services.groups->partition_for(request.group_id));
  if (!partition) return reply(answer_all(request, ErrorCode::kNotCoordinator));
  cluster::replica::TransactionalProducer producer{.transactional_id = request.transactional_id,
                                                   .id = request.producer_id,
                                                   .epoch = request.producer_epoch,
                                                   .support = support_of(version)};
  services.transaction_verifier->verify(
      std::move(producer), {{std::move(partition), wire::kNoSequence}},
      [&services, request = std::move(request),
       reply = std::move(reply)](std::vector<cluster::replica::Verified> verified) mutable {
        const auto& [error, guard] = verified.front();
        if (error != ErrorCode::kNone) {
          return reply(answer_all(request, cluster::coordinator::response_error(error)));
        }
        services.groups->commit_offsets_in_transaction(std::move(request), guard, std::move(reply));
      });
}

}  // namespace

void handle_txn_offset_commit(RequestContext& context, TxnOffsetCommitRequest request,
                              wire::Reply<TxnOffsetCommitResponse> reply) {
  constexpr int16_t kLoadingKnownVersion = 2;
  auto refused = refuse_unknown(request, *context.services.image);
  if (request.topics.empty()) {
    TxnOffsetCommitResponse response;
    response.topics = std::move(refused);
    return reply(std::move(response));
  }
  wire::Reply<TxnOffsetCommitResponse> merged(
      [refused = std::move(refused), version = context.api_version,
       reply = std::move(reply)](std::optional<TxnOffsetCommitResponse> response) mutable {
        if (!response) return;
        if (version < kLoadingKnownVersion) hide_loading(*response);
        merge(response->topics, std::move(refused));
        reply(std::move(*response));
      });
  if (request.group_id.empty()) {
    return merged(answer_all(request, ErrorCode::kInvalidGroupId));
  }
  verify_and_commit(context.services, std::move(request), context.api_version, std::move(merged));
}

void handle_offset_commit(RequestContext& context, OffsetCommitRequest request,
                          wire::Reply<OffsetCommitResponse> reply) {
  if (context.api_version == kZooKeeperVersion) {
    auto refused = refuse_zookeeper_commit(request, *context.services.image);
    if (refused) return reply(*std::move(refused));
  }
  CommitPlan plan = plan_commit(std::move(request), *context.services.image, context.api_version);
  if (plan.accepted.topics.empty()) {
    OffsetCommitResponse response;
    merge(response.topics, std::move(plan.refused));
    return reply(std::move(response));
  }
  if (plan.refused.empty()) {
    return context.services.groups->commit_offsets(std::move(plan.accepted),
                                                   group_identity(context), std::move(reply));
  }
  wire::Reply<OffsetCommitResponse> merged(
      [refused = std::move(plan.refused),
       reply = std::move(reply)](std::optional<OffsetCommitResponse> response) mutable {
        if (!response) return;
        merge(response->topics, std::move(refused));
        reply(std::move(*response));
      });
  context.services.groups->commit_offsets(std::move(plan.accepted), group_identity(context),
                                          std::move(merged));
}

void handle_offset_fetch(RequestContext& context, OffsetFetchRequest request,
                         wire::Reply<OffsetFetchResponse> reply) {
  if (context.api_version == kZooKeeperVersion) return reply(refuse_zookeeper_fetch(request));
  std::vector<FetchGroup> groups = groups_of(request, context.api_version);
  const auto answer = std::make_shared<FetchAnswer>(context.services, context.api_version,
                                                    groups.size(), std::move(reply));
  for (size_t i = 0; i < groups.size(); ++i) {
    fetch_group(answer, i, std::move(groups[i]), request.require_stable, group_identity(context));
  }
}

void handle_offset_delete(RequestContext& context, wire::OffsetDeleteRequest request,
                          wire::Reply<wire::OffsetDeleteResponse> reply) {
  const auto image = context.services.image;
  auto topics = std::exchange(request.topics, {});
  std::vector<wire::OffsetDeleteResponse::OffsetDeleteResponseTopic> refused;
  for (auto& topic : topics) {
    const TopicPtr known = image->topic(topic.name);
    wire::OffsetDeleteRequest::OffsetDeleteRequestTopic accepted{topic.name, {}};
    wire::OffsetDeleteResponse::OffsetDeleteResponseTopic unknown{topic.name, {}};
    for (const auto& partition : topic.partitions) {
      if (known != nullptr && known->partition(partition.partition_index) != nullptr) {
        accepted.partitions.push_back(partition);
      } else {
        unknown.partitions.push_back(
            {partition.partition_index, ErrorCode::kUnknownTopicOrPartition});
      }
    }
    if (!accepted.partitions.empty()) request.topics.push_back(std::move(accepted));
    if (known == nullptr || !unknown.partitions.empty()) refused.push_back(std::move(unknown));
  }
  wire::Reply<wire::OffsetDeleteResponse> merged(
      [refused = std::move(refused),
       reply = std::move(reply)](std::optional<wire::OffsetDeleteResponse> response) mutable {
        if (!response) return;
        // An error of the group stands for all.
        if (response->error_code == ErrorCode::kNone) {
          merge(response->topics, std::move(refused));
        }
        reply(std::move(*response));
      });
  context.services.groups->delete_offsets(std::move(request), group_identity(context),
                                          std::move(merged));
}

}  // namespace api
