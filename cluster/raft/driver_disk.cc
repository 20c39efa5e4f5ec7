// The driver's disk: opening the directory, snapshots, and what listeners read.
#include <algorithm>
#include <utility>

#include "cluster/raft/driver.h"
#include "cluster/raft/quorum_state_file.h"
#include "wire/base/log.h"
#include "wire/records/record.h"
#include "wire/records/record_batch.h"

namespace cluster::raft {
namespace {

inline constexpr int64_t kReadBytes = int64_t{1} << 20;
inline constexpr int64_t kSnapshotHeaderBytes = 64 << 10;

wire::Result<Election> read_election(storage::FileSystem& files, const std::string& path) {
  if (!files.exists(path)) return Election{};
  auto text = storage::read_file(files, path);
  if (!text.ok()) return text.error();
  if (text->empty()) return Election{};
  return parse_quorum_state(text->view(), path);
}

// The control records between `from` and the end of the log.
wire::Result<std::vector<ControlChange>> read_log_control(storage::Log& log, wire::Offset from) {
  std::vector<ControlChange> found;
  while (from < log.log_end_offset()) {
    storage::ReadRequest request;
    request.offset = from;
    request.max_bytes = kReadBytes;
    auto read = log.read(request);
    if (!read.ok()) return read.error();
    const wire::Offset before = from;
    wire::BatchIterator batches(read->records);
    while (batches.next()) {
      const wire::RecordBatchView& batch = batches.batch();
      from = batch.next_offset();
      if (!batch.is_control()) continue;
      auto changes = read_control_changes(batch);
      if (!changes.ok()) return changes.error();
      for (ControlChange& change : *changes) found.push_back(std::move(change));
    }
    if (from == before) {
      return wire::Error{wire::ErrorCode::kCorruptMessage,
                         log.path() + ": cannot be read at " + std::to_string(from)};
    }
  }
  return found;
}

// A log whose directory a power cut takes away has promised too much.
wire::Status make_directory(storage::FileSystem& files, const std::string& path, bool sync) {
  if (files.exists(path)) return {};
  const std::string parent = storage::parent_path(path);
  const bool formatted = files.exists(parent);
  if (auto status = files.make_directory(path); !status.ok()) return status;
  if (!sync) return {};
  if (auto status = files.sync_directory(parent); !status.ok() || formatted) return status;
  return files.sync_directory(storage::parent_path(parent));
}

storage::LogOptions metadata_log_options(const DriverOptions& options) {
  storage::LogOptions log;
  log.segment_bytes = options.log_segment_bytes;
  // Snapshots alone say what may go.
  log.retention_ms = storage::kUnlimited;
  log.retention_bytes = storage::kUnlimited;
  log.max_message_bytes = int64_t{16} << 20;
  return log;
}

}  // namespace

wire::Result<std::unique_ptr<Driver>> Driver::open(storage::StorageServices& services,
                                                   Transport& transport, Timers& timers,
                                                   DriverOptions options) {
  auto directory = std::make_unique<storage::LogDirectory>(services, options.directory,
                                                           options.quorum.directory_id);
  storage::LogOpen how;
  how.name = {kTopicName, 0};
  how.path = storage::join_path(options.directory, how.name.to_string());
  how.options = std::make_shared<const storage::LogOptions>(metadata_log_options(options));
  if (auto status = make_directory(services.files, how.path, options.sync); !status.ok()) {
    return status.error();
  }
  // Apache puts the topic's id beside every log, this one, too.
  const std::string metadata = storage::join_path(how.path, "partition.metadata");
  if (!services.files.exists(metadata)) {
    const wire::Bytes text =
        wire::Bytes::copy("version: 0\ntopic_id: " + wire::kMetadataTopicId.to_string());
    if (auto status = storage::replace_file(services.files, metadata, text); !status.ok()) {
      return status.error();
    }
  }
  auto opened = storage::Log::open(*directory, how);
  if (!opened.ok()) return opened.error();
  std::unique_ptr<storage::Log> log = std::move(*opened);

  SnapshotStore snapshots(services.files, how.path, options.sync);
  if (auto status = snapshots.open(log->log_start_offset()); !status.ok()) return status.error();

  Recovered recovered;
  wire::Offset control_from = log->log_start_offset();
  if (!snapshots.sizes().empty()) {
    const SnapshotId latest = snapshots.sizes().rbegin()->first;
    auto content = snapshots.read(latest);
    if (!content.ok()) return content.error();
    recovered.snapshot_control = std::move(content->control);
    const wire::Epoch log_epoch = log->leader_epochs().latest_epoch().value_or(0);
    const bool ahead = latest.epoch > log_epoch ||
                       (latest.epoch == log_epoch && latest.end_offset > log->log_end_offset());
    // The stop came between the download of the snapshot and the truncation of the log.
    if (ahead && latest != kBootstrapSnapshot) {
      if (auto status = log->truncate_fully_and_start_at(latest.end_offset); !status.ok()) {
        return status.error();
      }
    }
    control_from = std::max(log->log_start_offset(), latest.end_offset);
  }
  auto control = read_log_control(*log, control_from);
  if (!control.ok()) return control.error();
  recovered.log_control = std::move(*control);

  auto election = read_election(services.files, storage::join_path(how.path, kQuorumStateFile));
  if (!election.ok()) return election.error();
  recovered.election = *election;

  std::vector<EpochStart> epochs;
  for (const storage::EpochEntry& entry : log->leader_epochs().entries()) {
    epochs.push_back({entry.epoch, entry.start_offset});
  }
  recovered.log = LogView(log->log_start_offset(), log->log_end_offset(), log->flushed_offset(),
                          std::move(epochs), snapshots.sizes());
  return std::unique_ptr<Driver>(new Driver(services, transport, timers, std::move(options),
                                            std::move(directory), std::move(log),
                                            std::move(snapshots), std::move(recovered)));
}

// --- Snapshots ---------------------------------------------------------------------------------

wire::Status Driver::write_snapshot(metadata::SnapshotId id, wire::TimestampMs last_append_time_ms,
                                    std::span<const wire::Bytes> records) {
  const LogView& log = core_.log();
  if (snapshots_.sizes().contains(id)) return {};
  if (id.end_offset > high_watermark_ || id.end_offset < log.start() ||
      log.epoch_at(id.end_offset - 1) != id.epoch) {
    return wire::Error{wire::ErrorCode::kInvalidRequest,
                       "no committed state ends at offset " + std::to_string(id.end_offset) +
                           " in epoch " + std::to_string(id.epoch)};
  }
  SnapshotControl control;
  control.last_append_time_ms = last_append_time_ms;
  control.kraft_version = core_.voter_history().version_before(id.end_offset);
  control.voters = core_.voter_history().voters_before(id.end_offset);
  const wire::Bytes content = build_snapshot(id, control, records, services_.clock.wall_ms());
  auto store = std::make_shared<const SnapshotStore>(snapshots_);
  auto result = std::make_shared<wire::Status>();
  services_.disk.run([store, result, id, content] { *result = store->write(id, content); },
                     [this, result, id, size = static_cast<int64_t>(content.size()),
                      alive = std::weak_ptr(alive_)] {
                       if (alive.expired() || failed_) return;
                       if (!result->ok()) return fail(result->error());
                       snapshots_.added(id, size);
                       step(SnapshotStored{id, size, false, {}});
                       clean_up();
                     });
  return {};
}

void Driver::store_chunk(const SnapshotChunk& chunk) {
  if (auto status = snapshots_.write_part(chunk.id, chunk.position, chunk.bytes); !status.ok()) {
    return fail(status.error());
  }
  if (!chunk.last) return;
  auto store = std::make_shared<const SnapshotStore>(snapshots_);
  auto result = std::make_shared<std::optional<wire::Result<SnapshotControl>>>();
  const int64_t size = chunk.position + static_cast<int64_t>(chunk.bytes.size());
  services_.disk.run([store, result, id = chunk.id] { result->emplace(store->finish_part(id)); },
                     [this, result, id = chunk.id, size, alive = std::weak_ptr(alive_)] {
                       if (alive.expired() || failed_) return;
                       if ((*result)->ok()) {
                         snapshots_.added(id, size);
                         return step(SnapshotStored{id, size, true, std::move(***result)});
                       }
                       const wire::Error& error = (*result)->error();
                       if (error.code == wire::ErrorCode::kKafkaStorageError) return fail(error);
                       wire::log::error("raft: downloaded snapshot: {}", error.detail);
                       step(SnapshotRejected{id});
                     });
}

// Drops the oldest snapshot, and the log up to the next one, while there is too much of both or it
// is too old (KIP-630).  The latest snapshot always stays.
void Driver::clean_up() {
  while (snapshots_.sizes().size() >= 2) {
    const SnapshotId oldest = snapshots_.sizes().begin()->first;
    const SnapshotId next = std::next(snapshots_.sizes().begin())->first;
    int64_t total = log_->size_bytes();
    for (const auto& [id, size] : snapshots_.sizes()) total += size;
    bool expired = options_.retention_bytes >= 0 && total > options_.retention_bytes;
    if (!expired && options_.retention_ms >= 0) {
      auto head = snapshots_.read_range(oldest, 0, kSnapshotHeaderBytes);
      SnapshotControl control;
      if (head.ok()) {
        const auto header = wire::RecordBatchView::parse(*head);
        if (header.ok() && read_snapshot_control(*header, control).ok()) {
          expired = services_.clock.wall_ms() - control.last_append_time_ms > options_.retention_ms;
        }
      }
    }
    if (!expired) return;
    if (auto moved = log_->increment_log_start_offset(next.end_offset); !moved.ok()) {
      return wire::log::warn("raft: {}", moved.error().detail);
    }
    if (auto deleted = log_->apply_retention(); !deleted.ok()) {
      return wire::log::warn("raft: {}", deleted.error().detail);
    }
    snapshots_.remove(oldest);
    step(LogPrefixDeleted{next});
  }
}

// --- Listeners ---------------------------------------------------------------------------------

void Driver::subscribe(metadata::MetadataLogListener& listener) {
  Subscriber& subscriber = subscribers_.emplace_back();
  subscriber.listener = &listener;
  if (performing_) return;  // told when the actions under way are done
  performing_ = true;
  inform_all();
  performing_ = false;
  perform_queued();
  arm_timer();
}

void Driver::inform_all() {
  for (size_t i = 0; i < subscribers_.size(); ++i) inform(subscribers_[i]);
}

bool Driver::load_snapshot(Subscriber& subscriber) {
  const auto& sizes = snapshots_.sizes();
  // The bootstrap checkpoint holds no state; its voters concern the quorum alone.
  if (sizes.empty() || sizes.rbegin()->first == kBootstrapSnapshot) {
    subscriber.next_offset = 0;
    return true;
  }
  const SnapshotId id = sizes.rbegin()->first;
  auto content = snapshots_.read(id);
  if (!content.ok()) {
    fail(content.error());
    return false;
  }
  subscriber.next_offset = id.end_offset;
  subscriber.listener->on_snapshot(id, content->control.last_append_time_ms, content->records);
  return true;
}

void Driver::inform(Subscriber& subscriber) {
  if (!subscriber.next_offset && !load_snapshot(subscriber)) return;
  while (*subscriber.next_offset < high_watermark_) {
    if (*subscriber.next_offset < log_->log_start_offset()) {
      if (!load_snapshot(subscriber)) return;
      continue;
    }
    const wire::Offset before = *subscriber.next_offset;
    storage::ReadRequest request;
    request.offset = before;
    request.max_bytes = kReadBytes;
    request.upper_bound_offset = high_watermark_;
    auto read = log_->read(request);
    if (!read.ok()) return fail(read.error());
    wire::BatchIterator batches(read->records);
    while (batches.next()) {
      const wire::RecordBatchView& batch = batches.batch();
      subscriber.next_offset = batch.next_offset();
      if (batch.is_control()) continue;
      metadata::CommittedBatch committed;
      committed.base_offset = batch.base_offset();
      committed.epoch = batch.partition_leader_epoch();
      committed.append_time_ms = batch.max_timestamp();
      const wire::Status status =
          wire::for_each_record(batch, wire::kDefaultInflateLimit, [&](wire::Record record) {
            committed.records.push_back(record.value.value_or(wire::Bytes()));
            return true;
          });
      if (!status.ok()) return fail(status.error());
      subscriber.listener->on_commit(committed);
      if (failed_) return;
    }
    if (*subscriber.next_offset == before) {
      return fail({wire::ErrorCode::kCorruptMessage,
                   "committed records at " + std::to_string(before) + " cannot be read"});
    }
  }
  if (subscriber.told != leader_ && leader_.epoch > 0) {
    subscriber.told = leader_;
    subscriber.listener->on_leader_change(leader_);
  }
}

}  // namespace cluster::raft
