#include "cluster/transactions/transaction_completion.h"

#include <utility>

#include "wire/base/log.h"

namespace cluster::transactions {
namespace {

using wire::ErrorCode;

constexpr wire::DurationMs kWriteRetryDelayMs = 100;

}  // namespace

ProducerIdAndEpoch TransactionCompletion::begin(Transaction& transaction) {
  TransactionMetadata complete = transaction.prepare_complete(parts_.clock.wall_ms());
  const TransactionMetadata& prepared = transaction.committed();
  const ProducerIdAndEpoch afterwards{complete.producer_id, complete.producer_epoch};
  if (prepared.partitions.empty()) {
    write_complete(transaction.id(), complete);
    return afterwards;
  }
  TransactionMarker marker{.transactional_id = transaction.id(),
                           .producer_id = prepared.producer_id,
                           .producer_epoch = prepared.producer_epoch,
                           .coordinator_epoch = coordinator_epoch_,
                           .committed = prepared.state == TransactionState::kPrepareCommit,
                           .transaction_version = prepared.client_version};
  parts_.markers.send(partition_, std::move(marker), prepared.partitions,
                      [this, id = transaction.id(), complete = std::move(complete)](
                          const TopicPartition& settled) { on_settled(id, settled, complete); });
  return afterwards;
}

void TransactionCompletion::on_settled(const std::string& id, const TopicPartition& partition,
                                       const TransactionMetadata& complete) {
  coordinator::Outbox::Turn turn(parts_.outbox);
  Transaction* transaction = parts_.transactions.find_in_use(id);
  if (transaction == nullptr || !transaction->is_pending(complete.state)) return;
  transaction->note_marker(partition);
  if (transaction->committed().partitions.empty()) write_complete(id, complete);
}

void TransactionCompletion::write_complete(const std::string& id,
                                           const TransactionMetadata& complete) {
  parts_.writer.write(
      id, complete, TransactionWriter::OnFailure::kKeepPending,
      [this, id, complete](ErrorCode error) {
        if (error == ErrorCode::kNone) return;
        // Whoever leads the partition next finds the transaction prepared and does this again.
        if (error == ErrorCode::kNotCoordinator || error == ErrorCode::kCoordinatorLoadInProgress) {
          return;
        }
        if (error != ErrorCode::kCoordinatorNotAvailable) {
          wire::log::error("transaction {}: its completion is not written: {}; it is tried again",
                           wire::log::printable(id), wire::error_name(error));
        }
        parts_.timers.schedule("complete " + id, kWriteRetryDelayMs, [this, id, complete] {
          coordinator::Outbox::Turn turn(parts_.outbox);
          const Transaction* transaction = parts_.transactions.find_in_use(id);
          if (transaction != nullptr && transaction->is_pending(complete.state)) {
            write_complete(id, complete);
          }
        });
      });
}

}  // namespace cluster::transactions
