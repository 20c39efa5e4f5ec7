// The active controller: every change of the cluster's metadata is decided here, on the node that
// leads the metadata quorum.
//
// decide -> records -> replay.  An operation is a pure function (cluster/controller/<family>.h) of
// the working state and a request; it yields records and an answer.  The records are appended to
// the metadata log as one batch and replayed on the working state at once, so the next operation
// sees them; the answer waits until they are committed.
//
// The working state is a MetadataImage, as brokers have it, that runs ahead of the committed one by
// what was appended in this epoch.  When leadership is lost it is dropped: records that were not
// committed may yet be cut from the log, and the next leader decides on its own.  Waiting
// operations are answered NOT_CONTROLLER; the client asks the new controller. Lives on shard 0.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "cluster/controller/config_validator.h"
#include "cluster/controller/decision.h"
#include "cluster/controller/state.h"
#include "cluster/metadata/image_loader.h"
#include "cluster/metadata/metadata_log.h"
#include "cluster/timers.h"
#include "wire/api/allocate_producer_ids.h"
#include "wire/api/alter_client_quotas.h"
#include "wire/api/alter_configs.h"
#include "wire/api/alter_partition.h"
#include "wire/api/alter_partition_reassignments.h"
#include "wire/api/assign_replicas_to_dirs.h"
#include "wire/api/broker_heartbeat.h"
#include "wire/api/broker_registration.h"
#include "wire/api/controller_registration.h"
#include "wire/api/create_partitions.h"
#include "wire/api/create_topics.h"
#include "wire/api/delete_topics.h"
#include "wire/api/elect_leaders.h"
#include "wire/api/incremental_alter_configs.h"
#include "wire/api/list_partition_reassignments.h"
#include "wire/api/unregister_broker.h"
#include "wire/api/update_features.h"
#include "wire/base/clock.h"
#include "wire/base/random.h"
#include "wire/base/reply.h"

namespace cluster::controller {

class Controller final : public metadata::MetadataLogListener {
 public:
  // REQUIRES: everything referenced outlives this, and `loader` has subscribed to `log` already: a
  // new controller starts from the loader's committed image.  Call log.subscribe(controller) once.
  Controller(ControllerOptions options, metadata::MetadataLog& log, metadata::ImageLoader& loader,
             const ConfigValidator& configs, const wire::Clock& clock, Timers& timers,
             wire::Random& random);
  ~Controller() override;

  // This node leads the quorum and has taken over.  When not, every operation answers
  // NOT_CONTROLLER.
  bool is_active() const { return state_ != nullptr; }
  // The node to ask; kNoNode while there is none.
  wire::NodeId active_controller() const { return log_.leader().leader_id; }

  // Each takes Kafka's own request; `context` says its version and what the client may see.
  void create_topics(const OperationContext& context, wire::CreateTopicsRequest request,
                     wire::Reply<wire::CreateTopicsResponse> reply);
  void delete_topics(const OperationContext& context, wire::DeleteTopicsRequest request,
                     wire::Reply<wire::DeleteTopicsResponse> reply);
  void create_partitions(const OperationContext& context, wire::CreatePartitionsRequest request,
                         wire::Reply<wire::CreatePartitionsResponse> reply);
  void incremental_alter_configs(const OperationContext& context,
                                 wire::IncrementalAlterConfigsRequest request,
                                 wire::Reply<wire::IncrementalAlterConfigsResponse> reply);
  void alter_configs(const OperationContext& context, wire::AlterConfigsRequest request,
                     wire::Reply<wire::AlterConfigsResponse> reply);
  void update_features(const OperationContext& context, wire::UpdateFeaturesRequest request,
                       wire::Reply<wire::UpdateFeaturesResponse> reply);
  void elect_leaders(const OperationContext& context, wire::ElectLeadersRequest request,
                     wire::Reply<wire::ElectLeadersResponse> reply);
  void unregister_broker(const OperationContext& context, wire::UnregisterBrokerRequest request,
                         wire::Reply<wire::UnregisterBrokerResponse> reply);
  void alter_partition_reassignments(const OperationContext& context,
                                     wire::AlterPartitionReassignmentsRequest request,
                                     wire::Reply<wire::AlterPartitionReassignmentsResponse> reply);
  void list_partition_reassignments(const OperationContext& context,
                                    wire::ListPartitionReassignmentsRequest request,
                                    wire::Reply<wire::ListPartitionReassignmentsResponse> reply);
  void alter_client_quotas(const OperationContext& context, wire::AlterClientQuotasRequest request,
                           wire::Reply<wire::AlterClientQuotasResponse> reply);

  // From brokers and controllers.
  void register_broker(const OperationContext& context, wire::BrokerRegistrationRequest request,
                       wire::Reply<wire::BrokerRegistrationResponse> reply);
  void heartbeat(const OperationContext& context, wire::BrokerHeartbeatRequest request,
                 wire::Reply<wire::BrokerHeartbeatResponse> reply);
  void allocate_producer_ids(const OperationContext& context,
                             wire::AllocateProducerIdsRequest request,
                             wire::Reply<wire::AllocateProducerIdsResponse> reply);
  void alter_partition(const OperationContext& context, wire::AlterPartitionRequest request,
                       wire::Reply<wire::AlterPartitionResponse> reply);
  void assign_replicas_to_dirs(const OperationContext& context,
                               wire::AssignReplicasToDirsRequest request,
                               wire::Reply<wire::AssignReplicasToDirsResponse> reply);
  void register_controller(const OperationContext& context,
                           wire::ControllerRegistrationRequest request,
                           wire::Reply<wire::ControllerRegistrationResponse> reply);

  void on_commit(const metadata::CommittedBatch& batch) override;
  void on_snapshot(metadata::SnapshotId id, wire::TimestampMs last_append_time_ms,
                   const std::vector<wire::Bytes>& records) override;
  void on_leader_change(metadata::LeaderAndEpoch leader) override;

 private:
  // An answer that waits for its records to be committed, or for leadership to be lost.
  struct Pending {
    wire::Offset offset;
    wire::Callback<void(bool committed)> finish;
  };

  template <typename Request, typename Response, typename Decide>
  void operate(const OperationContext& context, const Request& request,
               wire::Reply<Response>& reply, Decide decide);
  // Brings clock and log end of the state up to date before a decision.
  ControllerState& fresh_state();
  // Appends and replays.  False: this node has just ceased to be the controller.
  bool append(const std::vector<metadata::MetadataRecord>& records, bool atomic);
  bool append_batch(std::span<const metadata::MetadataRecord> records);
  // Calls finish(true) once everything appended so far is committed.
  void when_committed(wire::Callback<void(bool committed)> finish);
  void finish_committed();

  void activate(wire::Epoch epoch);
  void resign();
  void fence_expired_brokers();
  void run_elections();
  void schedule_session_check();
  void schedule_elections();

  const ControllerOptions options_;
  metadata::MetadataLog& log_;
  metadata::ImageLoader& loader_;
  const ConfigValidator& configs_;
  const wire::Clock& clock_;
  Timers& timers_;
  wire::Random& random_;

  std::unique_ptr<ControllerState> state_;  // only while this node is the controller
  wire::Epoch epoch_ = 0;                   // of our leadership
  bool appending_ = false;
  wire::Offset appended_ = -1;   // the last record of ours
  wire::Offset committed_ = -1;  // the last record that a majority has
  std::deque<Pending> pending_;  // by offset
  TimerId session_timer_ = kNoTimer;
  wire::DurationMs session_check_ms_ = 0;  // when session_timer_ fires
  TimerId election_timer_ = kNoTimer;
};

}  // namespace cluster::controller
