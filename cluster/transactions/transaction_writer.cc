#include "cluster/transactions/transaction_writer.h"

#include <utility>
#include <vector>

#include "cluster/transactions/transaction_records.h"
#include "wire/base/log.h"

namespace cluster::transactions {

using wire::ErrorCode;

void TransactionWriter::write(const std::string& id, TransactionMetadata next, OnFailure on_failure,
                              wire::Callback<void(ErrorCode)> done) {
  std::vector<coordinator::Record> records;
  records.push_back(transaction_record(id, next, cluster_.transaction_version()));
  const wire::DurationMs timeout_ms = next.timeout_ms;
  auto written = [this, id, next = std::move(next), on_failure,
                  done = std::move(done)](ErrorCode error) mutable {
    coordinator::Outbox::Turn turn(outbox_);
    Transaction* transaction = transactions_.find_in_use(id);
    if (transaction == nullptr || !transaction->is_pending(next.state)) {
      // The partition was given up meanwhile.
      return done(error == ErrorCode::kNone ? ErrorCode::kNotCoordinator : error);
    }
    if (error == ErrorCode::kNone) {
      transaction->take(std::move(next));
      transactions_.note_state(*transaction);
    } else {
      wire::log::info("transaction {}: its change to {} is not written: {}",
                      wire::log::printable(id), state_name(next.state), wire::error_name(error));
      if (on_failure == OnFailure::kDropPending) transaction->drop_pending();
    }
    done(error);
  };
  runtime_.write(std::move(records), std::move(written), timeout_ms);
}

}  // namespace cluster::transactions
