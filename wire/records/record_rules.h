// What a leader demands of each record, whatever format it came in, and how it says no:
// LogValidator.validateRecord.  Shared by the validations of batches and of message sets; not for
// use outside wire/records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"
#include "wire/records/batch_validation.h"
#include "wire/records/record_batch.h"

namespace wire {

// "tweets-3": how Kafka's messages name the partition.
std::string place(const ValidationOptions& options);
// Whether the topic refuses this CreateTime.
bool out_of_range(TimestampMs timestamp, const ValidationOptions& options);

// What the rules ask of a record.
struct CheckedRecord {
  Offset offset = 0;
  TimestampMs timestamp = kNoTimestamp;
  bool has_key = false;
  size_t key_size = 0;
  size_t value_size = 0;
};

// Collects what is wrong with the records of one batch.
class RecordRules {
 public:
  // `options` outlives this.  `source`: what the client's batch says of its timestamps.
  RecordRules(const ValidationOptions& options, TimestampType source)
      : options_(options), source_(source) {}

  void check(int32_t index, const CheckedRecord& record);
  // For what only one format's records can do wrong.
  void refuse(int32_t index, std::string problem);

  bool refused() const { return error_count_ > 0; }
  // REQUIRES: refused().  The rules are spent.
  RefusedBatch refusal();

 private:
  std::string problem_of(const CheckedRecord& record);
  std::string shown_errors() const;

  const ValidationOptions& options_;
  const TimestampType source_;
  bool bad_timestamp_ = false;
  size_t error_count_ = 0;
  std::vector<RecordError> errors_;
};

ProducePlan refused_plan(const Error& error);
// Takes a batch that was written anew, unless it has grown beyond what the topic allows.
ProducePlan accept_rebuilt(Bytes batch, const ValidationOptions& options);

}  // namespace wire
