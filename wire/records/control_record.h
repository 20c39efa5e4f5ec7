// Control records: what brokers write between a log's data, invisible to consumers.
//
//   key:   version i16 = 0 | type i16
//   value: of a transaction marker: version i16 = 0 | coordinator epoch i32;
//          of Raft's own records: the message of wire/control/, whose first field is its version
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/base/bytes.h"
#include "wire/base/types.h"
#include "wire/records/record_batch.h"

namespace wire {

enum class ControlRecordType : int16_t {
  kAbort = 0,
  kCommit = 1,
  kLeaderChange = 2,
  kSnapshotHeader = 3,
  kSnapshotFooter = 4,
  kKRaftVersion = 5,
  kKRaftVoters = 6,
};

// The key of a control record, and back.  Nothing for a key that is cut off or a type that this
// version does not know.
std::string control_record_key(ControlRecordType type);
std::optional<ControlRecordType> parse_control_record_key(std::optional<std::string_view> key);

// How one producer's transaction ended in one partition.
struct EndTransactionMarker {
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch = kNoProducerEpoch;
  bool committed = false;
  Epoch coordinator_epoch = 0;

  bool operator==(const EndTransactionMarker&) const = default;
};

// The batch of one marker; `timestamp_type` is that of the topic.
Bytes build_end_transaction_batch(const EndTransactionMarker& marker, TimestampMs now,
                                  Offset base_offset = 0, Epoch leader_epoch = kNoEpoch,
                                  TimestampType timestamp_type = TimestampType::kCreateTime);
// The marker in a control batch, or nothing if the batch holds none (Raft's control records); an
// error if it is malformed.
Result<std::optional<EndTransactionMarker>> parse_end_transaction_batch(
    const RecordBatchView& batch);

// A Raft control record's batch: `value` is the encoded message.
Bytes build_raft_control_batch(ControlRecordType type, std::string_view value, Offset base_offset,
                               Epoch leader_epoch, TimestampMs now);

}  // namespace wire
