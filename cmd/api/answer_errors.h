// Which error codes an answer holds, wherever in it they are.
//
// Looks into the members by their names in the schema; a test compares these with the schemas.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "wire/error_code.h"

namespace api {

struct ErrorCount {
  wire::ErrorCode code = wire::ErrorCode::kNone;
  uint32_t count = 0;
};

// Empty, and without memory of its own, unless something has failed.
class ErrorCounts {
 public:
  void add(wire::ErrorCode code) {
    if (code == wire::ErrorCode::kNone) return;
    for (ErrorCount& counted : counts_) {
      if (counted.code == code) {
        ++counted.count;
        return;
      }
    }
    counts_.push_back({code, 1});
  }
  const std::vector<ErrorCount>& all() const { return counts_; }
  bool empty() const { return counts_.empty(); }

 private:
  std::vector<ErrorCount> counts_;
};

template <typename Value>
void add_errors(const Value& value, ErrorCounts& counts);

template <typename Value>
void add_errors(const std::vector<Value>& values, ErrorCounts& counts) {
  if constexpr (std::is_class_v<Value>) {
    for (const Value& value : values) add_errors(value, counts);
  }
}

template <typename Value>
void add_errors(const std::optional<Value>& value, ErrorCounts& counts) {
  if (value) add_errors(*value, counts);
}

template <typename Value>
void add_errors(const Value& value, ErrorCounts& counts) {
  if constexpr (requires { value.error_code; }) counts.add(value.error_code);
  if constexpr (requires { value.partition_error_code; }) counts.add(value.partition_error_code);
  if constexpr (requires { value.acknowledge_error_code; })
    counts.add(value.acknowledge_error_code);
#define ODRADEK_LOOK_INTO(member) \
  if constexpr (requires { value.member; }) add_errors(value.member, counts)
  ODRADEK_LOOK_INTO(coordinators);
  ODRADEK_LOOK_INTO(directories);
  ODRADEK_LOOK_INTO(entries);
  ODRADEK_LOOK_INTO(filter_results);
  ODRADEK_LOOK_INTO(groups);
  ODRADEK_LOOK_INTO(markers);
  ODRADEK_LOOK_INTO(matching_acls);
  ODRADEK_LOOK_INTO(members);
  ODRADEK_LOOK_INTO(partition_responses);
  ODRADEK_LOOK_INTO(partition_result);
  ODRADEK_LOOK_INTO(partitions);
  ODRADEK_LOOK_INTO(replica_election_results);
  ODRADEK_LOOK_INTO(responses);
  ODRADEK_LOOK_INTO(results);
  ODRADEK_LOOK_INTO(results_by_partition);
  ODRADEK_LOOK_INTO(results_by_topic_v3_and_below);
  ODRADEK_LOOK_INTO(results_by_transaction);
  ODRADEK_LOOK_INTO(topic_results);
  ODRADEK_LOOK_INTO(topics);
  ODRADEK_LOOK_INTO(transaction_states);
#undef ODRADEK_LOOK_INTO
}

}  // namespace api
