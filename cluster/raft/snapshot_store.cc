#include "cluster/raft/snapshot_store.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "wire/base/log.h"
#include "wire/records/record.h"
#include "wire/records/record_batch.h"
#include "wire/records/record_batch_builder.h"

namespace cluster::raft {
namespace {

inline constexpr std::string_view kSuffix = ".checkpoint";
inline constexpr std::string_view kPartSuffix = ".part";
inline constexpr std::string_view kDeletedSuffix = ".deleted";
inline constexpr size_t kOffsetDigits = 20;
inline constexpr size_t kEpochDigits = 10;
// Kafka's readers refuse larger batches.
inline constexpr size_t kBatchBytesMax = size_t{8} << 20;
inline constexpr int32_t kBatchRecordsMax = 10'000;

template <typename T>
bool parse_digits(std::string_view text, T& value) {
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string snapshot_file_name(SnapshotId id) {
  char name[64];
  std::snprintf(name, sizeof(name), "%020lld-%010d.checkpoint",
                static_cast<long long>(id.end_offset), id.epoch);
  return name;
}

std::optional<SnapshotId> parse_snapshot_file_name(std::string_view name) {
  if (name.size() != kOffsetDigits + 1 + kEpochDigits + kSuffix.size()) return std::nullopt;
  if (!name.ends_with(kSuffix) || name[kOffsetDigits] != '-') return std::nullopt;
  SnapshotId id;
  if (!parse_digits(name.substr(0, kOffsetDigits), id.end_offset)) return std::nullopt;
  if (!parse_digits(name.substr(kOffsetDigits + 1, kEpochDigits), id.epoch)) return std::nullopt;
  return id;
}

wire::Bytes build_snapshot(SnapshotId id, const SnapshotControl& control,
                           std::span<const wire::Bytes> records, wire::TimestampMs now_ms) {
  std::string file;
  auto add = [&file](const wire::Bytes& batch) { file.append(batch.view()); };
  const wire::Bytes header = build_snapshot_header_batch({0, id.epoch, now_ms}, control);
  wire::Offset next = wire::RecordBatchView::trusted(header).next_offset();
  add(header);
  size_t at = 0;
  while (at < records.size()) {
    wire::BatchOptions options;
    options.base_offset = next;
    options.partition_leader_epoch = id.epoch;
    wire::RecordBatchBuilder builder(options);
    while (at < records.size() && builder.record_count() < kBatchRecordsMax &&
           (builder.empty() || builder.plain_size() + records[at].size() < kBatchBytesMax)) {
      builder.append(now_ms, std::nullopt, records[at].view());
      ++at;
    }
    next = builder.next_offset();
    add(builder.build());
  }
  add(build_snapshot_footer_batch({next, id.epoch, now_ms}));
  return wire::Bytes::adopt(std::move(file));
}

wire::Result<SnapshotContent> parse_snapshot(const wire::Bytes& file) {
  SnapshotContent content;
  bool complete = false;
  wire::BatchIterator batches(file);
  while (batches.next()) {
    const wire::RecordBatchView& batch = batches.batch();
    if (!batch.crc_is_valid()) {
      return wire::Error{wire::ErrorCode::kCorruptMessage, "snapshot with a wrong checksum"};
    }
    if (batch.is_control()) {
      auto footer = read_snapshot_control(batch, content.control);
      if (!footer.ok()) return footer.error();
      complete = complete || *footer;
      continue;
    }
    const wire::Status status =
        wire::for_each_record(batch, wire::kDefaultInflateLimit, [&content](wire::Record record) {
          if (record.value) content.records.push_back(*record.value);
          return true;
        });
    if (!status.ok()) return status.error();
  }
  if (!batches.status().ok()) return batches.status().error();
  if (!complete || batches.remaining() != 0) {
    return wire::Error{wire::ErrorCode::kCorruptMessage, "snapshot without its end"};
  }
  return content;
}

SnapshotStore::SnapshotStore(storage::FileSystem& files, std::string directory, bool sync)
    : files_(&files), directory_(std::move(directory)), sync_(sync) {}

std::string SnapshotStore::path(SnapshotId id) const {
  return storage::join_path(directory_, snapshot_file_name(id));
}

wire::Status SnapshotStore::open(wire::Offset log_start) {
  auto entries = files_->list(directory_);
  if (!entries.ok()) return entries.error();
  for (const storage::DirectoryEntry& entry : *entries) {
    const std::string file = storage::join_path(directory_, entry.name);
    const std::string_view name = entry.name;
    const bool partial = name.ends_with(kPartSuffix) && name.find(kSuffix) != name.npos;
    const bool deleted = name.ends_with(kDeletedSuffix) && name.find(kSuffix) != name.npos;
    const auto id = parse_snapshot_file_name(name);
    if (partial || deleted || (id && id->end_offset < log_start)) {
      if (auto status = files_->remove(file); !status.ok()) return status;
      continue;
    }
    if (!id) continue;
    auto info = files_->info(file);
    if (!info.ok()) return info.error();
    sizes_[*id] = info->size;
  }
  if (log_start > 0 && (sizes_.empty() || sizes_.rbegin()->first.end_offset < log_start)) {
    return wire::Error{wire::ErrorCode::kKafkaStorageError,
                       directory_ + ": the log begins at " + std::to_string(log_start) +
                           " but no snapshot reaches that far"};
  }
  return {};
}

wire::Result<SnapshotContent> SnapshotStore::read(SnapshotId id) const {
  auto file = storage::read_file(*files_, path(id));
  if (!file.ok()) return file.error();
  auto content = parse_snapshot(*file);
  if (!content.ok()) {
    return wire::Error{content.error().code, path(id) + ": " + content.error().detail};
  }
  return content;
}

wire::Result<wire::Bytes> SnapshotStore::read_range(SnapshotId id, int64_t position,
                                                    int64_t max_bytes) const {
  auto size = sizes_.find(id);
  if (size == sizes_.end()) {
    return wire::Error{wire::ErrorCode::kSnapshotNotFound, path(id)};
  }
  auto file = files_->open(path(id), storage::OpenMode::kRead);
  if (!file.ok()) return file.error();
  const int64_t wanted = std::clamp<int64_t>(size->second - position, 0, max_bytes);
  std::string buffer(static_cast<size_t>(wanted), '\0');
  auto read =
      (*file)->read(position, std::span(reinterpret_cast<uint8_t*>(buffer.data()), buffer.size()));
  if (!read.ok()) return read.error();
  buffer.resize(*read);
  return wire::Bytes::adopt(std::move(buffer));
}

wire::Status SnapshotStore::write(SnapshotId id, const wire::Bytes& content) const {
  const std::string part = path(id) + std::string(kPartSuffix);
  auto file = files_->open(part, storage::OpenMode::kCreate);
  if (!file.ok()) return file.error();
  if (auto status = (*file)->truncate(0); !status.ok()) return status;
  if (auto status = (*file)->write(0, content); !status.ok()) return status;
  if (sync_) {
    if (auto status = (*file)->sync(); !status.ok()) return status;
  }
  file = std::shared_ptr<storage::File>();
  if (auto status = files_->rename(part, path(id)); !status.ok()) return status;
  return sync_ ? files_->sync_directory(directory_) : wire::Status();
}

void SnapshotStore::remove(SnapshotId id) {
  sizes_.erase(id);
  if (const auto status = files_->remove(path(id)); !status.ok()) {
    wire::log::warn("raft: {}", status.error().detail);
  }
}

wire::Status SnapshotStore::write_part(SnapshotId id, int64_t position, const wire::Bytes& bytes) {
  auto file = files_->open(path(id) + std::string(kPartSuffix), storage::OpenMode::kCreate);
  if (!file.ok()) return file.error();
  if (auto status = (*file)->truncate(position); !status.ok()) return status;
  return (*file)->write(position, bytes);
}

wire::Result<SnapshotControl> SnapshotStore::finish_part(SnapshotId id) const {
  const std::string part = path(id) + std::string(kPartSuffix);
  auto file = storage::read_file(*files_, part);
  if (!file.ok()) return file.error();
  auto content = parse_snapshot(*file);
  if (!content.ok()) {
    return wire::Error{content.error().code, part + ": " + content.error().detail};
  }
  if (sync_) {
    auto opened = files_->open(part, storage::OpenMode::kUpdate);
    if (!opened.ok()) return opened.error();
    if (auto status = (*opened)->sync(); !status.ok()) return status.error();
  }
  if (auto status = files_->rename(part, path(id)); !status.ok()) return status.error();
  if (sync_) {
    if (auto status = files_->sync_directory(directory_); !status.ok()) return status.error();
  }
  return content->control;
}

}  // namespace cluster::raft
