#include "cluster/transactions/transaction_table.h"

#include <utility>

#include "cluster/transactions/transaction_records.h"
#include "wire/base/check.h"

namespace cluster::transactions {

using coordinator::View;

namespace {

constexpr size_t kRowsPerWalk = 512;

}  // namespace

Transaction* TransactionTable::find_in_use(std::string_view id) {
  const auto found = transactions_.find(id);
  return found == transactions_.end() ? nullptr : found->second.get();
}

Transaction* TransactionTable::find(std::string_view id) {
  if (Transaction* transaction = find_in_use(id)) return transaction;
  const std::optional<std::string> row = state_.get(View::kLatest, transaction_key(id));
  if (!row) return nullptr;
  auto metadata = parse_transaction_value(*row);
  if (!metadata) return nullptr;
  Transaction& restored = create(id, *std::move(metadata));
  on_restored_(restored);
  return &restored;
}

Transaction& TransactionTable::create(std::string_view id, TransactionMetadata metadata) {
  const auto [added, is_new] = transactions_.emplace(
      std::string(id), std::make_unique<Transaction>(std::string(id), std::move(metadata)));
  CHECK(is_new);
  note_state(*added->second);
  return *added->second;
}

void TransactionTable::erase(std::string_view id) {
  const auto found = transactions_.find(id);
  if (found == transactions_.end()) return;
  ongoing_.erase(found->first);
  transactions_.erase(found);
}

void TransactionTable::clear() {
  transactions_.clear();
  ongoing_.clear();
}

bool TransactionTable::view(std::string_view id,
                            absl::FunctionRef<void(const TransactionMetadata&)> show) const {
  if (const auto found = transactions_.find(id); found != transactions_.end()) {
    show(found->second->committed());
    return true;
  }
  const std::optional<std::string> row = state_.get(View::kCommitted, transaction_key(id));
  if (!row) return false;
  const auto metadata = parse_transaction_value(*row);
  if (metadata) show(*metadata);
  return metadata.has_value();
}

void TransactionTable::view_all(
    absl::FunctionRef<void(const std::string&, const TransactionMetadata&)> show) const {
  // Objects first: one that was just created has no row yet.
  for (const auto& [id, transaction] : transactions_) show(id, transaction->committed());
  std::optional<std::string> after;
  while (true) {
    const std::vector<Row> rows = rows_behind(after, kRowsPerWalk);
    for (const Row& row : rows) {
      if (!transactions_.contains(row.id)) show(row.id, row.metadata);
    }
    if (rows.size() < kRowsPerWalk) return;
    after = rows.back().id;
  }
}

std::vector<TransactionTable::Row> TransactionTable::rows_behind(
    const std::optional<std::string>& after, size_t limit) const {
  std::vector<Row> rows;
  coordinator::MaterializedState::Walk walk = state_.walk(View::kCommitted);
  // The first key behind `after` in byte order: the same with one more byte.
  walk.seek(after ? transaction_key(*after) + '\0' : std::string());
  for (; walk.valid() && rows.size() < limit; walk.next()) {
    auto id = parse_transaction_key(walk.key());
    auto metadata = parse_transaction_value(walk.value());
    if (id && metadata) rows.push_back({*std::move(id), *std::move(metadata)});
  }
  return rows;
}

void TransactionTable::note_state(const Transaction& transaction) {
  if (transaction.committed().state == TransactionState::kOngoing) {
    ongoing_.insert(transaction.id());
  } else {
    ongoing_.erase(transaction.id());
  }
}

}  // namespace cluster::transactions
