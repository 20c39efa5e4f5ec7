#include "cluster/transactions/transaction_upkeep.h"

#include <utility>

#include "cluster/transactions/transaction_records.h"
#include "wire/base/log.h"

namespace cluster::transactions {
namespace {

using wire::ErrorCode;

// About a millisecond of work.
constexpr size_t kRowsPerSlice = 512;
// A batch of tombstones stays about as small as Kafka's, and so below any max.message.bytes.
constexpr size_t kTombstoneBytesPerWrite = 16'384;

}  // namespace

void TransactionUpkeep::next_turn(const char* name, wire::Callback<void()> action) {
  parts_.timers.schedule(name, 0, [this, action = std::move(action)]() mutable {
    coordinator::Outbox::Turn turn(parts_.outbox);
    action();
  });
}

void TransactionUpkeep::start() {
  restore_slice(std::nullopt);
  schedule_expiry();
}

// An ongoing transaction must be found when it is late, a prepared one is finished as soon as it is
// found.
void TransactionUpkeep::restore_slice(std::optional<std::string> after) {
  const auto rows = parts_.transactions.rows_behind(after, kRowsPerSlice);
  for (const auto& row : rows) {
    if (row.metadata.state == TransactionState::kOngoing || is_prepared(row.metadata.state)) {
      parts_.transactions.find(row.id);
    }
  }
  if (rows.size() < kRowsPerSlice) return;
  next_turn("restore transactions", [this, last = rows.back().id] { restore_slice(last); });
}

void TransactionUpkeep::watch_ongoing() {
  constexpr const char* kName = "abort late transactions";
  if (parts_.transactions.ongoing().empty() || parts_.timers.is_scheduled(kName)) return;
  parts_.timers.schedule(kName, parts_.options.abort_timed_out_interval_ms, [this] {
    coordinator::Outbox::Turn turn(parts_.outbox);
    abort_late();
    watch_ongoing();
  });
}

void TransactionUpkeep::abort_late() {
  const wire::TimestampMs now = parts_.clock.wall_ms();
  std::vector<std::string> late;
  for (const std::string& id : parts_.transactions.ongoing()) {
    const Transaction* transaction = parts_.transactions.find_in_use(id);
    if (transaction == nullptr || transaction->pending() || transaction->is_two_phase()) continue;
    const TransactionMetadata& metadata = transaction->committed();
    if (metadata.start_ms + metadata.timeout_ms < now) late.push_back(id);
  }
  for (const std::string& id : late) abort_timed_out_(id);
}

void TransactionUpkeep::schedule_expiry() {
  parts_.timers.schedule("expire transactional ids", parts_.options.remove_expired_interval_ms,
                         [this] {
                           coordinator::Outbox::Turn turn(parts_.outbox);
                           schedule_expiry();
                           expire_slice(std::nullopt);
                         });
}

void TransactionUpkeep::expire_slice(std::optional<std::string> after) {
  const wire::TimestampMs expired_before =
      parts_.clock.wall_ms() - parts_.options.transactional_id_expiration_ms;
  const auto rows = parts_.transactions.rows_behind(after, kRowsPerSlice);
  std::vector<std::string> expired;
  size_t bytes = 0;
  for (const auto& row : rows) {
    after = row.id;
    if (!may_expire(row.metadata.state) || row.metadata.last_update_ms > expired_before) continue;
    // The object decides: a change of it may be on its way.
    Transaction* transaction = parts_.transactions.find(row.id);
    if (transaction == nullptr || transaction->pending() ||
        !may_expire(transaction->committed().state)) {
      continue;
    }
    transaction->prepare_dead();
    expired.push_back(row.id);
    bytes += row.id.size();
    if (bytes >= kTombstoneBytesPerWrite) break;
  }
  const bool is_end = rows.empty() || (rows.size() < kRowsPerSlice && after == rows.back().id);
  forget(std::move(expired));
  if (is_end) return;
  next_turn("expire slice", [this, after = std::move(after)] { expire_slice(after); });
}

void TransactionUpkeep::forget(std::vector<std::string> ids) {
  if (ids.empty()) return;
  std::vector<coordinator::Record> records;
  records.reserve(ids.size());
  for (const std::string& id : ids) records.push_back(transaction_tombstone(id));
  wire::log::info("transaction log partition {}: {} transactional ids expire",
                  parts_.runtime.partition(), ids.size());
  parts_.runtime.write(std::move(records), [this, ids = std::move(ids)](ErrorCode error) {
    for (const std::string& id : ids) {
      Transaction* transaction = parts_.transactions.find_in_use(id);
      if (transaction == nullptr || !transaction->is_pending(TransactionState::kDead)) continue;
      if (error == ErrorCode::kNone) {
        parts_.transactions.erase(id);
      } else {
        // The next walk finds them again.
        transaction->drop_pending();
      }
    }
  });
}

}  // namespace cluster::transactions
