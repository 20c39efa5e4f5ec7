#include "storage/log_directories.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "storage/log_directories_state.h"
#include "storage/partition_directory.h"
#include "wire/base/log.h"

namespace storage {

using wire::ErrorCode;

namespace {

constexpr std::string_view kLockFile = ".lock";
constexpr std::string_view kMetadataLog = "__cluster_metadata-0";
constexpr std::string_view kRemoteIndexCache = "remote-log-index-cache";

// Kafka starts from nothing where such a checkpoint cannot be read: the logs themselves tell what
// is missing.
OffsetCheckpoint read_or_empty(FileSystem& files, const std::string& path) {
  auto offsets = read_offset_checkpoint(files, path);
  if (offsets) return std::move(*offsets);
  wire::log::warn("ignoring a checkpoint: {}", offsets.error().detail);
  return {};
}

}  // namespace

LogDirectories::LogDirectories(StorageServices& services, Options options)
    : services_(services),
      options_(std::move(options)),
      sync_queue_(std::make_unique<SyncQueue>(services.disk)) {}

LogDirectories::~LogDirectories() = default;

wire::Result<std::unique_ptr<LogDirectories>> LogDirectories::open(StorageServices& services,
                                                                   Options options) {
  std::unique_ptr<LogDirectories> result(new LogDirectories(services, std::move(options)));
  for (const std::string& path : result->options_.paths) {
    if (auto status = result->open_directory(path); !status) return status.error();
  }
  std::set<wire::Uuid> ids;
  std::set<int64_t> epochs;
  bool any_online = false;
  for (const auto& state : result->states_) {
    const LogDirectory& directory = *state->directory;
    epochs.insert(directory.online() && state->clean ? state->broker_epoch : -1);
    if (!directory.online()) continue;
    any_online = true;
    if (!ids.insert(directory.id()).second) {
      return wire::Error{ErrorCode::kKafkaStorageError,
                         fmt::format("{} has the directory.id {} of another log directory: one of "
                                     "them is a copy",
                                     directory.path(), directory.id().to_string())};
    }
  }
  if (!any_online) {
    return wire::Error{ErrorCode::kKafkaStorageError, "no log directory can be used"};
  }
  result->previous_broker_epoch_ = epochs.size() == 1 ? *epochs.begin() : -1;
  return result;
}

wire::Status LogDirectories::open_directory(const std::string& path) {
  auto state = std::make_unique<State>();
  wire::Uuid id;
  wire::Status usable = make_durable_directory(services_.files, path);
  if (usable) {
    auto lock = services_.files.lock(join_path(path, kLockFile));
    if (!lock) return lock.error();
    state->lock = std::move(*lock);
    if (auto status = check_meta_properties(path, id); !status) return status;
  }
  directories_.push_back(std::make_unique<LogDirectory>(services_, path, id));
  LogDirectory& directory = *directories_.back();
  state->directory = &directory;
  directory.on_failure([this](LogDirectory& failed) {
    if (failure_listener_) failure_listener_(failed);
  });
  directory.on_recovery_point_lowered([this, raw = state.get()] { return persist(*raw); });
  if (usable) usable = take_clean_shutdown_flag(*state);
  if (!usable) directory.fail(usable.error());
  states_.push_back(std::move(state));
  return {};
}

wire::Status LogDirectories::check_meta_properties(const std::string& path,
                                                   wire::Uuid& directory_id) {
  auto properties = read_meta_properties(services_.files, path);
  if (!properties) return properties.error();
  MetaProperties wanted{
      .cluster_id = options_.cluster_id, .node_id = options_.node_id, .directory_id = {}};
  const std::string file = join_path(path, kMetaPropertiesFile);
  if (*properties) {
    const MetaProperties& found = **properties;
    if (found.cluster_id != wanted.cluster_id) {
      return wire::Error{ErrorCode::kInconsistentClusterId,
                         fmt::format("{} says cluster.id={}, this broker belongs to {}", file,
                                     found.cluster_id, wanted.cluster_id)};
    }
    if (found.node_id != wanted.node_id) {
      return wire::Error{ErrorCode::kKafkaStorageError,
                         fmt::format("{} says node.id={}, this broker is {}", file, found.node_id,
                                     wanted.node_id)};
    }
    wanted.directory_id = found.directory_id;
  }
  const bool complete = wanted.directory_id.has_value();
  if (!complete) wanted.directory_id = wire::Uuid::random(services_.random);
  directory_id = *wanted.directory_id;
  return complete ? wire::Status() : write_meta_properties(services_.files, path, wanted);
}

wire::Status LogDirectories::take_clean_shutdown_flag(State& state) {
  const std::string& path = state.directory->path();
  const std::string flag = join_path(path, kCleanShutdownFile);
  if (!services_.files.exists(flag)) return {};
  const auto text = read_file(services_.files, flag);
  if (!text) return text.error();
  state.clean = true;
  const auto epoch = parse_clean_shutdown(text->view(), flag);
  state.broker_epoch = epoch ? *epoch : -1;
  // Gone from the disk before any log changes: the next start must not believe it.
  if (auto status = services_.files.remove(flag); !status) return status;
  return services_.files.sync_directory(path);
}

wire::Status LogDirectories::load(
    wire::Callback<std::shared_ptr<const LogOptions>(const std::string& topic)> options_of) {
  for (const auto& state : states_) {
    if (!state->directory->online()) continue;
    auto status = load_directory(*state, options_of);
    if (status) continue;
    // What cannot be read now is one directory's trouble; a directory that is not ours stops the
    // start.
    if (status.error().code != ErrorCode::kKafkaStorageError) return status;
    state->directory->fail(status.error());
  }
  const bool any_online = std::any_of(directories_.begin(), directories_.end(),
                                      [](const auto& directory) { return directory->online(); });
  if (!any_online) return directories_.front()->failure();
  return {};
}

wire::Status LogDirectories::load_directory(
    State& state,
    wire::Callback<std::shared_ptr<const LogOptions>(const std::string& topic)>& options_of) {
  const std::string& path = state.directory->path();
  const auto entries = services_.files.list(path);
  if (!entries) return entries.error();
  state.recovery_points = read_or_empty(services_.files, join_path(path, kRecoveryPointFile));
  state.log_starts = read_or_empty(services_.files, join_path(path, kLogStartOffsetFile));
  state.high_watermarks = read_or_empty(services_.files, join_path(path, kHighWatermarkFile));
  state.compacted = read_or_empty(services_.files, join_path(path, kCleanerOffsetFile));
  for (const DirectoryEntry& entry : *entries) {
    if (!entry.is_directory || entry.name == kRemoteIndexCache) continue;
    if (entry.name == kMetadataLog) {
      if (path == options_.metadata_directory) continue;
      return wire::Error{ErrorCode::kInvalidConfig,
                         fmt::format("{} holds a metadata log, but metadata.log.dir is '{}'",
                                     join_path(path, entry.name), options_.metadata_directory)};
    }
    const auto parsed = parse_partition_directory(entry.name);
    if (!parsed) {
      return wire::Error{
          ErrorCode::kInvalidConfig,
          fmt::format("{} is not a partition's directory (topic-partition): a log directory must "
                      "hold nothing else",
                      join_path(path, entry.name))};
    }
    if (parsed->suffix == kDeleteDirectorySuffix) {
      removals_.push_back({.due_ms = 0, .path = join_path(path, entry.name)});
    } else if (parsed->suffix == kFutureDirectorySuffix) {
      const auto [other, is_new] = found_futures_.try_emplace(
          parsed->name, FoundFuture{state.directory, join_path(path, entry.name)});
      // Of two only one can be wanted, and either can be made again.
      if (!is_new) removals_.push_back({.due_ms = 0, .path = join_path(path, entry.name)});
    } else if (!parsed->suffix.empty()) {
      wire::log::warn("leaving {} as it is", join_path(path, entry.name));
    } else {
      if (auto status = load_log(state, parsed->name, options_of(parsed->name.topic)); !status) {
        return status;
      }
    }
  }
  state.recovery_points.clear();
  state.log_starts.clear();
  state.high_watermarks.clear();
  state.compacted.clear();
  return {};
}

wire::Status LogDirectories::load_log(State& state, const TopicPartition& name,
                                      std::shared_ptr<const LogOptions> options) {
  const auto offset_in = [&](const OffsetCheckpoint& offsets) {
    const auto found = offsets.find(name);
    return found == offsets.end() ? wire::Offset{0} : std::max<wire::Offset>(found->second, 0);
  };
  auto& slot = logs_[name];
  if (slot) {
    return wire::Error{ErrorCode::kInvalidConfig,
                       fmt::format("{} is in {} and in {}: remove one of them", name.to_string(),
                                   slot->path(), state.directory->path())};
  }
  auto log =
      Log::open(*state.directory, {.name = name,
                                   .path = join_path(state.directory->path(), name.to_string()),
                                   .options = std::move(options),
                                   .topic_id = {},
                                   .clean_shutdown = state.clean,
                                   .recovery_point = offset_in(state.recovery_points),
                                   .log_start_offset = offset_in(state.log_starts),
                                   .high_watermark = offset_in(state.high_watermarks)});
  if (!log) {
    logs_.erase(name);
    // Bytes that no reader can make sense of are this disk's failure too.
    return wire::Error{ErrorCode::kKafkaStorageError,
                       fmt::format("{}: {}", name.to_string(), log.error().detail)};
  }
  // What recovery found goes to the disk with the next checkpoint: a start must not wait for a sync
  // of each of thousands of logs.  Of so many, though, that the files which recovery holds open
  // would be too many, the rest does now.
  if ((*log)->has_files_to_sync() && ++recovered_logs_ > options_.unsynced_logs_max) {
    if (auto work = (*log)->begin_checkpoint()) {
      work->run();
      if (auto status = (*log)->complete_sync(*work); !status) return status;
    }
  }
  slot = std::move(*log);
  const auto compacted = state.compacted.find(name);
  if (compacted != state.compacted.end()) slot->note_compacted(compacted->second);
  return {};
}

void LogDirectories::start_cleaner(LogCleaner::Ports ports) {
  cleaner_ = std::make_unique<LogCleaner>(services_, *this, std::move(ports));
  cleaner_->start();
}

void LogDirectories::stop_cleaner() {
  if (cleaner_) cleaner_->stop();
}

LogDirectory* LogDirectories::find(wire::Uuid directory_id) const {
  for (const auto& directory : directories_) {
    if (directory->id() == directory_id) return directory.get();
  }
  return nullptr;
}

LogDirectory* LogDirectories::find_path(std::string_view path) const {
  for (const auto& directory : directories_) {
    if (directory->path() == path) return directory.get();
  }
  return nullptr;
}

void LogDirectories::on_directory_failed(wire::Callback<void(LogDirectory&)> listener) {
  failure_listener_ = std::move(listener);
}

wire::Result<Log*> LogDirectories::create(const TopicPartition& name, wire::Uuid topic_id,
                                          std::shared_ptr<const LogOptions> options,
                                          LogDirectory* directory) {
  if (logs_.contains(name)) {
    return wire::Error{ErrorCode::kKafkaStorageError, name.to_string() + " is there already"};
  }
  if (directory == nullptr || !directory->online()) {
    absl::flat_hash_map<const LogDirectory*, size_t> counts;
    for (const auto& [each, log] : logs_) ++counts[&log->directory()];
    directory = nullptr;
    for (const auto& each : directories_) {
      if (!each->online()) continue;
      if (directory == nullptr || counts[each.get()] < counts[directory]) directory = each.get();
    }
  }
  if (directory == nullptr) {
    return wire::Error{ErrorCode::kKafkaStorageError, "no log directory is online"};
  }
  // The checkpoints must not speak of an earlier log of this name.
  State& state = state_of(*directory);
  if (state.removed.contains(name)) {
    if (auto status = persist(state); !status) return directory->fail(status.error());
  }
  auto log = Log::open(*directory, {.name = name,
                                    .path = join_path(directory->path(), name.to_string()),
                                    .options = std::move(options),
                                    .topic_id = topic_id});
  if (!log) return directory->fail(log.error());
  return (logs_[name] = std::move(*log)).get();
}

Log* LogDirectories::find(const TopicPartition& name) const {
  const auto found = logs_.find(name);
  return found == logs_.end() ? nullptr : found->second.get();
}

std::vector<Log*> LogDirectories::logs() const {
  std::vector<Log*> logs;
  logs.reserve(logs_.size());
  for (const auto& [name, log] : logs_) logs.push_back(log.get());
  return logs;
}

wire::Result<LogDirectories::RenamedLog> LogDirectories::rename_away(const TopicPartition& name,
                                                                     std::string_view suffix) {
  const auto found = logs_.find(name);
  if (found == logs_.end()) {
    return wire::Error{ErrorCode::kUnknownTopicOrPartition, name.to_string() + " has no log here"};
  }
  Log& log = *found->second;
  LogDirectory& directory = log.directory();
  sync_queue_->forget(log);
  if (cleaner_) cleaner_->forget(log);
  if (!directory.online()) return directory.failure();
  RenamedLog renamed;
  renamed.path =
      join_path(directory.path(), renamed_partition_directory(name, suffix, services_.random));
  if (auto status = services_.files.rename(log.path(), renamed.path); !status) {
    return directory.fail(status.error());
  }
  state_of(directory).removed.insert(name);
  renamed.log = std::move(found->second);
  logs_.erase(found);
  return renamed;
}

wire::Status LogDirectories::remove(const TopicPartition& name) {
  const Log* log = find(name);
  const wire::DurationMs delay = log == nullptr ? 0 : log->options().file_delete_delay_ms;
  auto renamed = rename_away(name, kDeleteDirectorySuffix);
  if (!renamed) return renamed.error();
  removals_.push_back(
      {.due_ms = services_.clock.monotonic_ms() + delay, .path = std::move(renamed->path)});
  return {};
}

wire::Status LogDirectories::set_aside(const TopicPartition& name) {
  const auto renamed = rename_away(name, kStrayDirectorySuffix);
  if (!renamed) return renamed.error();
  wire::log::warn("{} belongs to no partition of this broker; it is now {}", name.to_string(),
                  renamed->path);
  return {};
}

}  // namespace storage
