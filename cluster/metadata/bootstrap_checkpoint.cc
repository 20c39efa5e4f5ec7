#include "cluster/metadata/bootstrap_checkpoint.h"

#include <algorithm>
#include <string>

#include "cluster/metadata/features.h"
#include "wire/control/snapshot_footer_record.h"
#include "wire/control/snapshot_header_record.h"
#include "wire/records/control_record.h"
#include "wire/records/record.h"
#include "wire/records/record_batch.h"
#include "wire/records/record_batch_builder.h"
#include "wire/writer.h"

namespace cluster::metadata {

namespace {

constexpr wire::Epoch kEpoch = 0;

template <typename Message>
wire::Bytes control_batch(wire::ControlRecordType type, const Message& message, wire::Offset offset,
                          wire::TimestampMs now_ms) {
  wire::Writer writer;
  message.encode(writer, 0);
  return wire::build_raft_control_batch(type, writer.take_contiguous().view(), offset, kEpoch,
                                        now_ms);
}

bool finalises_metadata_version(const MetadataRecord& record) {
  const auto* feature = std::get_if<wire::FeatureLevelRecord>(&record.message);
  return feature != nullptr && feature->name == kMetadataVersionFeature;
}

}  // namespace

wire::Bytes encode_bootstrap_checkpoint(const std::vector<MetadataRecord>& records,
                                        wire::TimestampMs now_ms) {
  std::string file;
  file += control_batch(wire::ControlRecordType::kSnapshotHeader, wire::SnapshotHeaderRecord{}, 0,
                        now_ms)
              .view();
  wire::BatchOptions options;
  options.base_offset = 1;
  options.partition_leader_epoch = kEpoch;
  wire::RecordBatchBuilder builder(options);
  for (const MetadataRecord& record : records) {
    builder.append(now_ms, std::nullopt, encode_record(record).view());
  }
  const wire::Offset end = builder.next_offset();
  file += builder.build().view();
  file += control_batch(wire::ControlRecordType::kSnapshotFooter, wire::SnapshotFooterRecord{}, end,
                        now_ms)
              .view();
  return wire::Bytes::adopt(std::move(file));
}

wire::Result<std::vector<MetadataRecord>> decode_bootstrap_checkpoint(const wire::Bytes& file) {
  std::vector<MetadataRecord> records;
  wire::Bytes rest = file;
  while (!rest.empty()) {
    auto batch = wire::RecordBatchView::parse(rest);
    if (!batch) return batch.error();
    rest = rest.slice(batch->size_bytes());
    if (!batch->crc_is_valid()) {
      return wire::Error{wire::ErrorCode::kCorruptMessage,
                         "bootstrap.checkpoint: a batch has a wrong checksum"};
    }
    if (batch->is_control()) continue;
    auto in_batch = wire::read_records(*batch);
    if (!in_batch) return in_batch.error();
    for (const wire::Record& raw : *in_batch) {
      auto record = decode_record(raw.value.value_or(wire::Bytes()));
      if (!record) return record.error();
      records.push_back(std::move(*record));
    }
  }
  if (std::none_of(records.begin(), records.end(), finalises_metadata_version)) {
    return wire::Error{wire::ErrorCode::kUnknownServerError,
                       "bootstrap.checkpoint: no record finalises metadata.version"};
  }
  return records;
}

}  // namespace cluster::metadata
