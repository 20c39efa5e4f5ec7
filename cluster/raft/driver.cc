#include "cluster/raft/driver.h"

#include <utility>

#include "cluster/raft/quorum_state_file.h"
#include "wire/base/check.h"
#include "wire/base/log.h"
#include "wire/records/record_batch.h"
#include "wire/records/record_batch_builder.h"

namespace cluster::raft {
namespace {

// KIP-595: an atomic append is one batch, and no reader takes larger ones.
inline constexpr size_t kAppendBytesMax = size_t{8} << 20;

wire::Error not_controller(const char* why) {
  return {wire::ErrorCode::kNotController, why};
}

}  // namespace

Driver::Driver(storage::StorageServices& services, Transport& transport, Timers& timers,
               DriverOptions options, std::unique_ptr<storage::LogDirectory> directory,
               std::unique_ptr<storage::Log> log, SnapshotStore snapshots, Recovered recovered)
    : services_(services),
      transport_(transport),
      timers_(timers),
      options_(std::move(options)),
      directory_(std::move(directory)),
      log_(std::move(log)),
      snapshots_(std::move(snapshots)),
      core_(options_.quorum, std::move(recovered)) {
  high_watermark_ = core_.high_watermark().value_or(0);
}

Driver::~Driver() {
  timers_.cancel(timer_);
}

Instant Driver::now() const {
  return {services_.clock.monotonic_ms(), services_.clock.wall_ms()};
}

void Driver::start() {
  CHECK(!started_);
  started_ = true;
  step(Tick{});
  begin_sync();
}

void Driver::shut_down(wire::Callback<void()> done) {
  step(ShutDown{});
  if (failed_ || core_.has_handed_over()) return done();
  on_shut_down_ = std::move(done);
  // The others may be gone, too.
  timers_.schedule(options_.quorum.request_timeout_ms,
                   [this, alive = std::weak_ptr(alive_)]() mutable {
                     if (alive.expired() || !on_shut_down_) return;
                     std::exchange(on_shut_down_, nullptr)();
                   });
}

void Driver::resign(wire::Epoch epoch) {
  step(Resign{epoch});
}

wire::Status Driver::can_upgrade_kraft_version(int16_t version) const {
  return core_.can_upgrade_kraft_version(version);
}

wire::Status Driver::upgrade_kraft_version(wire::Epoch epoch, int16_t version) {
  if (epoch != core_.epoch()) return not_controller("the epoch is over");
  if (auto status = core_.can_upgrade_kraft_version(version); !status.ok()) return status;
  step(UpgradeKRaftVersion{version});
  return {};
}

wire::Result<wire::Offset> Driver::append(wire::Epoch epoch, std::span<const wire::Bytes> records) {
  if (failed_) return wire::Error{wire::ErrorCode::kKafkaStorageError, "the log has failed"};
  if (!core_.is_leader() || epoch != core_.epoch()) {
    return not_controller("this node does not lead that epoch");
  }
  CHECK(!records.empty());
  wire::BatchOptions batch;
  batch.base_offset = core_.log().end();
  batch.partition_leader_epoch = epoch;
  wire::RecordBatchBuilder builder(batch);
  const wire::TimestampMs now_ms = services_.clock.wall_ms();
  for (const wire::Bytes& record : records) {
    builder.append(now_ms, std::nullopt, record.view());
  }
  if (builder.plain_size() > kAppendBytesMax) {
    return wire::Error{wire::ErrorCode::kMessageTooLarge,
                       "an atomic metadata change of more than 8 MiB"};
  }
  const wire::Offset last = builder.next_offset() - 1;
  step(Propose{builder.build()});
  return last;
}

metadata::LeaderAndEpoch Driver::leader() const {
  return core_.leader();
}
wire::Offset Driver::end_offset() const {
  return core_.log().end();
}
wire::Offset Driver::high_watermark() const {
  return high_watermark_;
}

// --- Steps -------------------------------------------------------------------------------------

void Driver::step(Event event) {
  if (failed_) return;
  queued_.push_back(core_.step(now(), std::move(event)));
  perform_queued();
  if (on_shut_down_ && core_.has_handed_over()) std::exchange(on_shut_down_, nullptr)();
  arm_timer();
}

void Driver::perform_queued() {
  // What a listener appends while it is told of a commit waits for its turn.
  if (performing_) return;
  performing_ = true;
  while (!queued_.empty() && !storing_vote_ && !failed_) {
    if (queued_.front().store_vote) {
      const Election election = *queued_.front().store_vote;
      queued_.front().store_vote.reset();
      if (!store_vote(election)) break;
    }
    Actions actions = std::move(queued_.front());
    queued_.pop_front();
    perform(std::move(actions));
  }
  performing_ = false;
}

bool Driver::store_vote(const Election& election) {
  if (options_.quorum.planted_bug == PlantedBug::kVoteNotPersisted) return true;
  const std::string path = storage::join_path(log_->path(), kQuorumStateFile);
  const wire::Bytes text =
      wire::Bytes::copy(quorum_state_text(election, core_.kraft_version(), core_.voters()));
  if (!options_.sync) {
    if (auto status = storage::replace_file(services_.files, path, text); !status.ok()) {
      fail(status.error());
      return false;
    }
    return true;
  }
  storing_vote_ = true;
  auto result = std::make_shared<wire::Status>();
  services_.disk.run(
      [result, path, text, files = &services_.files] {
        *result = storage::replace_file(*files, path, text);
      },
      [this, result, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        storing_vote_ = false;
        if (!result->ok()) return fail(result->error());
        perform_queued();
        arm_timer();
      });
  return false;
}

void Driver::perform(Actions actions) {
  write_log(actions);
  if (failed_) return;
  for (const KnownEndpoint& endpoint : actions.endpoints) {
    if (options_.on_endpoint) options_.on_endpoint(endpoint);
  }
  for (Outgoing& outgoing : actions.send) send(std::move(outgoing));
  for (Answer& given : actions.answers) answer(given.call, std::move(given.response));
  for (ServedFetch& served : actions.fetches) serve(std::move(served));
  for (ServedSnapshot& served : actions.snapshots) serve(std::move(served));
  if (actions.commit_to) {
    high_watermark_ = *actions.commit_to;
    log_->note_high_watermark(high_watermark_);
  }
  if (actions.leader) leader_ = *actions.leader;
  if (actions.commit_to || actions.leader) inform_all();
}

void Driver::write_log(Actions& actions) {
  if (actions.truncate_to) {
    ++log_generation_;
    auto truncated = log_->truncate_to(*actions.truncate_to);
    if (!truncated.ok()) return fail(truncated.error());
  }
  if (actions.store_chunk) store_chunk(*actions.store_chunk);
  if (actions.restart_log_at) {
    ++log_generation_;
    const SnapshotId id = *actions.restart_log_at;
    if (auto status = log_->truncate_fully_and_start_at(id.end_offset); !status.ok()) {
      return fail(status.error());
    }
    while (snapshots_.sizes().begin()->first < id) {
      snapshots_.remove(snapshots_.sizes().begin()->first);
    }
  }
  for (wire::Bytes& batches : actions.append) {
    auto appended = log_->append_as_follower(std::move(batches));
    if (!appended.ok()) return fail(appended.error());
  }
  if (!actions.append.empty() || actions.truncate_to || actions.restart_log_at) begin_sync();
}

void Driver::begin_sync() {
  auto work = log_->begin_sync();
  if (!work) {
    // On the disk already, or a sync is under way and will see to the rest when it ends.
    if (!log_->sync_in_progress() && core_.log().flushed() < log_->flushed_offset()) {
      step(LogFlushed{log_->flushed_offset()});
    }
    return;
  }
  if (!options_.sync) {
    work->run();
    return finish_sync(std::move(*work), log_generation_);
  }
  auto shared = std::make_shared<storage::SyncWork>(std::move(*work));
  services_.disk.run([shared] { shared->run(); },
                     [this, shared, generation = log_generation_, alive = std::weak_ptr(alive_)] {
                       if (alive.expired()) return;
                       finish_sync(std::move(*shared), generation);
                     });
}

void Driver::finish_sync(storage::SyncWork work, uint64_t generation) {
  if (auto status = log_->complete_sync(work); !status.ok()) return fail(status.error());
  // A sync begun before a truncation says nothing of what was appended after it.
  if (generation == log_generation_) step(LogFlushed{log_->flushed_offset()});
  if (log_->flushed_offset() < log_->log_end_offset() || generation != log_generation_) {
    begin_sync();
  }
}

void Driver::arm_timer() {
  const wire::DurationMs deadline = failed_ || !started_ ? kNever : core_.next_deadline();
  if (deadline == kNever) {
    timers_.cancel(timer_);
    timer_ = kNoTimer;
    timer_at_ = kNever;
    return;
  }
  // A timer that rings too early costs less than one more in the queue at every step.
  if (timer_ != kNoTimer && timer_at_ <= deadline) return;
  timers_.cancel(timer_);
  timer_at_ = deadline;
  const wire::DurationMs delay = std::max<wire::DurationMs>(0, deadline - now().monotonic_ms);
  timer_ = timers_.schedule(delay, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    timer_ = kNoTimer;
    timer_at_ = kNever;
    step(Tick{});
  });
}

void Driver::fail(const wire::Error& error) {
  if (failed_) return;
  // What the disk holds is unknown now; only a restart, which reads it again, can tell.
  wire::log::error("raft: the metadata log has failed: {}", error.detail);
  failed_ = true;
  queued_.clear();
  replies_.clear();
  timers_.cancel(timer_);
  timer_ = kNoTimer;
  if (options_.on_failure) options_.on_failure(error);
}

// --- Requests and answers ----------------------------------------------------------------------

template <typename RequestT, typename ResponseT>
void Driver::receive(RequestT request, wire::Reply<ResponseT> reply) {
  const CallId call = next_call_++;
  replies_.emplace(call, PendingReply(std::move(reply)));
  step(Receive{call, std::move(request)});
}

void Driver::handle(wire::VoteRequest request, wire::Reply<wire::VoteResponse> reply) {
  receive(std::move(request), std::move(reply));
}
void Driver::handle(wire::BeginQuorumEpochRequest request,
                    wire::Reply<wire::BeginQuorumEpochResponse> reply) {
  receive(std::move(request), std::move(reply));
}
void Driver::handle(wire::EndQuorumEpochRequest request,
                    wire::Reply<wire::EndQuorumEpochResponse> reply) {
  receive(std::move(request), std::move(reply));
}
void Driver::handle(wire::FetchRequest request, wire::Reply<wire::FetchResponse> reply) {
  receive(std::move(request), std::move(reply));
}
void Driver::handle(wire::FetchSnapshotRequest request,
                    wire::Reply<wire::FetchSnapshotResponse> reply) {
  receive(std::move(request), std::move(reply));
}
void Driver::handle(wire::AddRaftVoterRequest request,
                    wire::Reply<wire::AddRaftVoterResponse> reply) {
  receive(std::move(request), std::move(reply));
}
void Driver::handle(wire::RemoveRaftVoterRequest request,
                    wire::Reply<wire::RemoveRaftVoterResponse> reply) {
  receive(std::move(request), std::move(reply));
}
void Driver::handle(wire::UpdateRaftVoterRequest request,
                    wire::Reply<wire::UpdateRaftVoterResponse> reply) {
  receive(std::move(request), std::move(reply));
}
wire::DescribeQuorumResponse Driver::handle(const wire::DescribeQuorumRequest& request) const {
  return core_.describe(now(), request);
}

void Driver::answer(CallId call, Response response) {
  auto found = replies_.find(call);
  if (found == replies_.end()) return;
  PendingReply pending = std::move(found->second);
  replies_.erase(found);
  std::visit(
      [&response]<typename T>(wire::Reply<T>& reply) {
        auto* value = std::get_if<T>(&response);
        CHECK(value != nullptr);
        reply(std::move(*value));
      },
      pending);
}

void Driver::serve(ServedFetch served) {
  auto& partition = served.response.responses[0].partitions[0];
  if (served.offset < log_->log_end_offset()) {
    storage::ReadRequest request;
    request.offset = served.offset;
    request.max_bytes = served.max_bytes;
    auto read = log_->read(request);
    if (read.ok()) {
      partition.records = std::move(read->records);
    } else {
      wire::log::warn("raft: reading at {}: {}", served.offset, read.error().detail);
      partition.error_code = read.error().code;
    }
  }
  answer(served.call, std::move(served.response));
}

void Driver::serve(ServedSnapshot served) {
  auto& partition = served.response.topics[0].partitions[0];
  auto read = snapshots_.read_range(served.id, served.position, served.max_bytes);
  if (read.ok()) {
    partition.unaligned_records = std::move(*read);
  } else {
    wire::log::warn("raft: {}", read.error().detail);
    partition.error_code = wire::ErrorCode::kSnapshotNotFound;
  }
  answer(served.call, std::move(served.response));
}

void Driver::send(Outgoing outgoing) {
  PeerRequest request = std::visit(
      [](auto&& message) -> PeerRequest { return std::forward<decltype(message)>(message); },
      std::move(outgoing.request));
  transport_.send(
      outgoing.to, std::move(request),
      [this, id = outgoing.id, from = outgoing.to,
       alive = std::weak_ptr(alive_)](wire::Result<PeerResponse> result) {
        if (alive.expired()) return;
        if (!result.ok()) return step(Answered{id, from, result.error()});
        std::visit(
            [&](auto&& message) {
              using Message = std::decay_t<decltype(message)>;
              if constexpr (std::is_constructible_v<Response, Message>) {
                step(Answered{id, from, Response(std::forward<decltype(message)>(message))});
              }
            },
            std::move(*result));
      });
}

}  // namespace cluster::raft
