#include "cluster/transactions/transaction_listing.h"

#include <algorithm>

#include "re2/re2.h"

namespace cluster::transactions {

TransactionFilter::TransactionFilter(const wire::ListTransactionsRequest& request,
                                     wire::TimestampMs now_ms)
    : producer_ids_(request.producer_id_filters.begin(), request.producer_id_filters.end()),
      by_state_(!request.state_filters.empty()),
      duration_ms_(request.duration_filter),
      now_ms_(now_ms) {
  for (const std::string& name : request.state_filters) {
    if (const auto state = state_named(name)) {
      states_.insert(*state);
    } else if (std::find(unknown_states_.begin(), unknown_states_.end(), name) ==
               unknown_states_.end()) {
      unknown_states_.push_back(name);
    }
  }
  if (request.transactional_id_pattern && !request.transactional_id_pattern->empty()) {
    re2::RE2::Options quiet;
    quiet.set_log_errors(false);
    pattern_ = std::make_unique<re2::RE2>(*request.transactional_id_pattern, quiet);
  }
}

TransactionFilter::~TransactionFilter() = default;

bool TransactionFilter::is_valid() const {
  return pattern_ == nullptr || pattern_->ok();
}

bool TransactionFilter::matches(const std::string& id, const TransactionMetadata& metadata) const {
  if (!producer_ids_.empty() && !producer_ids_.contains(metadata.producer_id)) return false;
  if (by_state_ && !states_.contains(metadata.state)) return false;
  // As in Kafka, what never began is older than any duration.
  if (duration_ms_ >= 0 && now_ms_ - metadata.start_ms <= duration_ms_) return false;
  return pattern_ == nullptr || re2::RE2::FullMatch(id, *pattern_);
}

}  // namespace cluster::transactions
