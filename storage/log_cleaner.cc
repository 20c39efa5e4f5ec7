#include "storage/log_cleaner.h"

#include <algorithm>
#include <utility>

#include "storage/checkpoints.h"
#include "storage/log_directories.h"
#include "wire/base/log.h"

namespace storage {

// One log that is being compacted.
struct LogCleaner::Run {
  Run(Log& of, std::unique_ptr<Compaction> by, wire::DurationMs now)
      : log(&of), compaction(std::move(by)), started_ms(now) {}

  Log* log;  // null once forgotten
  std::unique_ptr<Compaction> compaction;
  wire::DurationMs started_ms;
};

LogCleaner::LogCleaner(StorageServices& services, LogDirectories& directories, Ports ports)
    : services_(services), directories_(directories), ports_(std::move(ports)) {}

LogCleaner::~LogCleaner() = default;

void LogCleaner::start() {
  look();
}

void LogCleaner::stop() {
  stopped_ = true;
  for (const auto& [log, run] : running_) run->compaction->abandon(*run->log);
  running_.clear();
}

void LogCleaner::forget(Log& log) {
  uncleanable_.erase(&log);
  const auto run = running_.find(&log);
  if (run == running_.end()) return;
  // Its turn ends by itself, and what it wrote goes with the log.
  run->second->log = nullptr;
  running_.erase(run);
}

void LogCleaner::look() {
  if (stopped_) return;
  options_ = ports_.options();
  while (static_cast<int>(running_.size()) < options_.threads) {
    Cleanable what;
    Log* log = choose(what);
    if (log == nullptr) break;
    begin(*log, what);
  }
  apply_retention();
  if (static_cast<int>(running_.size()) < options_.threads || options_.threads == 0) look_later();
}

void LogCleaner::look_later() {
  if (std::exchange(look_scheduled_, true)) return;
  ports_.schedule(options_.backoff_ms, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    look_scheduled_ = false;
    look();
  });
}

Log* LogCleaner::choose(Cleanable& what) {
  Log* dirtiest = nullptr;
  for (Log* log : directories_.logs()) {
    if (!log->options().compact || !log->directory().online() || is_compacting(*log) ||
        is_uncleanable(*log)) {
      continue;
    }
    const auto found = log->cleanable();
    if (!found) {
      give_up(*log, found.error());
      continue;
    }
    const bool worth_it = (found->overdue && found->dirty_bytes > 0) ||
                          found->dirty_ratio() > log->options().min_cleanable_dirty_ratio;
    if (!worth_it || (dirtiest != nullptr && found->dirty_ratio() <= what.dirty_ratio())) continue;
    dirtiest = log;
    what = *found;
  }
  return dirtiest;
}

void LogCleaner::begin(Log& log, const Cleanable& what) {
  auto plan = log.plan_compaction(what);
  if (!plan) return give_up(log, plan.error());
  const int threads = std::max(options_.threads, 1);
  const CompactionLimits limits{.map_bytes = options_.dedupe_buffer_bytes / threads,
                                .map_load_factor = options_.load_factor,
                                .buffer_bytes = options_.io_buffer_bytes / threads / 2,
                                .inflate_limit = options_.inflate_limit};
  auto compaction = std::make_unique<Compaction>(services_.files, std::move(*plan), limits,
                                                 services_.random.next());
  auto run = std::make_shared<Run>(log, std::move(compaction), services_.clock.monotonic_ms());
  running_[&log] = run;
  turn(run);
}

void LogCleaner::turn(const std::shared_ptr<Run>& run) {
  ports_.disk.run([run] { run->compaction->work(); },
                  [this, run, alive = std::weak_ptr(alive_)] {
                    if (!alive.expired() && !stopped_) after_turn(run);
                  });
}

void LogCleaner::after_turn(const std::shared_ptr<Run>& run) {
  if (run->log == nullptr) return look();
  if (!run->compaction->advance(*run->log)) return finish(run);
  const wire::DurationMs pause = pause_for(run->compaction->turn_bytes());
  if (pause <= 0) return turn(run);
  ports_.schedule(pause, [this, run, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && !stopped_ && run->log != nullptr) turn(run);
  });
}

// What all compactions together may read and write is paid for by waiting.
wire::DurationMs LogCleaner::pause_for(int64_t bytes) {
  const auto now = static_cast<double>(services_.clock.monotonic_ms());
  paid_until_ms_ = std::max(paid_until_ms_, now) +
                   static_cast<double>(bytes) * 1000 / std::max(options_.io_bytes_per_second, 1.0);
  return static_cast<wire::DurationMs>(std::min(paid_until_ms_ - now, 3.6e6));
}

void LogCleaner::finish(const std::shared_ptr<Run>& run) {
  Log& log = *run->log;
  const Compaction& done = *run->compaction;
  running_.erase(&log);
  if (!done.result().ok()) {
    if (log.directory().online()) give_up(log, done.result().error());
    return look_later();
  }
  if (done.interrupted()) return look_later();
  log.note_compacted(done.end_offset());
  const CompactionStats& stats = done.stats();
  wire::log::info(
      "compacted {}, offsets {} to {}: {} of {} bytes and {} of {} records stay, {} keys, {} ms",
      log.name().to_string(), done.start_offset(), done.end_offset(), stats.bytes_written,
      stats.bytes_read, stats.records_written, stats.records_read, stats.keys,
      services_.clock.monotonic_ms() - run->started_ms);
  write_checkpoint(log.directory());
  look();
}

void LogCleaner::give_up(Log& log, const wire::Error& why) {
  wire::log::warn("{} cannot be compacted, and is left alone until the next start: {}",
                  log.name().to_string(), why.detail);
  uncleanable_.insert(&log);
}

void LogCleaner::apply_retention() {
  for (Log* log : directories_.logs()) {
    if (!log->options().compact || !log->directory().online() || is_compacting(*log)) continue;
    if (auto deleted = log->apply_retention(); !deleted) {
      wire::log::error("retention of {}: {}", log->name().to_string(), deleted.error().detail);
    }
  }
}

void LogCleaner::write_checkpoint(LogDirectory& directory) {
  const auto [writing, is_first] = writing_.try_emplace(&directory, false);
  if (!is_first) {
    writing->second = true;
    return;
  }
  OffsetCheckpoint offsets;
  for (const Log* log : directories_.logs()) {
    if (&log->directory() != &directory || !log->compacted_offset()) continue;
    offsets[log->name()] = *log->compacted_offset();
  }
  auto status = std::make_shared<wire::Status>();
  ports_.disk.run(
      [status, offsets = std::move(offsets), &files = services_.files,
       path = join_path(directory.path(), kCleanerOffsetFile)] {
        *status = write_offset_checkpoint(files, path, offsets);
      },
      [this, status, &directory, alive = std::weak_ptr(alive_)] {
        if (alive.expired() || stopped_) return;
        const bool again = writing_.extract(&directory).mapped();
        if (!*status) {
          directory.fail(status->error());
        } else if (again) {
          write_checkpoint(directory);
        }
      });
}

}  // namespace storage
