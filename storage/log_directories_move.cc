// LogDirectories: moves of logs between directories.
//
// What a stop between any two steps of promote_future() leaves:
//
//   log's directory      copy's directory     the next start
//   tweets-0             tweets-0...-future   goes on with the copy
//   tweets-0...-delete   tweets-0...-future   adopts the copy, which was complete
//   tweets-0...-delete   tweets-0             removes what is left of the old
#include <utility>

#include "storage/log_directories.h"
#include "storage/log_directories_state.h"
#include "storage/partition_directory.h"
#include "wire/base/check.h"
#include "wire/base/log.h"
#include "wire/records/record_batch.h"

namespace storage {

wire::Result<Log*> LogDirectories::create_future(const TopicPartition& name,
                                                 LogDirectory& directory) {
  const Log* log = find(name);
  CHECK(log != nullptr && !futures_.contains(name));
  if (!directory.online()) return directory.failure();
  if (const auto found = found_futures_.find(name); found != found_futures_.end()) {
    removals_.push_back({.due_ms = 0, .path = found->second.path});
    found_futures_.erase(found);
  }
  auto copy = Log::open(
      directory,
      {.name = name,
       .path = join_path(directory.path(), renamed_partition_directory(name, kFutureDirectorySuffix,
                                                                       services_.random)),
       .options = std::make_shared<const LogOptions>(log->options()),
       .topic_id = log->topic_id()});
  if (!copy) return directory.fail(copy.error());
  if (auto status = (*copy)->truncate_fully_and_start_at(log->log_start_offset()); !status)
    return status.error();
  return (futures_[name] = std::move(*copy)).get();
}

wire::Result<Log*> LogDirectories::resume_future(const TopicPartition& name,
                                                 std::shared_ptr<const LogOptions> options) {
  const auto found = found_futures_.find(name);
  if (found == found_futures_.end()) return nullptr;
  const FoundFuture future = std::move(found->second);
  found_futures_.erase(found);
  if (!future.directory->online()) return future.directory->failure();
  auto copy =
      Log::open(*future.directory,
                {.name = name, .path = future.path, .options = std::move(options), .topic_id = {}});
  if (!copy) return future.directory->fail(copy.error());
  return (futures_[name] = std::move(*copy)).get();
}

Log* LogDirectories::future(const TopicPartition& name) const {
  const auto found = futures_.find(name);
  return found == futures_.end() ? nullptr : found->second.get();
}

wire::Status LogDirectories::copy_to_future(const TopicPartition& name, int64_t max_bytes) {
  Log& log = *find(name);
  Log& copy = *future(name);
  const wire::Offset end = copy.log_end_offset();
  if (end > log.log_end_offset() || end < log.log_start_offset()) {
    if (auto status = copy.truncate_fully_and_start_at(log.log_start_offset()); !status)
      return status;
  }
  if (copy.log_end_offset() == log.log_end_offset()) return {};
  auto read = log.read({.offset = copy.log_end_offset(), .max_bytes = max_bytes});
  if (!read) return read.error();
  // The log may start within a batch.
  const auto first = wire::RecordBatchView::parse(read->records);
  if (first.ok() && copy.empty() && first->base_offset() < copy.log_end_offset()) {
    if (auto status = copy.truncate_fully_and_start_at(first->base_offset()); !status)
      return status;
  }
  auto appended = copy.append_as_follower(std::move(read->records));
  return appended ? wire::Status() : appended.error();
}

std::vector<TopicPartition> LogDirectories::found_futures() const {
  std::vector<TopicPartition> names;
  names.reserve(found_futures_.size());
  for (const auto& [name, future] : found_futures_) names.push_back(name);
  return names;
}

wire::Status LogDirectories::discard_future(const TopicPartition& name) {
  const auto found = futures_.find(name);
  if (found == futures_.end()) return {};
  const std::unique_ptr<Log> copy = std::move(found->second);
  futures_.erase(found);
  sync_queue_->forget(*copy);
  LogDirectory& directory = copy->directory();
  if (!directory.online()) return directory.failure();
  const std::string path =
      join_path(directory.path(),
                renamed_partition_directory(name, kDeleteDirectorySuffix, services_.random));
  if (auto status = services_.files.rename(copy->path(), path); !status)
    return directory.fail(status.error());
  removals_.push_back({.due_ms = services_.clock.monotonic_ms(), .path = path});
  return {};
}

wire::Result<Log*> LogDirectories::open_promoted(const std::string& path, LogDirectory& directory,
                                                 LogOpen how) {
  // The checkpoints must not speak of an earlier log of this name.
  State& state = state_of(directory);
  if (state.removed.contains(how.name)) {
    if (auto status = persist(state); !status) return directory.fail(status.error());
  }
  how.path = join_path(directory.path(), how.name.to_string());
  wire::Status renamed = services_.files.rename(path, how.path);
  if (renamed) renamed = services_.files.sync_directory(directory.path());
  if (!renamed) return directory.fail(renamed.error());
  const TopicPartition name = how.name;
  auto log = Log::open(directory, std::move(how));
  if (!log) return directory.fail(log.error());
  Log* const opened = (logs_[name] = std::move(*log)).get();
  // A recovery need not read the whole copy again.
  if (auto status = persist(state); !status) return directory.fail(status.error());
  return opened;
}

wire::Result<Log*> LogDirectories::promote_future(const TopicPartition& name) {
  Log* const log = find(name);
  Log* const copy = future(name);
  CHECK(log != nullptr && copy != nullptr);
  CHECK(log->log_end_offset() == copy->log_end_offset());
  LogDirectory& from = log->directory();
  LogDirectory& to = copy->directory();

  copy->note_high_watermark(log->noted_high_watermark());
  if (auto moved = copy->increment_log_start_offset(log->log_start_offset()); !moved) {
    (void)discard_future(name);
    return moved.error();
  }
  sync_queue_->forget(*copy);
  if (auto status = copy->close(); !status) return status.error();
  const std::string path = copy->path();
  const std::optional<wire::Offset> compacted = log->compacted_offset();
  LogOpen how{.name = name,
              .path = {},
              .options = std::make_shared<const LogOptions>(log->options()),
              .topic_id = log->topic_id(),
              .clean_shutdown = true,
              .recovery_point = copy->log_end_offset(),
              .log_start_offset = copy->log_start_offset(),
              .high_watermark = log->noted_high_watermark()};
  futures_.erase(name);

  // From here on the copy is what there is: no power cut may bring the old name back beside it.
  auto old = rename_away(name, kDeleteDirectorySuffix);
  if (!old) return old.error();
  removals_.push_back({.due_ms = services_.clock.monotonic_ms() + how.options->file_delete_delay_ms,
                       .path = std::move(old->path)});
  const wire::Status kept = services_.files.sync_directory(from.path());
  auto promoted = kept ? open_promoted(path, to, std::move(how)) : from.fail(kept.error());
  if (!promoted) {
    orphans_.push_back(std::move(old->log));
    return promoted;
  }
  if (compacted) (*promoted)->note_compacted(*compacted);
  return promoted;
}

wire::Result<Log*> LogDirectories::adopt_future(const TopicPartition& name,
                                                const LogDirectory& directory,
                                                std::shared_ptr<const LogOptions> options) {
  const auto found = found_futures_.find(name);
  if (found == found_futures_.end() || found->second.directory != &directory) return nullptr;
  const FoundFuture future = std::move(found->second);
  found_futures_.erase(found);
  // The process may have ended before the old name was gone from the disk for good.
  for (const auto& each : directories_) {
    if (!each->online()) continue;
    if (auto status = services_.files.sync_directory(each->path()); !status)
      (void)each->fail(status.error());
  }
  if (!future.directory->online()) return future.directory->failure();
  wire::log::warn("{} was being moved to {}, and all of it is there: it goes on from there",
                  name.to_string(), directory.path());
  return open_promoted(future.path, *future.directory,
                       {.name = name, .path = {}, .options = std::move(options), .topic_id = {}});
}

}  // namespace storage
