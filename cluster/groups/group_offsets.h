// Committed offsets: what OffsetCommit, OffsetFetch and OffsetDelete do (Kafka's
// OffsetMetadataManager).
//
// An offset is a row under its record key; nothing of it is held in memory.  A commit is answered
// when it is committed in the log, and seen by others from then on.  Commits of open transactions
// wait in rows of their own (MaterializedState). One per coordinator partition, on its shard.
#pragma once

#include <string_view>
#include <vector>

#include "cluster/coordinator/outbox.h"
#include "cluster/coordinator/partition_runtime.h"
#include "cluster/groups/classic_protocol.h"
#include "cluster/groups/group_coordinator.h"
#include "cluster/groups/group_options.h"
#include "cluster/groups/group_table.h"
#include "wire/api/offset_commit.h"
#include "wire/api/offset_delete.h"
#include "wire/api/offset_fetch.h"
#include "wire/api/txn_offset_commit.h"
#include "wire/base/clock.h"
#include "wire/base/reply.h"

namespace cluster::groups {

class GroupOffsets {
 public:
  struct Parts {
    const GroupOptions& options;
    const wire::Clock& clock;
    coordinator::Outbox& outbox;
    coordinator::PartitionRuntime& runtime;
    GroupTable& groups;
    ClassicProtocol& protocol;
  };
  // REQUIRES: every part outlives this.
  explicit GroupOffsets(Parts parts) : parts_(parts) {}

  using FetchGroup = wire::OffsetFetchRequest::OffsetFetchRequestGroup;
  using FetchedGroup = wire::OffsetFetchResponse::OffsetFetchResponseGroup;

  void commit(wire::OffsetCommitRequest request, const RequestIdentity& identity,
              wire::Reply<wire::OffsetCommitResponse> reply);
  // `guard`: of the verification that this partition is part of the transaction (KIP-890).
  void commit_in_transaction(wire::TxnOffsetCommitRequest request, storage::VerificationGuard guard,
                             wire::Reply<wire::TxnOffsetCommitResponse> reply);
  void fetch(FetchGroup group, bool require_stable, wire::Reply<FetchedGroup> reply);
  void remove(wire::OffsetDeleteRequest request, wire::Reply<wire::OffsetDeleteResponse> reply);

  // Adds the tombstones of all offsets of a group; returns how many.
  size_t add_tombstones(std::string_view group_id, std::vector<coordinator::Record>& records) const;
  // Adds those of the offsets that have expired.  True if none is left afterwards.
  bool add_expired(const ClassicGroup& group, std::vector<coordinator::Record>& records) const;

 private:
  wire::ErrorCode validate_commit(const wire::OffsetCommitRequest& request,
                                  const RequestIdentity& identity, ClassicGroup*& group);
  // The records of a commit, and what each partition is answered if they are committed.
  wire::OffsetCommitResponse plan_commit(const wire::OffsetCommitRequest& request,
                                         std::vector<coordinator::Record>& records) const;
  wire::ErrorCode validate_commit(const wire::TxnOffsetCommitRequest& request);
  wire::TxnOffsetCommitResponse plan_commit(const wire::TxnOffsetCommitRequest& request,
                                            std::vector<coordinator::Record>& records) const;
  bool is_metadata_too_large(std::string_view metadata) const;
  // A group that was made for a commit: it is there for all once that is committed, and gone if it
  // failed.
  void settle_group(const std::string& group_id, wire::ErrorCode result);
  // A commit whose partitions are all refused leaves the group that it has made behind.
  void keep_unused_group(const std::string& group_id);
  FetchedGroup read(const FetchGroup& group, bool require_stable) const;
  FetchedGroup read_all(const FetchGroup& group, bool require_stable) const;

  Parts parts_;
};

// The answer to a commit that failed as a whole.
wire::OffsetCommitResponse failed_commit(const wire::OffsetCommitRequest& request,
                                         wire::ErrorCode error);
wire::TxnOffsetCommitResponse failed_commit(const wire::TxnOffsetCommitRequest& request,
                                            wire::ErrorCode error);

}  // namespace cluster::groups
