// One replica of the metadata quorum as it runs: performs what the core decides.
//
// Owns `__cluster_metadata-0` in metadata.log.dir: the log, `quorum-state`, the `.checkpoint`
// snapshots.  The core is pure; the driver brings it requests, answers, finished syncs and time,
// and carries out its actions in order.  A vote is on the disk before anything that follows from it
// leaves the node; an append is on the disk before it counts.
//
// Lives on shard 0; every callback of Transport, Timers and DiskExecutor arrives there.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cluster/metadata/metadata_log.h"
#include "cluster/raft/core.h"
#include "cluster/raft/snapshot_store.h"
#include "cluster/timers.h"
#include "cluster/transport.h"
#include "storage/log.h"
#include "storage/log_directory.h"
#include "wire/api/describe_quorum.h"
#include "wire/base/callback.h"
#include "wire/base/reply.h"
#include "wire/base/result.h"

namespace cluster::raft {

struct DriverOptions {
  Config quorum;
  std::string directory;  // metadata.log.dir; the log is in its __cluster_metadata-0
  // False only if the files are in memory: nothing outlives the process anyway.
  bool sync = true;
  int64_t log_segment_bytes = int64_t{1} << 30;             // metadata.log.segment.bytes
  int64_t retention_bytes = int64_t{100} << 20;             // metadata.max.retention.bytes
  wire::DurationMs retention_ms = int64_t{7} * 86'400'000;  // metadata.max.retention.ms
  // Told where a node listens when the quorum learns it (a new voter, a leader from a hint), before
  // anything is sent to it.  May be empty if the addresses are all in the configuration.
  wire::Callback<void(const KnownEndpoint&)> on_endpoint;
  // The log can no longer be trusted: the process should stop, and read it again.  May be empty.
  wire::Callback<void(const wire::Error&)> on_failure;
};

class Driver final : public metadata::MetadataLog {
 public:
  // Opens or creates the directory: checks every batch, reads the vote, the snapshots and the
  // voters.  Blocks.  `services`, `transport` and `timers` outlive the driver.
  static wire::Result<std::unique_ptr<Driver>> open(storage::StorageServices& services,
                                                    Transport& transport, Timers& timers,
                                                    DriverOptions options);
  ~Driver() override;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Takes part in the quorum from now on.  A sole voter leads when its first sync is done.
  void start();
  // Hands over leadership (EndQuorumEpoch to the voters), then calls `done`: at once if this node
  // does not lead or is alone.  Nothing is appended afterwards.
  void shut_down(wire::Callback<void()> done);
  // Gives up the leadership of `epoch`, so that another controller takes over.
  void resign(wire::Epoch epoch);

  // --- metadata::MetadataLog
  wire::Result<wire::Offset> append(wire::Epoch epoch,
                                    std::span<const wire::Bytes> records) override;
  int16_t kraft_version() const override { return core_.kraft_version(); }
  wire::Status can_upgrade_kraft_version(int16_t version) const override;
  wire::Status upgrade_kraft_version(wire::Epoch epoch, int16_t version) override;
  metadata::LeaderAndEpoch leader() const override;
  wire::Offset end_offset() const override;
  wire::Offset high_watermark() const override;
  void subscribe(metadata::MetadataLogListener& listener) override;
  wire::Status write_snapshot(metadata::SnapshotId id, wire::TimestampMs last_append_time_ms,
                              std::span<const wire::Bytes> records) override;

  // --- Requests, as the controller listener receives them.  Fetch may wait for max_wait_ms.
  void handle(wire::VoteRequest request, wire::Reply<wire::VoteResponse> reply);
  void handle(wire::BeginQuorumEpochRequest request,
              wire::Reply<wire::BeginQuorumEpochResponse> reply);
  void handle(wire::EndQuorumEpochRequest request, wire::Reply<wire::EndQuorumEpochResponse> reply);
  void handle(wire::FetchRequest request, wire::Reply<wire::FetchResponse> reply);
  void handle(wire::FetchSnapshotRequest request, wire::Reply<wire::FetchSnapshotResponse> reply);
  void handle(wire::AddRaftVoterRequest request, wire::Reply<wire::AddRaftVoterResponse> reply);
  void handle(wire::RemoveRaftVoterRequest request,
              wire::Reply<wire::RemoveRaftVoterResponse> reply);
  void handle(wire::UpdateRaftVoterRequest request,
              wire::Reply<wire::UpdateRaftVoterResponse> reply);
  wire::DescribeQuorumResponse handle(const wire::DescribeQuorumRequest& request) const;

  const Core& core() const { return core_; }
  const VoterSet& voters() const { return core_.voters(); }
  storage::Log& log() { return *log_; }

 private:
  struct Subscriber {
    metadata::MetadataLogListener* listener = nullptr;
    std::optional<wire::Offset> next_offset;  // nothing yet: starts with the snapshot or at 0
    std::optional<metadata::LeaderAndEpoch> told;
  };
  using PendingReply = std::variant<
      wire::Reply<wire::VoteResponse>, wire::Reply<wire::BeginQuorumEpochResponse>,
      wire::Reply<wire::EndQuorumEpochResponse>, wire::Reply<wire::FetchResponse>,
      wire::Reply<wire::FetchSnapshotResponse>, wire::Reply<wire::AddRaftVoterResponse>,
      wire::Reply<wire::RemoveRaftVoterResponse>, wire::Reply<wire::UpdateRaftVoterResponse>>;

  Driver(storage::StorageServices& services, Transport& transport, Timers& timers,
         DriverOptions options, std::unique_ptr<storage::LogDirectory> directory,
         std::unique_ptr<storage::Log> log, SnapshotStore snapshots, Recovered recovered);

  Instant now() const;
  template <typename RequestT, typename ResponseT>
  void receive(RequestT request, wire::Reply<ResponseT> reply);
  void step(Event event);
  void perform_queued();
  // Whether the actions may go on; false while the vote is on its way to the disk.
  bool store_vote(const Election& election);
  void perform(Actions actions);
  void write_log(Actions& actions);
  void begin_sync();
  void finish_sync(storage::SyncWork work, uint64_t generation);
  void store_chunk(const SnapshotChunk& chunk);
  void send(Outgoing outgoing);
  void answer(CallId call, Response response);
  void serve(ServedFetch served);
  void serve(ServedSnapshot served);
  bool load_snapshot(Subscriber& subscriber);
  void inform(Subscriber& subscriber);
  void inform_all();
  void clean_up();
  void arm_timer();
  void fail(const wire::Error& error);

  storage::StorageServices& services_;
  Transport& transport_;
  Timers& timers_;
  DriverOptions options_;
  std::unique_ptr<storage::LogDirectory> directory_;
  std::unique_ptr<storage::Log> log_;
  SnapshotStore snapshots_;
  Core core_;

  std::deque<Actions> queued_;
  bool performing_ = false;
  bool storing_vote_ = false;
  bool started_ = false;
  bool failed_ = false;
  uint64_t log_generation_ =
      0;  // counts truncations: a sync begun before one says nothing after it
  wire::Offset high_watermark_ = 0;
  metadata::LeaderAndEpoch leader_;
  std::deque<Subscriber> subscribers_;  // a reference outlives a later subscribe()

  CallId next_call_ = 1;
  std::map<CallId, PendingReply> replies_;
  wire::Callback<void()> on_shut_down_;
  TimerId timer_ = kNoTimer;
  wire::DurationMs timer_at_ = kNever;
  // Callbacks hold it weakly: what arrives after the driver is gone does nothing.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cluster::raft
