// LogDirectories: checkpoints, retention and the end.
#include <algorithm>
#include <utility>

#include "storage/log_directories.h"
#include "storage/log_directories_state.h"
#include "wire/base/log.h"

namespace storage {

namespace {

constexpr unsigned kCheckpointsOfEverything = 60;
// So many dirty logs are synced each second, whatever they hold; of more, small ones take turns.  A
// sync costs as much as dozens of small produce requests.
constexpr size_t kDirtyLogsMax = 64;
constexpr size_t kTurns = 5;

struct Checkpoints {
  OffsetCheckpoint recovery_points;
  OffsetCheckpoint log_starts;
  OffsetCheckpoint high_watermarks;

  wire::Status write(FileSystem& files, const std::string& directory) const {
    return write_all(directory, [&](const std::string& path, const OffsetCheckpoint& offsets) {
      return write_offset_checkpoint(files, path, offsets);
    });
  }
  // From the disk pool: by way of other names, because the shard may be in write() at the same moment.
  wire::Status write_aside(FileSystem& files, const std::string& directory) const {
    return write_all(directory, [&](const std::string& path, const OffsetCheckpoint& offsets) {
      const std::string aside = path + ".pending";
      if (auto status = write_offset_checkpoint(files, aside, offsets); !status) return status;
      if (auto status = files.rename(aside, path); !status) return status;
      return files.sync_directory(directory);
    });
  }

 private:
  template <typename Write>
  wire::Status write_all(const std::string& directory, Write write_one) const {
    if (auto status = write_one(join_path(directory, kRecoveryPointFile), recovery_points); !status)
      return status;
    if (auto status = write_one(join_path(directory, kLogStartOffsetFile), log_starts); !status)
      return status;
    return write_one(join_path(directory, kHighWatermarkFile), high_watermarks);
  }
};

uint64_t mix(uint64_t state, uint64_t value) {
  return (state ^ value) * 0x9E3779B97F4A7C15 + (state >> 29);
}

}  // namespace

// Collects what the logs of a directory have to say; the number changes when any of it does.
class LogDirectories::Collector {
 public:
  Collector(const LogDirectories& owner, const LogDirectory& directory)
      : owner_(owner), directory_(directory) {}

  uint64_t fingerprint() const {
    uint64_t all = 1;
    for (const auto& [name, log] : owner_.logs_) {
      if (&log->directory() != &directory_) continue;
      uint64_t one = reinterpret_cast<uintptr_t>(log.get());
      one = mix(one, static_cast<uint64_t>(log->recovery_point()));
      one = mix(one, static_cast<uint64_t>(log->log_start_offset()));
      one = mix(one, static_cast<uint64_t>(log->noted_high_watermark()));
      all += one;  // in any order
    }
    return all;
  }

  Checkpoints collect() const {
    Checkpoints result;
    for (const auto& [name, log] : owner_.logs_) {
      if (&log->directory() != &directory_) continue;
      result.recovery_points[name] = log->recovery_point();
      result.high_watermarks[name] = log->noted_high_watermark();
      if (log->log_start_offset() > log->first_segment_base_offset()) {
        result.log_starts[name] = log->log_start_offset();
      }
    }
    return result;
  }

 private:
  const LogDirectories& owner_;
  const LogDirectory& directory_;
};

LogDirectories::State& LogDirectories::state_of(const LogDirectory& directory) const {
  const auto found = std::find_if(states_.begin(), states_.end(), [&](const auto& state) {
    return state->directory == &directory;
  });
  CHECK(found != states_.end());
  return **found;
}

wire::Status LogDirectories::persist(State& state) {
  const Collector collector(*this, *state.directory);
  state.write_again = state.writing;
  auto status = collector.collect().write(services_.files, state.directory->path());
  if (status && !state.writing) state.removed.clear();
  return status;
}

bool LogDirectories::tend(Log& log, bool even_at_rest) {
  if (!even_at_rest && !log.is_astir()) return false;
  log.sweep();
  if (!log.needs_checkpoint()) return true;
  ++dirty_;
  if (log.needs_checkpoint_soon() || has_its_turn(log)) sync_queue_->checkpoint(log);
  return true;
}

bool LogDirectories::has_its_turn(const Log& log) const {
  if (dirty_before_ <= kDirtyLogsMax) return true;
  const size_t place = std::hash<std::string>()(log.name().topic) +
                       static_cast<size_t>(log.name().partition) + checkpoints_;
  return place % kTurns == 0;
}

void LogDirectories::checkpoint() {
  // Of thousands of partitions most rest: those cost a look at a flag, and everything once a minute.
  const bool everything = checkpoints_++ % kCheckpointsOfEverything == 0;
  dirty_before_ = std::exchange(dirty_, 0);
  const LogDirectory* last_astir = nullptr;
  for (const auto& [name, log] : logs_) {
    if (!tend(*log, everything) || &log->directory() == last_astir) continue;
    last_astir = &log->directory();
    state_of(*last_astir).may_differ = true;
  }
  for (const auto& [name, copy] : futures_) tend(*copy, everything);
  for (const auto& state : states_) {
    if (state->directory->online()) write_checkpoints(*state);
  }
  remove_due_directories();
}

void LogDirectories::write_checkpoints(State& state) {
  if (state.writing || !(state.may_differ || !state.removed.empty() || state.write_again)) return;
  state.may_differ = false;
  const Collector collector(*this, *state.directory);
  const uint64_t fingerprint = collector.fingerprint();
  if (fingerprint == state.fingerprint && state.removed.empty() && !state.write_again) return;
  struct Job {
    Checkpoints checkpoints;
    std::string path;
    std::set<TopicPartition> removed;
    wire::Status status;
  };
  auto job = std::make_shared<Job>();
  job->checkpoints = collector.collect();
  job->path = state.directory->path();
  job->removed = state.removed;
  state.writing = true;
  state.write_again = false;
  services_.disk.run(
      [job, &files = services_.files] {
        job->status = job->checkpoints.write_aside(files, job->path);
      },
      [this, job, &state, fingerprint, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        state.writing = false;
        if (!job->status) {
          state.directory->fail(job->status.error());
          return;
        }
        state.fingerprint = fingerprint;
        for (const TopicPartition& name : job->removed) state.removed.erase(name);
        if (!state.write_again) return;
        state.write_again = false;
        if (auto status = persist(state); !status) state.directory->fail(status.error());
      });
}

void LogDirectories::remove_due_directories() {
  const wire::DurationMs now = services_.clock.monotonic_ms();
  for (Removal& removal : removals_) {
    if (removal.due_ms > now) continue;
    services_.removal_disk().run(
        [&files = services_.files, path = std::move(removal.path)] {
          // A leftover is found, and removed, at the next start.
          if (auto status = remove_tree(files, path); !status) {
            wire::log::warn("{}", status.error().detail);
          }
        },
        [] {});
    removal.path.clear();
  }
  std::erase_if(removals_, [](const Removal& removal) { return removal.path.empty(); });
}

void LogDirectories::apply_retention() {
  for (const auto& [name, log] : logs_) {
    if (!log->directory().online()) continue;
    if (cleaner_ && cleaner_->is_compacting(*log)) continue;
    if (auto deleted = log->apply_retention(); !deleted) {
      wire::log::error("retention of {}: {}", name.to_string(), deleted.error().detail);
    }
  }
}

wire::Status LogDirectories::shut_down(int64_t broker_epoch) {
  wire::Status result;
  // Copies are recovered by reading them: nothing is promised of them.
  for (const auto& [name, copy] : futures_) sync_queue_->forget(*copy);
  futures_.clear();
  for (const auto& [name, log] : logs_) {
    // A round of syncs may still be under way.
    sync_queue_->forget(*log);
    if (auto status = log->close(); !status && result.ok()) result = status;
  }
  for (const auto& state : states_) {
    const std::string& path = state->directory->path();
    if (!state->directory->online()) continue;
    auto status = persist(*state);
    if (status) {
      status = replace_file(services_.files, join_path(path, kCleanShutdownFile),
                            wire::Bytes::adopt(to_clean_shutdown_text(broker_epoch)));
    }
    if (!status && result.ok()) result = status;
  }
  logs_.clear();
  return result;
}

}  // namespace storage
