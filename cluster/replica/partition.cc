#include "cluster/replica/partition.h"

#include <algorithm>
#include <utility>

#include "cluster/replica/gathered_appends.h"
#include "cluster/replica/parked_fetch.h"
#include "wire/base/check.h"
#include "wire/base/log.h"
#include "wire/records/message_set_validation.h"
#include "wire/records/record_batch.h"

namespace cluster::replica {

using wire::Error;
using wire::ErrorCode;
using wire::Offset;
using wire::Result;

Partition::Partition(PartitionServices& services, storage::TopicPartition name, wire::Uuid topic_id,
                     storage::Log& log, PartitionOptions options, Offset initial_high_watermark)
    : services_(services),
      name_(std::move(name)),
      topic_id_(topic_id),
      log_(&log),
      options_(std::move(options)),
      high_watermark_(
          std::clamp(initial_high_watermark, log.log_start_offset(), log.log_end_offset())) {}

Partition::~Partition() {
  services_.timers.cancel(produce_timer_);
}

Offset Partition::last_stable_offset() const {
  const auto unstable = log_->first_unstable_offset();
  return unstable ? std::min(*unstable, high_watermark_) : high_watermark_;
}

void Partition::set_options(PartitionOptions options) {
  log_->set_options(std::make_shared<const storage::LogOptions>(options.log));
  options_ = std::move(options);
  // A smaller min.insync.replicas may be all that held the high watermark back.
  if (is_leader_) advance_high_watermark();
}

wire::Status Partition::replace_log(const std::function<Result<storage::Log*>()>& swap) {
  // What is gathered stays so: the copy has it, and who waits is answered at the turn's end.  An
  // answer could append to the log that goes.
  ++log_generation_;  // who waits for the old one's sync is told, and must not believe it
  sync_requested_ = false;
  const Result<storage::Log*> log = swap();
  if (!log.ok()) {
    close(log.error().code);
    return log.error();
  }
  log_ = *log;
  // An epoch without a record yet is in no batch that was copied.
  if (is_leader_) {
    if (auto status = log_->assign_epoch(leader_epoch_); !status.ok()) return status;
  }
  advance_high_watermark();
  return {};
}

wire::Status Partition::lead(const metadata::PartitionImage& image) {
  write_gathered();
  const bool new_epoch = !is_leader_ || image.leader_epoch > leader_epoch_;
  isr_ = image.isr;
  replica_count_ = image.replicas.size();
  // An image that says RECOVERING (the leader was elected uncleanly, as the last one known) asks
  // for nothing: as with Apache the leader counts itself recovered, and the metadata says so with
  // the next AlterPartition.
  if (new_epoch) {
    leader_epoch_ = image.leader_epoch;
    leader_epoch_start_ = log_->log_end_offset();
    is_leader_ = true;
    settling_ = false;
    std::vector<wire::NodeId> followers;
    for (const wire::NodeId replica : image.replicas) {
      if (replica != services_.node_id) followers.push_back(replica);
    }
    followers_.reset(followers);
    if (auto status = log_->assign_epoch(leader_epoch_); !status.ok()) return status;
    unseen_.clear();
    if (log_->log_end_offset() > high_watermark_) unseen_.push_back({log_->log_end_offset(), 1});
    // What the last process left in the page cache.  After a crash there may be hundreds of these.
    if (services_.sync_queue != nullptr) {
      services_.sync_queue->sync(
          *log_,
          [weak = weak_from_this()](wire::Status) {
            if (const auto self = weak.lock()) self->advance_high_watermark();
          },
          storage::SyncQueue::Urgency::kWhenIdle);
    }
  }
  advance_high_watermark();
  return {};
}

void Partition::follow(const metadata::PartitionImage& image) {
  leader_epoch_ = image.leader_epoch;
  replica_count_ = image.replicas.size();
  // By who was in sync until now: of a broker that leaves the image says that it is not.
  stop_leading(image.leader != wire::kNoNode);
  if (!settling_) isr_ = image.isr;
}

void Partition::resign() {
  closed_ = ErrorCode::kNotLeaderOrFollower;
  stop_leading(false);
}

void Partition::stop_leading(bool others_lead) {
  // First, so that no answer appends more.
  const bool was_leader = std::exchange(is_leader_, false);
  settling_ = settling_ || was_leader;
  write_gathered();
  const bool is_last_in_sync = isr_.size() == 1 && isr_.front() == services_.node_id;
  if (others_lead || !is_last_in_sync) {
    settling_ = false;
    return fail_waiting(ErrorCode::kNotLeaderOrFollower);
  }
  if (was_leader) settling_ = !produces_.empty();
  lose_watchers();
}

void Partition::close(ErrorCode why) {
  closed_ = why;
  settling_ = std::exchange(is_leader_, false) || settling_;
  write_gathered();  // the log may be gone when the turn ends
  settling_ = false;
  fail_waiting(why);
}

ErrorCode Partition::check_leader(wire::Epoch current_leader_epoch) const {
  if (closed_ != ErrorCode::kNone) return closed_;
  if (current_leader_epoch != wire::kNoEpoch) {
    if (current_leader_epoch < leader_epoch_) return ErrorCode::kFencedLeaderEpoch;
    if (current_leader_epoch > leader_epoch_) return ErrorCode::kUnknownLeaderEpoch;
  }
  return is_leader_ ? ErrorCode::kNone : ErrorCode::kNotLeaderOrFollower;
}

wire::ValidationOptions Partition::validation_options(const AppendRequest& request) const {
  wire::ValidationOptions options;
  options.topic = name_.topic;
  options.partition = name_.partition;
  options.produce_version = request.produce_version;
  options.max_message_bytes = static_cast<int32_t>(options_.log.max_message_bytes);
  options.compacted = options_.log.compact;
  options.timestamp_type = options_.log.log_append_time ? wire::TimestampType::kLogAppendTime
                                                        : wire::TimestampType::kCreateTime;
  options.timestamp_before_max_ms = options_.timestamp_before_max_ms;
  options.timestamp_after_max_ms = options_.timestamp_after_max_ms;
  options.target_compression = options_.target_compression;
  options.inflate_limit = options_.inflate_limit;
  options.now = services_.clock.wall_ms();
  return options;
}

size_t Partition::min_insync() const {
  return std::min(static_cast<size_t>(std::max(options_.min_insync_replicas, 0)), replica_count_);
}

void Partition::append(wire::Bytes records, const AppendRequest& request,
                       wire::Callback<void(AppendOutcome)> done) {
  AppendOutcome outcome;
  ++traffic_.produces;
  ++services_.traffic.produces;
  const auto refuse = [&](ErrorCode code, std::string message) {
    ++traffic_.failed_produces;
    ++services_.traffic.failed_produces;
    outcome.error = code;
    outcome.message = std::move(message);
    done(std::move(outcome));
  };
  if (const ErrorCode code = check_leader(wire::kNoEpoch); code != ErrorCode::kNone)
    return refuse(code, {});
  outcome.log_start_offset = log_->log_start_offset();
  if (request.required_acks == -1 && below_min_insync()) {
    return refuse(ErrorCode::kNotEnoughReplicas, too_few_in_sync());
  }
  const bool is_message_set = request.produce_version < wire::kFirstProduceVersionOfBatches;
  wire::ProducePlan plan =
      is_message_set
          ? wire::validate_produced_message_set(std::move(records), validation_options(request))
          : wire::validate_produced_batch(std::move(records), validation_options(request));
  if (!plan.ok()) {
    outcome.record_errors = std::move(plan.refused.record_errors);
    return refuse(plan.refused.code, std::move(plan.refused.message));
  }
  if (is_message_set && plan.accepted->batch.empty()) return done(std::move(outcome));
  const wire::TimestampMs log_append_time = plan.accepted->log_append_time;
  const auto appended = append_to_log(std::move(plan.accepted->batch), {.guard = request.guard});
  if (!appended.ok()) return refuse(appended.error().code, appended.error().detail);

  outcome.base_offset = appended->first_offset;
  outcome.last_offset = appended->last_offset;
  outcome.log_append_time_ms = appended->duplicate ? appended->log_append_time : log_append_time;
  if (request.required_acks != -1) return answer_written(std::move(outcome), std::move(done));
  answer_acks_all(request, std::move(outcome), std::move(done));
}

std::string Partition::too_few_in_sync() const {
  return "The size of the current ISR " + std::to_string(isr_.size()) +
         " is insufficient to satisfy the min.isr requirement of " + std::to_string(min_insync()) +
         " for partition " + name_.to_string();
}

void Partition::answer_acks_all(const AppendRequest& request, AppendOutcome outcome,
                                wire::Callback<void(AppendOutcome)> done) {
  if (high_watermark_ > outcome.last_offset) return done(std::move(outcome));
  wait_for_replicas(request, std::move(outcome), std::move(done));
}

void Partition::append_marker(const wire::EndTransactionMarker& marker, int16_t transaction_version,
                              wire::DurationMs timeout_ms,
                              wire::Callback<void(AppendOutcome)> done) {
  AppendOutcome outcome;
  auto appended = [&]() -> Result<storage::AppendInfo> {
    if (const ErrorCode code = check_leader(wire::kNoEpoch); code != ErrorCode::kNone)
      return Error{code, {}};
    if (below_min_insync()) return Error{ErrorCode::kNotEnoughReplicas, too_few_in_sync()};
    const auto timestamp_type = options_.log.log_append_time ? wire::TimestampType::kLogAppendTime
                                                             : wire::TimestampType::kCreateTime;
    return append_to_log(wire::build_end_transaction_batch(marker, services_.clock.wall_ms(), 0,
                                                           wire::kNoEpoch, timestamp_type),
                         {.origin = storage::AppendOrigin::kCoordinator,
                          .transaction_version = transaction_version});
  }();
  if (!appended.ok()) {
    outcome.error = appended.error().code;
    outcome.message = std::move(appended).error().detail;
    return done(std::move(outcome));
  }
  outcome.base_offset = appended->first_offset;
  outcome.last_offset = appended->last_offset;
  answer_acks_all({.timeout_ms = timeout_ms}, std::move(outcome), std::move(done));
}

Result<storage::VerificationGuard> Partition::begin_verification(
    wire::ProducerId producer_id, const storage::VerifiedBatch& batch) {
  if (const ErrorCode code = check_leader(wire::kNoEpoch); code != ErrorCode::kNone)
    return Error{code, {}};
  return log_->begin_verification(producer_id, batch);
}

Result<storage::AppendInfo> Partition::append_as_coordinator(wire::Epoch epoch, wire::Bytes batch,
                                                             const storage::AppendRules& rules) {
  const ErrorCode code = check_leader(wire::kNoEpoch);
  if (code != ErrorCode::kNone) return Error{code, {}};
  if (epoch != leader_epoch_)
    return Error{ErrorCode::kNotLeaderOrFollower, "the coordinator's epoch is over"};
  if (below_min_insync()) return Error{ErrorCode::kNotEnoughReplicas, "too few replicas in sync"};
  if (static_cast<int64_t>(batch.size()) > options_.log.max_message_bytes) {
    return Error{ErrorCode::kMessageTooLarge,
                 "a coordinator's batch of " + std::to_string(batch.size()) + " bytes"};
  }
  return append_to_log(std::move(batch), rules);
}

Result<storage::AppendInfo> Partition::append_to_log(wire::Bytes batch,
                                                     storage::AppendRules rules) {
  const size_t bytes = batch.size();
  rules.gather = services_.gathered != nullptr;
  auto appended = log_->append_as_leader(std::move(batch), leader_epoch_, rules);
  if (!appended.ok() || appended->duplicate) return appended;
  const auto messages = static_cast<uint64_t>(appended->last_offset - appended->first_offset + 1);
  for (Traffic* const traffic : {&traffic_, &services_.traffic}) {
    traffic->messages_in += messages;
    traffic->bytes_in += bytes;
  }
  unseen_.push_back({appended->last_offset + 1, bytes});
  if (rules.gather) {
    write_at_turn_end();
  } else {
    after_write();
  }
  return appended;
}

void Partition::count_fetch(size_t bytes, bool refused) {
  for (Traffic* const traffic : {&traffic_, &services_.traffic}) {
    ++traffic->fetches;
    traffic->bytes_out += bytes;
    if (refused) ++traffic->failed_fetches;
  }
}

void Partition::answer_written(AppendOutcome outcome, wire::Callback<void(AppendOutcome)> done) {
  if (services_.gathered == nullptr) return done(std::move(outcome));
  // A duplicate of this very turn is no more written than the first.
  gathered_.push_back({std::move(outcome), std::move(done)});
  write_at_turn_end();
}

void Partition::write_at_turn_end() {
  if (std::exchange(write_is_due_, true)) return;
  services_.gathered->add(shared_from_this());
}

void Partition::write_gathered() {
  if (!std::exchange(write_is_due_, false)) return;
  const wire::Status written = log_->write_gathered();
  if (written.ok()) after_write();
  auto produces = std::exchange(gathered_, {});
  for (GatheredProduce& produce : produces) {
    if (!written.ok()) {
      ++traffic_.failed_produces;
      ++services_.traffic.failed_produces;
      produce.outcome.error = written.error().code;
      produce.outcome.message = written.error().detail;
    }
    produce.done(std::move(produce.outcome));
  }
  produces.clear();
  if (gathered_.empty()) gathered_ = std::move(produces);  // for its memory
}

void Partition::after_write() {
  if (services_.sync_queue != nullptr) {
    request_sync();
  } else {
    advance_high_watermark();
  }
}

void Partition::request_sync() {
  if (sync_requested_) return;
  sync_requested_ = true;
  services_.sync_queue->sync(
      *log_, [weak = weak_from_this(), generation = log_generation_](wire::Status status) {
        const auto self = weak.lock();
        if (!self || self->log_generation_ != generation) return;
        self->sync_requested_ = false;
        if (!status.ok()) return self->close(status.error().code);
        self->advance_high_watermark();
        const bool needed = self->is_leader_ || self->settling_;
        if (needed && self->log_->flushed_offset() < self->log_->log_end_offset())
          self->request_sync();
      });
}

void Partition::advance_high_watermark() {
  // KIP-966: below min.insync.replicas nothing new becomes visible.
  if ((!is_leader_ && !settling_) || below_min_insync()) return;
  const Offset durable_end =
      services_.sync_queue != nullptr ? log_->flushed_offset() : log_->written_offset();
  const Offset mark =
      followers_.high_watermark(durable_end, isr_, services_.node_id,
                                services_.clock.monotonic_ms(), services_.replica_lag_time_max_ms);
  if (mark <= high_watermark_) return;
  high_watermark_ = mark;
  log_->note_high_watermark(mark);

  size_t bytes = 0;
  while (!unseen_.empty() && unseen_.front().end_offset <= mark)
    bytes += unseen_.take_front().bytes;
  complete_produces();
  settling_ = settling_ && !produces_.empty();
  if (!is_leader_) return;
  if (services_.observer != nullptr) services_.observer->on_high_watermark(*this);
  if (watchers_.empty()) return;
  // Waking a fetch removes it from the list.
  const auto watchers = watchers_;
  for (const auto& fetch : watchers) fetch->on_visible(bytes);
}

void Partition::wait_for_replicas(const AppendRequest& request, AppendOutcome outcome,
                                  wire::Callback<void(AppendOutcome)> done) {
  const Offset required = outcome.last_offset + 1;
  const wire::DurationMs deadline =
      services_.clock.monotonic_ms() + std::max<wire::DurationMs>(request.timeout_ms, 0);
  // A retry of an older batch may ask for less than its predecessors: keep the order.
  auto at = produces_.end();
  while (at != produces_.begin() && std::prev(at)->required_offset > required) --at;
  produces_.insert(at, {required, deadline, std::move(outcome), std::move(done)});
  if (produce_timer_ == kNoTimer) arm_produce_timer();
}

void Partition::complete_produces() {
  while (!produces_.empty() && produces_.front().required_offset <= high_watermark_) {
    WaitingProduce produce = produces_.take_front();
    if (below_min_insync()) produce.outcome.error = ErrorCode::kNotEnoughReplicasAfterAppend;
    produce.done(std::move(produce.outcome));
  }
}

void Partition::arm_produce_timer() {
  if (produces_.empty()) return;
  wire::DurationMs deadline = produces_.front().deadline_ms;
  for (const WaitingProduce& produce : produces_)
    deadline = std::min(deadline, produce.deadline_ms);
  const wire::DurationMs delay =
      std::max<wire::DurationMs>(deadline - services_.clock.monotonic_ms(), 0);
  produce_timer_ = services_.timers.schedule(delay, [this] {
    produce_timer_ = kNoTimer;
    expire_produces();
  });
}

void Partition::expire_produces() {
  const wire::DurationMs now = services_.clock.monotonic_ms();
  std::vector<WaitingProduce> expired;
  for (auto at = produces_.begin(); at != produces_.end();) {
    if (at->deadline_ms > now) {
      ++at;
      continue;
    }
    expired.push_back(std::move(*at));
    at = produces_.erase(at);
  }
  arm_produce_timer();
  for (WaitingProduce& produce : expired) {
    produce.outcome.error = ErrorCode::kRequestTimedOut;
    produce.done(std::move(produce.outcome));
  }
}

void Partition::fail_waiting(ErrorCode why) {
  auto produces = std::exchange(produces_, {});
  services_.timers.cancel(std::exchange(produce_timer_, kNoTimer));
  for (WaitingProduce& produce : produces) {
    produce.outcome.error = why;
    produce.done(std::move(produce.outcome));
  }
  lose_watchers();
}

void Partition::lose_watchers() {
  const auto watchers = watchers_;
  for (const auto& fetch : watchers) fetch->on_partition_lost();
}

void Partition::unwatch(const ParkedFetch& fetch) {
  std::erase_if(watchers_, [&fetch](const auto& watcher) { return watcher.get() == &fetch; });
}

}  // namespace cluster::replica
