// Which batches a compaction may drop because of how their transactions ended, found out as it walks
// along the log, batch by batch (KIP-98; Kafka's CleanedTransactionMetadata).
//
// Data of an aborted transaction goes.  A marker stays as long as any batch of its transaction is
// still in the log; of an aborted one the entry in the `.txnindex` stays with it.
#pragma once

#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "storage/transaction_index.h"
#include "wire/base/types.h"
#include "wire/records/record_batch.h"

namespace storage {

class CompactionTransactions {
 public:
  // Aborted transactions that the walk will come by, in any order.
  void add_aborted(std::span<const AbortedTransaction> transactions);

  // The next batch of data; only its header is looked at.  True if its transaction was aborted.
  bool read_data(const wire::RecordBatchView& header);
  // The next control batch.  True if nothing of its transaction has been seen: it may go.
  bool read_marker(const wire::RecordBatchView& batch);

  // The entries whose markers stayed since the last call: the index of the segment being written.
  std::vector<AbortedTransaction> take_retained();

 private:
  struct Ongoing {
    AbortedTransaction transaction;
    bool batch_seen = false;
  };
  struct LaterFirstOffset {
    bool operator()(const AbortedTransaction& a, const AbortedTransaction& b) const {
      return a.first_offset > b.first_offset;
    }
  };

  // Takes note of the transactions that begin at or below `offset`.
  void walk_to(wire::Offset offset);

  std::priority_queue<AbortedTransaction, std::vector<AbortedTransaction>, LaterFirstOffset>
      upcoming_;
  absl::flat_hash_map<wire::ProducerId, Ongoing> aborted_;
  // Producers whose batches were seen in a transaction that was, or will be, committed.
  absl::flat_hash_set<wire::ProducerId> committed_;
  std::vector<AbortedTransaction> retained_;
};

}  // namespace storage
