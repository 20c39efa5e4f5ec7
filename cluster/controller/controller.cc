#include "cluster/controller/controller.h"

#include <algorithm>
#include <utility>

#include "cluster/controller/activation.h"
#include "cluster/controller/brokers.h"
#include "cluster/controller/client_quotas.h"
#include "cluster/controller/configs.h"
#include "cluster/controller/deadline.h"
#include "cluster/controller/features.h"
#include "cluster/controller/partitions.h"
#include "cluster/controller/producer_ids.h"
#include "cluster/controller/reassignments.h"
#include "cluster/controller/refusals.h"
#include "cluster/controller/topics.h"
#include "cluster/metadata/delta.h"
#include "wire/base/check.h"
#include "wire/base/log.h"

namespace cluster::controller {

using metadata::MetadataRecord;
using wire::ErrorCode;

Controller::Controller(ControllerOptions options, metadata::MetadataLog& log,
                       metadata::ImageLoader& loader, const ConfigValidator& configs,
                       const wire::Clock& clock, Timers& timers, wire::Random& random)
    : options_(std::move(options)),
      log_(log),
      loader_(loader),
      configs_(configs),
      clock_(clock),
      timers_(timers),
      random_(random) {}

Controller::~Controller() {
  resign();
}

ControllerState& Controller::fresh_state() {
  state_->now_ms = clock_.monotonic_ms();
  state_->next_offset = log_.end_offset();
  state_->kraft_version = log_.kraft_version();
  return *state_;
}

template <typename Request, typename Response, typename Decide>
void Controller::operate(const OperationContext& context, const Request& request,
                         wire::Reply<Response>& reply, Decide decide) {
  if (!is_active()) return reply(refused(request, ErrorCode::kNotController));
  if (is_out_of_time(request)) return reply(refused(request, ErrorCode::kRequestTimedOut));
  auto decision = decide(fresh_state(), context, request);
  if (decision.atomic && decision.records.size() > kMaxRecordsPerOperation) {
    return reply(refused(request, ErrorCode::kPolicyViolation));
  }
  if (!append(decision.records, decision.atomic)) {
    return reply(refused(request, ErrorCode::kNotController));
  }
  // Without records too: the answer may rest on what is not committed yet.
  when_committed([response = std::move(decision.response),
                  refusal = refused(request, ErrorCode::kNotController),
                  reply = std::move(reply)](bool committed) mutable {
    reply(committed ? std::move(response) : std::move(refusal));
  });
}

void Controller::create_topics(const OperationContext& context, wire::CreateTopicsRequest request,
                               wire::Reply<wire::CreateTopicsResponse> reply) {
  operate(context, request, reply, controller::create_topics);
}

void Controller::delete_topics(const OperationContext& context, wire::DeleteTopicsRequest request,
                               wire::Reply<wire::DeleteTopicsResponse> reply) {
  operate(context, request, reply, controller::delete_topics);
}

void Controller::create_partitions(const OperationContext& context,
                                   wire::CreatePartitionsRequest request,
                                   wire::Reply<wire::CreatePartitionsResponse> reply) {
  operate(context, request, reply, controller::create_partitions);
}

void Controller::incremental_alter_configs(
    const OperationContext& context, wire::IncrementalAlterConfigsRequest request,
    wire::Reply<wire::IncrementalAlterConfigsResponse> reply) {
  operate(context, request, reply, controller::incremental_alter_configs);
}

void Controller::alter_configs(const OperationContext& context, wire::AlterConfigsRequest request,
                               wire::Reply<wire::AlterConfigsResponse> reply) {
  operate(context, request, reply, controller::alter_configs);
}

void Controller::update_features(const OperationContext& context,
                                 wire::UpdateFeaturesRequest request,
                                 wire::Reply<wire::UpdateFeaturesResponse> reply) {
  operate(context, request, reply,
          [this](const ControllerState& state, const OperationContext& what, const auto& asked) {
            FeaturesDecision decision = controller::update_features(state, what, asked);
            if (!decision.kraft_version) return decision;
            const int16_t version = *decision.kraft_version;
            const wire::Status done = asked.validate_only
                                          ? log_.can_upgrade_kraft_version(version)
                                          : log_.upgrade_kraft_version(epoch_, version);
            return done.ok() ? decision : refused_update(ApiError(done.error()));
          });
}

void Controller::elect_leaders(const OperationContext& context, wire::ElectLeadersRequest request,
                               wire::Reply<wire::ElectLeadersResponse> reply) {
  operate(context, request, reply, controller::elect_leaders);
}

void Controller::unregister_broker(const OperationContext& context,
                                   wire::UnregisterBrokerRequest request,
                                   wire::Reply<wire::UnregisterBrokerResponse> reply) {
  operate(context, request, reply, controller::unregister_broker);
}

void Controller::alter_partition_reassignments(
    const OperationContext& context, wire::AlterPartitionReassignmentsRequest request,
    wire::Reply<wire::AlterPartitionReassignmentsResponse> reply) {
  operate(context, request, reply, controller::alter_partition_reassignments);
}

void Controller::list_partition_reassignments(
    const OperationContext& context, wire::ListPartitionReassignmentsRequest request,
    wire::Reply<wire::ListPartitionReassignmentsResponse> reply) {
  operate(context, request, reply, controller::list_partition_reassignments);
}

void Controller::alter_client_quotas(const OperationContext& context,
                                     wire::AlterClientQuotasRequest request,
                                     wire::Reply<wire::AlterClientQuotasResponse> reply) {
  operate(context, request, reply, controller::alter_client_quotas);
}

void Controller::register_broker(const OperationContext& context,
                                 wire::BrokerRegistrationRequest request,
                                 wire::Reply<wire::BrokerRegistrationResponse> reply) {
  operate(context, request, reply, controller::register_broker);
}

void Controller::heartbeat(const OperationContext& context, wire::BrokerHeartbeatRequest request,
                           wire::Reply<wire::BrokerHeartbeatResponse> reply) {
  operate(context, request, reply, controller::process_heartbeat);
  if (is_active()) schedule_session_check();
}

void Controller::allocate_producer_ids(const OperationContext& context,
                                       wire::AllocateProducerIdsRequest request,
                                       wire::Reply<wire::AllocateProducerIdsResponse> reply) {
  operate(context, request, reply, controller::allocate_producer_ids);
}

void Controller::alter_partition(const OperationContext& context,
                                 wire::AlterPartitionRequest request,
                                 wire::Reply<wire::AlterPartitionResponse> reply) {
  operate(context, request, reply, controller::alter_partition);
}

void Controller::assign_replicas_to_dirs(const OperationContext& context,
                                         wire::AssignReplicasToDirsRequest request,
                                         wire::Reply<wire::AssignReplicasToDirsResponse> reply) {
  operate(context, request, reply, controller::assign_replicas_to_dirs);
}

void Controller::register_controller(const OperationContext& context,
                                     wire::ControllerRegistrationRequest request,
                                     wire::Reply<wire::ControllerRegistrationResponse> reply) {
  operate(context, request, reply, controller::register_controller);
}

bool Controller::append(const std::vector<MetadataRecord>& records, bool atomic) {
  const std::span<const MetadataRecord> all(records);
  if (atomic) return append_batch(all);
  for (size_t at = 0; at < all.size(); at += kMaxRecordsPerOperation) {
    const size_t count = std::min(kMaxRecordsPerOperation, all.size() - at);
    if (!append_batch(all.subspan(at, count))) return false;
  }
  return is_active();
}

bool Controller::append_batch(std::span<const MetadataRecord> records) {
  if (records.empty()) return is_active();
  // Replayed before it is written: a record that cannot be applied must never reach the log, where
  // every node would fail on it for ever.
  metadata::MetadataDelta delta(state_->image);
  wire::Offset offset = log_.end_offset();
  std::vector<wire::Bytes> frames;
  frames.reserve(records.size());
  for (const MetadataRecord& record : records) {
    const wire::Status status = delta.replay(record, offset++);
    if (!status) wire::log::error("decided on an impossible record: {}", status.error().detail);
    CHECK(status.ok());
    frames.push_back(metadata::encode_record(record));
  }
  appending_ = true;
  const wire::Result<wire::Offset> last = log_.append(epoch_, frames);
  appending_ = false;
  if (!last) {
    wire::log::warn("the metadata log refuses to append: {}", last.error().detail);
    resign();
    return false;
  }
  // Only data records are appended between two looks at the end of the log, so these are the
  // offsets replayed above.
  CHECK(*last == offset - 1);
  appended_ = *last;
  state_->image =
      std::move(delta).build({appended_, epoch_, state_->image->provenance().last_append_time_ms});
  for (const MetadataRecord& record : records) track_registration(*state_, record);
  return true;
}

void Controller::when_committed(wire::Callback<void(bool committed)> finish) {
  pending_.push_back(
      {std::max(appended_, pending_.empty() ? -1 : pending_.back().offset), std::move(finish)});
  finish_committed();
}

void Controller::finish_committed() {
  while (!pending_.empty() && pending_.front().offset <= committed_) {
    // Off the queue first: the answer may lead to the next operation.
    const auto finish =
        std::make_shared<wire::Callback<void(bool)>>(std::move(pending_.front().finish));
    pending_.pop_front();
    (*finish)(true);
  }
}

void Controller::on_commit(const metadata::CommittedBatch& batch) {
  committed_ = std::max(committed_, batch.last_offset());
  if (!is_active() || appending_) return;
  // With nothing in flight the committed image says the same: sharing it saves the second one.
  const metadata::ImagePtr& committed = loader_.image();
  if (committed->provenance().last_offset == appended_ && loader_.faults() == 0) {
    state_->image = committed;
  }
  finish_committed();
}

void Controller::on_snapshot(metadata::SnapshotId id, wire::TimestampMs,
                             const std::vector<wire::Bytes>&) {
  // Only who is behind loads a snapshot, and a leader is not.
  if (is_active()) resign();
  committed_ = std::max(committed_, id.end_offset - 1);
}

void Controller::on_leader_change(metadata::LeaderAndEpoch leader) {
  if (leader.leader_id == options_.node_id) {
    if (is_active() && epoch_ == leader.epoch) return;
    resign();
    activate(leader.epoch);
  } else {
    resign();
  }
}

void Controller::activate(wire::Epoch epoch) {
  if (loader_.faults() > 0) {
    wire::log::error(
        "this node leads the metadata quorum but could not read all of its log: it will not "
        "control");
    return;
  }
  epoch_ = epoch;
  const metadata::ImagePtr image = loader_.latest();
  state_ = std::make_unique<ControllerState>(ControllerState{
      options_, configs_, random_, image, BrokerSessions(options_.broker_session_timeout_ms)});
  appended_ = image->provenance().last_offset;
  committed_ = std::max(committed_, appended_);
  wire::log::info("controller {} is active, epoch {}", options_.node_id, epoch);
  start_sessions(fresh_state());
  if (!append(activation_records(*state_, loader_.in_transaction()), /*atomic=*/false)) return;
  if (!append(own_registration(*state_), /*atomic=*/true)) return;
  schedule_session_check();
  schedule_elections();
}

void Controller::resign() {
  if (is_active()) wire::log::info("controller {} is no longer active", options_.node_id);
  state_.reset();
  timers_.cancel(std::exchange(session_timer_, kNoTimer));
  timers_.cancel(std::exchange(election_timer_, kNoTimer));
  auto waiting = std::exchange(pending_, {});
  for (Pending& pending : waiting) pending.finish(false);
}

void Controller::schedule_session_check() {
  const auto expiry = state_->sessions.next_expiry_ms();
  if (!expiry) return;
  if (session_timer_ != kNoTimer && session_check_ms_ <= *expiry) return;
  timers_.cancel(session_timer_);
  session_check_ms_ = *expiry;
  const wire::DurationMs delay = std::max<wire::DurationMs>(0, *expiry - clock_.monotonic_ms());
  session_timer_ = timers_.schedule(delay, [this] {
    session_timer_ = kNoTimer;
    fence_expired_brokers();
  });
}

void Controller::fence_expired_brokers() {
  // One at a time, so that each decision sees what fencing the one before has changed.
  while (is_active()) {
    const auto records = fence_one_expired(fresh_state());
    if (!records) break;
    if (!append(*records, /*atomic=*/false)) return;
  }
  if (is_active()) schedule_session_check();
}

void Controller::schedule_elections() {
  election_timer_ = timers_.schedule(options_.leader_imbalance_check_interval_ms, [this] {
    election_timer_ = kNoTimer;
    run_elections();
  });
}

void Controller::run_elections() {
  if (!append(elect_unclean_leaders(fresh_state()), /*atomic=*/false)) return;
  if (options_.auto_leader_rebalance) {
    if (!append(rebalance_leaders(fresh_state()), /*atomic=*/false)) return;
  }
  schedule_elections();
}

}  // namespace cluster::controller
