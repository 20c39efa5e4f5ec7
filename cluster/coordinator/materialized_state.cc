#include "cluster/coordinator/materialized_state.h"

#include <utility>

#include "wire/base/big_endian.h"
#include "wire/base/log.h"

namespace cluster::coordinator {
namespace {

constexpr char kMetaSpace = 0;
constexpr char kRowSpace = 1;
constexpr char kPendingSpace = 2;
constexpr char kLayoutVersion = 1;
constexpr size_t kOffsetSize = sizeof(int64_t);
constexpr size_t kMetaSize = 1 + 16 + 8 + 4 + 8;

template <typename T>
void append_big_endian(std::string& out, T value) {
  uint8_t bytes[sizeof(T)];
  wire::store_big_endian(bytes, value);
  out.append(reinterpret_cast<const char*>(bytes), sizeof(T));
}

template <typename T>
T load_at(std::string_view bytes, size_t at) {
  return wire::load_big_endian<T>(reinterpret_cast<const uint8_t*>(bytes.data()) + at);
}

// The first key behind every key that begins with `prefix`.  REQUIRES: its last byte is not 0xFF.
std::string end_of(std::string prefix) {
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace

MaterializedState::MaterializedState(storage::KeyValueStore& store, CoordinatorKind kind,
                                     wire::PartitionIndex partition)
    : store_(store) {
  prefix_.push_back(static_cast<char>(kind));
  append_big_endian(prefix_, static_cast<uint32_t>(partition));
  rows_prefix_ = prefix_ + kRowSpace;
  pending_prefix_ = prefix_ + kPendingSpace;
}

std::optional<AppliedPosition> MaterializedState::applied() const {
  const auto row = store_.get(prefix_ + kMetaSpace);
  if (!row.ok()) {
    wire::log::error("{}", row.error().detail);
    damaged_ = true;
    return std::nullopt;
  }
  if (!*row || (*row)->size() != kMetaSize || (**row)[0] != kLayoutVersion) return std::nullopt;
  const std::string& bytes = **row;
  AppliedPosition position;
  position.topic_id.most_significant = load_at<uint64_t>(bytes, 1);
  position.topic_id.least_significant = load_at<uint64_t>(bytes, 9);
  position.next_offset = load_at<int64_t>(bytes, 17);
  position.leader_epoch = load_at<int32_t>(bytes, 25);
  position.applied_at_ms = load_at<int64_t>(bytes, 29);
  return position;
}

void MaterializedState::put_position(storage::WriteBatch& batch,
                                     const AppliedPosition& position) const {
  uint8_t value[kMetaSize] = {kLayoutVersion};
  wire::store_big_endian(value + 1, position.topic_id.most_significant);
  wire::store_big_endian(value + 9, position.topic_id.least_significant);
  wire::store_big_endian(value + 17, position.next_offset);
  wire::store_big_endian(value + 25, position.leader_epoch);
  wire::store_big_endian(value + 29, position.applied_at_ms);
  batch.put(prefix_ + kMetaSpace, std::string(reinterpret_cast<const char*>(value), kMetaSize));
}

wire::Status MaterializedState::wipe() {
  staged_.clear();
  steps_.clear();
  open_.emplace();
  damaged_ = false;
  const std::unique_ptr<storage::Cursor> cursor = store_.cursor();
  cursor->seek(prefix_);
  if (cursor->status().ok() && (!cursor->valid() || !cursor->key().starts_with(prefix_))) return {};
  storage::WriteBatch batch;
  batch.erase_range(prefix_ + kMetaSpace, end_of(pending_prefix_));
  return store_.write(std::move(batch));
}

std::string MaterializedState::row_value(wire::Offset offset, std::string_view value) {
  std::string row;
  row.reserve(kOffsetSize + value.size());
  append_big_endian(row, offset);
  row.append(value);
  return row;
}

std::optional<std::string> MaterializedState::get(View view, std::string_view record_key) const {
  if (view == View::kLatest) {
    if (const auto staged = staged_.find(record_key); staged != staged_.end()) {
      const auto& value = staged->second.record.value;
      return value ? std::optional<std::string>(value->view()) : std::nullopt;
    }
  }
  auto row = store_.get(row_key(record_key));
  if (!row.ok()) {
    wire::log::error("{}", row.error().detail);
    damaged_ = true;
    return std::nullopt;
  }
  if (!*row || (*row)->size() < kOffsetSize) return std::nullopt;
  return (*row)->substr(kOffsetSize);
}

std::string MaterializedState::pending_prefix_of(wire::ProducerId producer) const {
  std::string prefix = pending_prefix_;
  append_big_endian(prefix, producer);
  return prefix;
}

MaterializedState::OpenTransactions& MaterializedState::open() const {
  if (open_) return *open_;
  open_.emplace();
  const std::unique_ptr<storage::Cursor> cursor = store_.cursor();
  for (cursor->seek(pending_prefix_); cursor->valid() && cursor->key().starts_with(pending_prefix_);
       cursor->next()) {
    const size_t header = pending_prefix_.size() + sizeof(wire::ProducerId);
    if (cursor->key().size() < header) continue;
    const auto producer = load_at<wire::ProducerId>(cursor->key(), pending_prefix_.size());
    (*open_)[producer].emplace(cursor->key().substr(header), nullptr);
  }
  if (!cursor->status().ok()) {
    wire::log::error("{}", cursor->status().error().detail);
    damaged_ = true;
  }
  return *open_;
}

MaterializedState::OpenTransactions MaterializedState::latest_open(std::string_view prefix,
                                                                   wire::ProducerId only) const {
  OpenTransactions latest;
  const auto is_asked = [only](wire::ProducerId producer) {
    return only == wire::kNoProducerId || only == producer;
  };
  for (const auto& [producer, keys] : open()) {
    if (!is_asked(producer)) continue;
    for (auto at = keys.lower_bound(prefix); at != keys.end() && at->first.starts_with(prefix);
         ++at) {
      latest[producer].emplace_hint(latest[producer].end(), *at);
    }
  }
  for (const Step& step : steps_) {
    const std::string_view key =
        step.kind == Step::Kind::kEnd ? std::string_view() : step.record.record.key.view();
    if (step.kind == Step::Kind::kAdd && (!is_asked(step.producer) || !key.starts_with(prefix))) {
      continue;
    }
    switch (step.kind) {
      case Step::Kind::kAdd:
        latest[step.producer].insert_or_assign(std::string(key), &step.record);
        break;
      case Step::Kind::kEnd:
        latest.erase(step.producer);
        break;
      case Step::Kind::kTombstone:
        for (auto& [producer, keys] : latest) {
          if (const auto found = keys.find(key); found != keys.end()) keys.erase(found);
        }
        break;
    }
  }
  return latest;
}

std::set<std::string> MaterializedState::keys_in_open_transactions(std::string_view prefix) const {
  std::set<std::string> keys;
  for (const auto& [producer, written] : latest_open(prefix, wire::kNoProducerId)) {
    for (const auto& [key, record] : written) keys.insert(key);
  }
  return keys;
}

void MaterializedState::stage(AppendedRecord record) {
  std::string key(record.record.key.view());
  if (!record.record.value && (!steps_.empty() || !open().empty())) {
    steps_.push_back({.kind = Step::Kind::kTombstone, .offset = record.offset, .record = record});
  }
  staged_.insert_or_assign(std::move(key), std::move(record));
}

void MaterializedState::stage_transactional(wire::ProducerId producer, AppendedRecord record) {
  const wire::Offset offset = record.offset;
  steps_.push_back({.kind = Step::Kind::kAdd,
                    .offset = offset,
                    .producer = producer,
                    .record = std::move(record)});
}

void MaterializedState::stage_end(wire::ProducerId producer, bool committed, wire::Offset offset) {
  const OpenTransactions latest = latest_open({}, producer);
  const auto ended = latest.find(producer);
  if (committed && ended != latest.end()) {
    for (const auto& [key, written] : ended->second) {
      AppendedRecord record;
      if (written != nullptr) {
        record = *written;
      } else {
        auto row = store_.get(pending_prefix_of(producer) + key);
        if (!row.ok()) {
          wire::log::error("{}", row.error().detail);
          damaged_ = true;
          continue;
        }
        if (!*row || (*row)->size() < kOffsetSize) continue;
        record.offset = load_at<int64_t>(**row, 0);
        record.record = {wire::Bytes::copy(key),
                         wire::Bytes::copy(std::string_view(**row).substr(kOffsetSize))};
      }
      if (record.offset > latest_offset(key)) staged_.insert_or_assign(key, std::move(record));
    }
  }
  steps_.push_back(
      {.kind = Step::Kind::kEnd, .offset = offset, .producer = producer, .record = {}});
}

wire::Offset MaterializedState::latest_offset(std::string_view record_key) const {
  if (const auto staged = staged_.find(record_key); staged != staged_.end()) {
    return staged->second.offset;
  }
  const auto row = store_.get(row_key(record_key));
  if (!row.ok()) {
    wire::log::error("{}", row.error().detail);
    damaged_ = true;
    return wire::kNoOffset;
  }
  return *row && (*row)->size() >= kOffsetSize ? load_at<int64_t>(**row, 0) : wire::kNoOffset;
}

void MaterializedState::drop_steps(wire::Offset below) {
  while (!steps_.empty() && steps_.front().offset < below) steps_.pop_front();
}

wire::Status MaterializedState::commit(std::span<const AppendedRecord> records,
                                       const AppliedPosition& position) {
  storage::WriteBatch batch;
  batch.reserve(records.size() + 1);
  for (const AppendedRecord& appended : records) {
    const Record& record = appended.record;
    std::string key = row_key(record.key.view());
    if (record.value) {
      batch.put(std::move(key), row_value(appended.offset, record.value->view()));
    } else {
      batch.erase(std::move(key));
      for (auto& [producer, keys] : open()) {
        const auto pending = keys.find(record.key.view());
        if (pending == keys.end()) continue;
        batch.erase(pending_prefix_of(producer) + pending->first);
        keys.erase(pending);
      }
    }
  }
  put_position(batch, position);
  if (wire::Status status = store_.write(std::move(batch)); !status.ok()) return status;
  drop_steps(position.next_offset);
  if (staged_.empty()) return {};
  for (const AppendedRecord& appended : records) {
    const auto staged = staged_.find(appended.record.key.view());
    // A later write to the same key stays until it is committed itself.
    if (staged != staged_.end() && staged->second.offset <= appended.offset) staged_.erase(staged);
  }
  return {};
}

wire::Status MaterializedState::commit_transactional(wire::ProducerId producer,
                                                     std::span<const AppendedRecord> records,
                                                     const AppliedPosition& position) {
  const std::string prefix = pending_prefix_of(producer);
  storage::WriteBatch batch;
  OpenKeys& keys = open()[producer];
  for (const AppendedRecord& appended : records) {
    // Kafka writes no tombstone in a transaction.
    if (!appended.record.value) continue;
    std::string key(appended.record.key.view());
    batch.put(prefix + key, row_value(appended.offset, appended.record.value->view()));
    keys.insert_or_assign(std::move(key), nullptr);
  }
  put_position(batch, position);
  if (wire::Status status = store_.write(std::move(batch)); !status.ok()) return status;
  drop_steps(position.next_offset);
  return {};
}

wire::Status MaterializedState::end_transaction(wire::ProducerId producer, bool committed,
                                                const AppliedPosition& position) {
  const std::string prefix = pending_prefix_of(producer);
  const OpenKeys& keys = open()[producer];
  if (damaged_) return wire::Error{wire::ErrorCode::kKafkaStorageError, "rows could not be read"};
  storage::WriteBatch batch;
  std::vector<std::string> moved;
  for (const auto& [key, not_in_rows] : keys) {
    auto pending = store_.get(prefix + key);
    if (!pending.ok()) return pending.error();
    batch.erase(prefix + key);
    if (!committed || !*pending || (*pending)->size() < kOffsetSize) continue;
    const wire::Offset written_at = load_at<int64_t>(**pending, 0);
    std::string row = row_key(key);
    auto existing = store_.get(row);
    if (!existing.ok()) return existing.error();
    // A commit outside the transaction that came later in the log wins.
    const bool newer = !*existing || (*existing)->size() < kOffsetSize ||
                       load_at<int64_t>(**existing, 0) < written_at;
    if (newer) batch.put(std::move(row), *std::move(*pending));
    const auto staged = staged_.find(key);
    if (staged != staged_.end() && staged->second.offset <= written_at) moved.push_back(key);
  }
  put_position(batch, position);
  if (wire::Status status = store_.write(std::move(batch)); !status.ok()) return status;
  for (const std::string& key : moved) staged_.erase(key);
  open().erase(producer);
  drop_steps(position.next_offset);
  return {};
}

MaterializedState::Walk::Walk(const MaterializedState& state, View view)
    : state_(state), view_(view), cursor_(state.store_.cursor()), pending_(state.staged_.end()) {}

bool MaterializedState::Walk::store_row_is_ours() const {
  return cursor_->valid() && cursor_->key().starts_with(state_.rows_prefix_);
}

void MaterializedState::Walk::seek(std::string_view record_key) {
  cursor_->seek(state_.row_key(record_key));
  pending_ = view_ == View::kLatest ? state_.staged_.lower_bound(record_key) : state_.staged_.end();
  settle();
}

void MaterializedState::Walk::next() {
  // Both sides may stand on the current key: settle() leaves the store's row under an overlay's.
  if (store_row_is_ours() && cursor_->key().substr(state_.rows_prefix_.size()) == key_) {
    cursor_->next();
  }
  if (pending_ != state_.staged_.end() && pending_->first == key_) ++pending_;
  settle();
}

void MaterializedState::Walk::settle() {
  while (true) {
    const bool stored = store_row_is_ours();
    const bool staged = pending_ != state_.staged_.end();
    valid_ = stored || staged;
    if (!stored && !cursor_->valid() && !cursor_->status().ok()) {
      wire::log::error("{}", cursor_->status().error().detail);
      state_.damaged_ = true;
    }
    if (!valid_) return;
    const std::string_view stored_key =
        stored ? cursor_->key().substr(state_.rows_prefix_.size()) : std::string_view();
    if (!staged || (stored && stored_key < pending_->first)) {
      key_ = stored_key;
      const std::string_view row = cursor_->value();
      value_ = row.size() < kOffsetSize ? std::string_view() : row.substr(kOffsetSize);
      return;
    }
    key_ = pending_->first;
    if (pending_->second.record.value) {
      value_ = pending_->second.record.value->view();
      return;
    }
    // A tombstone hides the store's row.
    if (stored && stored_key == pending_->first) cursor_->next();
    ++pending_;
  }
}

}  // namespace cluster::coordinator
