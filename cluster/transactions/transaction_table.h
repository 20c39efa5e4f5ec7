// The transactions of one coordinator partition: objects for those in use, rows for all.
//
// An object is made from its row when a request or the load needs it, and stays until its id
// expires: the epoch before the current one, which retries are known by, is in no row.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "cluster/coordinator/materialized_state.h"
#include "cluster/coordinator/string_map.h"
#include "cluster/transactions/transaction.h"
#include "wire/base/callback.h"

namespace cluster::transactions {

class TransactionTable {
 public:
  // `on_restored` is told of each object that is made from a row.  REQUIRES: state outlives this.
  TransactionTable(const coordinator::MaterializedState& state,
                   wire::Callback<void(Transaction&)> on_restored)
      : state_(state), on_restored_(std::move(on_restored)) {}

  // Null if there is none.  The pointer stays good until the id is erased.
  Transaction* find(std::string_view id);
  Transaction* find_in_use(std::string_view id);
  // REQUIRES: find() is null.
  Transaction& create(std::string_view id, TransactionMetadata metadata);
  void erase(std::string_view id);
  void clear();

  // What clients may see of an id; false if there is none.
  bool view(std::string_view id, absl::FunctionRef<void(const TransactionMetadata&)> show) const;
  // Of every id.
  void view_all(absl::FunctionRef<void(const std::string&, const TransactionMetadata&)> show) const;
  // Up to `limit` rows behind the id `after`, in their order; fewer only at the end.
  struct Row {
    std::string id;
    TransactionMetadata metadata;
  };
  std::vector<Row> rows_behind(const std::optional<std::string>& after, size_t limit) const;

  // Keeps ongoing() right; to be called when the state of a transaction has changed.
  void note_state(const Transaction& transaction);
  const absl::flat_hash_set<std::string>& ongoing() const { return ongoing_; }

 private:
  const coordinator::MaterializedState& state_;
  wire::Callback<void(Transaction&)> on_restored_;
  coordinator::StringMap<std::unique_ptr<Transaction>> transactions_;
  absl::flat_hash_set<std::string> ongoing_;
};

}  // namespace cluster::transactions
