#include "storage/compaction_transactions.h"

#include <utility>

#include "wire/records/control_record.h"

namespace storage {

void CompactionTransactions::add_aborted(std::span<const AbortedTransaction> transactions) {
  for (const AbortedTransaction& transaction : transactions) upcoming_.push(transaction);
}

void CompactionTransactions::walk_to(wire::Offset offset) {
  while (!upcoming_.empty() && upcoming_.top().first_offset <= offset) {
    aborted_.try_emplace(upcoming_.top().producer_id, Ongoing{.transaction = upcoming_.top()});
    upcoming_.pop();
  }
}

bool CompactionTransactions::read_data(const wire::RecordBatchView& header) {
  walk_to(header.last_offset());
  if (!header.is_transactional()) return false;
  const auto ongoing = aborted_.find(header.producer_id());
  if (ongoing == aborted_.end()) {
    committed_.insert(header.producer_id());
    return false;
  }
  ongoing->second.batch_seen = true;
  return true;
}

bool CompactionTransactions::read_marker(const wire::RecordBatchView& batch) {
  walk_to(batch.last_offset());
  // An earlier compaction emptied it.
  if (batch.record_count() == 0) return true;
  const auto marker = wire::parse_end_transaction_batch(batch);
  // What cannot be read, or is no marker, stays.
  if (!marker || !*marker) return false;
  if ((*marker)->committed) return committed_.erase(batch.producer_id()) == 0;
  const auto ongoing = aborted_.extract(batch.producer_id());
  if (ongoing.empty() || !ongoing.mapped().batch_seen) return true;
  retained_.push_back(ongoing.mapped().transaction);
  return false;
}

std::vector<AbortedTransaction> CompactionTransactions::take_retained() {
  return std::exchange(retained_, {});
}

}  // namespace storage
