// The filter of ListTransactions.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cluster/transactions/transaction.h"
#include "wire/api/list_transactions.h"

namespace re2 {
class RE2;
}

namespace cluster::transactions {

class TransactionFilter {
 public:
  TransactionFilter(const wire::ListTransactionsRequest& request, wire::TimestampMs now_ms);
  ~TransactionFilter();

  // False if the pattern of ids is no regular expression (KIP-1152).  It is RE2's syntax, which is
  // Java's without look-around and back references.
  bool is_valid() const;
  // The states that it names and Kafka does not know.
  const std::vector<std::string>& unknown_states() const { return unknown_states_; }
  bool matches(const std::string& id, const TransactionMetadata& metadata) const;

 private:
  std::set<wire::ProducerId> producer_ids_;
  bool by_state_;
  std::set<TransactionState> states_;
  std::vector<std::string> unknown_states_;
  wire::DurationMs duration_ms_;  // negative: any
  wire::TimestampMs now_ms_;
  std::unique_ptr<re2::RE2> pattern_;  // null: any
};

}  // namespace cluster::transactions
