#include "cluster/replica/replica_moves.h"

#include <utility>
#include <vector>

#include "wire/base/log.h"

namespace cluster::replica {

using wire::ErrorCode;

namespace {

// A turn of the loop: about half a millisecond of the shard.
constexpr int64_t kPieceBytes = 512 * 1024;
// The last turn copies what came during the sync before it, however fast producers are.
constexpr int kLastPieces = 32;

}  // namespace

ReplicaMoves::~ReplicaMoves() {
  for (const auto& [name, move] : moves_) timers_.cancel(move->timer);
}

ErrorCode ReplicaMoves::begin(const std::shared_ptr<Partition>& partition,
                              storage::LogDirectory& directory) {
  const storage::TopicPartition& name = partition->name();
  const storage::Log* const copy = directories_.future(name);
  if (copy != nullptr && &copy->directory() == &directory) return ErrorCode::kNone;
  cancel(name);
  if (&partition->log().directory() == &directory) return ErrorCode::kNone;
  if (auto created = directories_.create_future(name, directory); !created.ok())
    return created.error().code;
  wire::log::info("moving {} from {} to {}", name.to_string(), partition->log().directory().path(),
                  directory.path());
  const auto move = std::make_shared<Move>();
  move->partition = partition;
  moves_[name] = move;
  step_later(*move);
  return ErrorCode::kNone;
}

void ReplicaMoves::resume(const std::shared_ptr<Partition>& partition) {
  const storage::Log& log = partition->log();
  const auto copy = directories_.resume_future(
      partition->name(), std::make_shared<const storage::LogOptions>(log.options()));
  if (!copy.ok()) {
    wire::log::error("the move of {} cannot go on: {}", partition->name().to_string(),
                     copy.error().detail);
    return;
  }
  if (*copy == nullptr) return;
  wire::log::info("going on with the move of {} to {}, from offset {} on",
                  partition->name().to_string(), (*copy)->directory().path(),
                  (*copy)->log_end_offset());
  const auto move = std::make_shared<Move>();
  move->partition = partition;
  moves_[partition->name()] = move;
  step_later(*move);
}

void ReplicaMoves::cancel(const storage::TopicPartition& name) {
  const auto found = moves_.find(name);
  if (found == moves_.end()) return;
  timers_.cancel(found->second->timer);
  moves_.erase(found);
  if (auto discarded = directories_.discard_future(name); !discarded.ok())
    wire::log::warn("{}", discarded.error().detail);
}

void ReplicaMoves::on_directory_failed(const storage::LogDirectory& directory) {
  std::vector<storage::TopicPartition> lost;
  for (const auto& [name, move] : moves_) {
    const storage::Log* const copy = directories_.future(name);
    if (&move->partition->log().directory() == &directory ||
        (copy != nullptr && &copy->directory() == &directory)) {
      lost.push_back(name);
    }
  }
  for (const auto& name : lost) {
    wire::log::warn("the move of {} between log directories is off: {} has failed",
                    name.to_string(), directory.path());
    cancel(name);
  }
}

bool ReplicaMoves::is_current(const std::shared_ptr<Move>& move) const {
  const auto found = moves_.find(move->partition->name());
  return found != moves_.end() && found->second == move;
}

void ReplicaMoves::step_later(Move& move) {
  const auto found = moves_.find(move.partition->name());
  if (move.timer != kNoTimer || found == moves_.end()) return;
  move.timer = timers_.schedule(0, [this, self = found->second] {
    self->timer = kNoTimer;
    step(self);
  });
}

void ReplicaMoves::step(const std::shared_ptr<Move>& move) {
  const storage::TopicPartition& name = move->partition->name();
  storage::Log* const copied = directories_.future(name);
  if (copied == nullptr) return;
  const auto is_behind = [&] {
    return copied->log_end_offset() != move->partition->log().log_end_offset();
  };
  for (int pieces = move->synced ? kLastPieces : 1; pieces > 0 && is_behind(); --pieces) {
    if (auto status = directories_.copy_to_future(name, kPieceBytes); !status.ok())
      return give_up(*move, status.error());
  }
  if (is_behind()) {
    move->synced = false;
    return step_later(*move);
  }
  switch (move->assignment) {
    case Move::Assignment::kNotAsked:
      return assign(move, *copied);
    case Move::Assignment::kAsked:
      return;  // goes on with the answer
    case Move::Assignment::kDone:
      break;
  }
  // What the pool syncs the shard need not.
  if (!move->synced) return sync(move, *copied);
  promote(*move);
}

void ReplicaMoves::assign(const std::shared_ptr<Move>& move, const storage::Log& copy) {
  if (assignments_ == nullptr) {
    move->assignment = Move::Assignment::kDone;
    return step_later(*move);
  }
  move->assignment = Move::Assignment::kAsked;
  const Partition& partition = *move->partition;
  assignments_->assign(partition.topic_id(), partition.name().partition, copy.directory().id(),
                       [this, move, alive = std::weak_ptr(alive_)] {
                         if (alive.expired() || !is_current(move)) return;
                         move->assignment = Move::Assignment::kDone;
                         step_later(*move);
                       });
}

void ReplicaMoves::sync(const std::shared_ptr<Move>& move, storage::Log& copy) {
  directories_.sync_queue().sync(copy,
                                 [this, move, alive = std::weak_ptr(alive_)](wire::Status status) {
                                   if (!status.ok() || alive.expired() || !is_current(move)) return;
                                   move->synced = true;
                                   step_later(*move);
                                 });
}

void ReplicaMoves::promote(Move& move) {
  const std::shared_ptr<Partition> partition = move.partition;
  const storage::TopicPartition name = partition->name();
  moves_.erase(name);
  const wire::Status replaced =
      partition->replace_log([&] { return directories_.promote_future(name); });
  if (!replaced.ok()) {
    wire::log::error("{} could not be moved: {}", name.to_string(), replaced.error().detail);
    return;
  }
  wire::log::info("{} is now in {}", name.to_string(), partition->log().directory().path());
}

void ReplicaMoves::give_up(const Move& move, const wire::Error& why) {
  const storage::TopicPartition name = move.partition->name();
  wire::log::error("{} stays where it is: {}", name.to_string(), why.detail);
  cancel(name);
}

}  // namespace cluster::replica
