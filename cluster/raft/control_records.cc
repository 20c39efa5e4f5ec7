#include "cluster/raft/control_records.h"

#include <string>
#include <utility>

#include "wire/control/kraft_version_record.h"
#include "wire/control/leader_change_message.h"
#include "wire/control/snapshot_footer_record.h"
#include "wire/control/snapshot_header_record.h"
#include "wire/control/voters_record.h"
#include "wire/reader.h"
#include "wire/records/control_record.h"
#include "wire/records/record.h"
#include "wire/records/record_batch_builder.h"
#include "wire/writer.h"

namespace cluster::raft {
namespace {

class ControlBatch {
 public:
  explicit ControlBatch(const BatchPlace& place)
      : now_ms_(place.now_ms), builder_(options(place)) {}

  template <typename Message>
  void add(wire::ControlRecordType type, const Message& message) {
    wire::Writer writer;
    message.encode(writer, 0);
    const wire::Bytes value = writer.take_contiguous();
    const std::string key = wire::control_record_key(type);
    builder_.append(now_ms_, key, value.view());
  }
  wire::Bytes build() { return builder_.build(); }

 private:
  static wire::BatchOptions options(const BatchPlace& place) {
    wire::BatchOptions options;
    options.base_offset = place.base_offset;
    options.partition_leader_epoch = place.epoch;
    options.control = true;
    return options;
  }

  wire::TimestampMs now_ms_;
  wire::RecordBatchBuilder builder_;
};

void add_version(ControlBatch& batch, int16_t kraft_version) {
  wire::KRaftVersionRecord record;
  record.version = 0;
  record.k_raft_version = kraft_version;
  batch.add(wire::ControlRecordType::kKRaftVersion, record);
}

template <typename Message>
wire::Result<Message> decode(const std::optional<std::string_view>& value, const char* what) {
  if (!value) {
    return wire::Error{wire::ErrorCode::kInvalidRecord, std::string(what) + " without a value"};
  }
  wire::Reader reader(wire::Bytes::copy(*value));
  Message message;
  message.decode(reader, 0);
  if (!reader.ok()) {
    return wire::Error{wire::ErrorCode::kInvalidRecord, std::string(what) + " cannot be read"};
  }
  return message;
}

}  // namespace

wire::Bytes build_epoch_start_batch(const BatchPlace& place, const EpochStartRecords& records) {
  ControlBatch batch(place);
  wire::LeaderChangeMessage message;
  message.version = 0;
  message.leader_id = records.leader_id;
  for (wire::NodeId id : records.voters) message.voters.emplace_back().voter_id = id;
  for (wire::NodeId id : records.granting_voters) {
    message.granting_voters.emplace_back().voter_id = id;
  }
  batch.add(wire::ControlRecordType::kLeaderChange, message);
  if (records.voter_set) {
    add_version(batch, records.kraft_version);
    batch.add(wire::ControlRecordType::kKRaftVoters, records.voter_set->to_record());
  }
  return batch.build();
}

wire::Bytes build_voters_batch(const BatchPlace& place, std::optional<int16_t> kraft_version,
                               const std::optional<VoterSet>& voters) {
  ControlBatch batch(place);
  if (kraft_version) add_version(batch, *kraft_version);
  if (voters) batch.add(wire::ControlRecordType::kKRaftVoters, voters->to_record());
  return batch.build();
}

wire::Bytes build_snapshot_header_batch(const BatchPlace& place, const SnapshotControl& control) {
  ControlBatch batch(place);
  wire::SnapshotHeaderRecord header;
  header.version = 0;
  header.last_contained_log_timestamp = control.last_append_time_ms;
  batch.add(wire::ControlRecordType::kSnapshotHeader, header);
  if (control.kraft_version >= 1) {
    add_version(batch, control.kraft_version);
    if (control.voters) {
      batch.add(wire::ControlRecordType::kKRaftVoters, control.voters->to_record());
    }
  }
  return batch.build();
}

wire::Bytes build_snapshot_footer_batch(const BatchPlace& place) {
  ControlBatch batch(place);
  wire::SnapshotFooterRecord footer;
  footer.version = 0;
  batch.add(wire::ControlRecordType::kSnapshotFooter, footer);
  return batch.build();
}

wire::Result<std::vector<ControlChange>> read_control_changes(const wire::RecordBatchView& batch) {
  std::vector<ControlChange> changes;
  std::optional<wire::Error> error;
  const wire::Status status = wire::for_each_record_view(
      batch, wire::kDefaultInflateLimit, [&](const wire::RecordView& record) {
        const auto type = wire::parse_control_record_key(record.key);
        if (type == wire::ControlRecordType::kKRaftVersion) {
          auto version = decode<wire::KRaftVersionRecord>(record.value, "KRaftVersion record");
          if (!version.ok()) {
            error = version.error();
            return false;
          }
          changes.push_back({record.offset, std::nullopt, version->k_raft_version});
        } else if (type == wire::ControlRecordType::kKRaftVoters) {
          auto voters = decode<wire::VotersRecord>(record.value, "Voters record");
          if (!voters.ok()) {
            error = voters.error();
            return false;
          }
          changes.push_back({record.offset, VoterSet::from_record(*voters), std::nullopt});
        }
        return true;
      });
  if (error) return *error;
  if (!status.ok()) return status.error();
  return changes;
}

wire::Result<bool> read_snapshot_control(const wire::RecordBatchView& batch,
                                         SnapshotControl& control) {
  bool footer = false;
  std::optional<wire::Error> error;
  const wire::Status status = wire::for_each_record_view(
      batch, wire::kDefaultInflateLimit, [&](const wire::RecordView& record) {
        const auto type = wire::parse_control_record_key(record.key);
        if (type == wire::ControlRecordType::kSnapshotHeader) {
          auto header = decode<wire::SnapshotHeaderRecord>(record.value, "snapshot header");
          if (header.ok()) {
            control.last_append_time_ms = header->last_contained_log_timestamp;
          } else {
            error = header.error();
          }
        }
        footer = footer || type == wire::ControlRecordType::kSnapshotFooter;
        return !error;
      });
  if (error) return *error;
  if (!status.ok()) return status.error();
  auto changes = read_control_changes(batch);
  if (!changes.ok()) return changes.error();
  for (ControlChange& change : *changes) {
    if (change.kraft_version) control.kraft_version = *change.kraft_version;
    if (change.voters) control.voters = std::move(change.voters);
  }
  return footer;
}

}  // namespace cluster::raft
