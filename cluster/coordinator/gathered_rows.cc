#include "cluster/coordinator/gathered_rows.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "storage/kv/failed_cursor.h"
#include "wire/base/log.h"

namespace cluster::coordinator {
namespace {

using storage::WriteBatch;

// What a row costs beside its bytes: two strings and their place in the table.
constexpr size_t kRowOverhead = 96;

}  // namespace

GatheredRows::~GatheredRows() {
  if (const wire::Status status = flush(); !status.ok()) {
    wire::log::warn("coordinator rows are not written, and are replayed from the log: {}",
                    status.error().detail);
  }
  timers_.cancel(timer_);
}

wire::Result<std::optional<std::string>> GatheredRows::get(std::string_view key) const {
  if (const auto row = waiting_.find(key); row != waiting_.end()) return row->second;
  return store_.get(key);
}

std::unique_ptr<storage::Cursor> GatheredRows::cursor() {
  if (wire::Status status = flush(); !status.ok()) {
    return std::make_unique<storage::FailedCursor>(std::move(status));
  }
  return store_.cursor();
}

wire::Status GatheredRows::write(WriteBatch batch) {
  std::vector<WriteBatch::Change> changes = std::move(batch).take_changes();
  // What waits may lie in a range that is erased: it goes before it.  A load's batch is large enough
  // to go as it is.
  bool at_once = false;
  size_t bytes = 0;
  for (const auto& change : changes) {
    at_once = at_once || change.kind == WriteBatch::Kind::kEraseRange;
    bytes += change.key.size() + change.value.size();
  }
  if (at_once || bytes >= kBytesMax) {
    WriteBatch all = waiting_batch();
    for (auto& change : changes) all.add(std::move(change));
    return write_now(std::move(all));
  }
  // While the store fails, what waits must not grow.
  if (failed_) {
    if (wire::Status status = flush(); !status.ok()) return status;
  }
  for (auto& change : changes) add(std::move(change));
  if (failed_ || waiting_bytes_ >= kBytesMax) return flush();
  if (timer_ == kNoTimer) timer_ = timers_.schedule(kDelayMs, [this] { on_tick(); });
  return {};
}

void GatheredRows::add(WriteBatch::Change change) {
  const size_t key_bytes = change.key.size();
  const auto [row, is_new] = waiting_.try_emplace(std::move(change.key));
  if (is_new) waiting_bytes_ += key_bytes + kRowOverhead;
  if (row->second) waiting_bytes_ -= row->second->size();
  if (change.kind == WriteBatch::Kind::kErase) {
    row->second.reset();
  } else {
    row->second = std::move(change.value);
    waiting_bytes_ += row->second->size();
  }
}

WriteBatch GatheredRows::waiting_batch() const {
  std::vector<const StringMap<Row>::value_type*> rows;
  rows.reserve(waiting_.size());
  for (const auto& row : waiting_) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), [](auto* a, auto* b) { return a->first < b->first; });
  WriteBatch batch;
  batch.reserve(rows.size());
  for (const auto* row : rows) {
    if (row->second) {
      batch.put(row->first, *row->second);
    } else {
      batch.erase(row->first);
    }
  }
  return batch;
}

wire::Status GatheredRows::flush() {
  if (waiting_.empty()) return {};
  return write_now(waiting_batch());
}

wire::Status GatheredRows::write_now(WriteBatch batch) {
  wire::Status status = store_.write(std::move(batch));
  failed_ = !status.ok();
  if (failed_) return status;
  waiting_.clear();
  waiting_bytes_ = 0;
  return {};
}

void GatheredRows::on_tick() {
  timer_ = kNoTimer;
  if (const wire::Status status = flush(); !status.ok()) {
    wire::log::error("coordinator rows wait, and the next write tries again: {}",
                     status.error().detail);
  }
}

}  // namespace cluster::coordinator
