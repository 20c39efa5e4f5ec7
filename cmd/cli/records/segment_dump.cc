#include "cmd/cli/records/segment_dump.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/core.h>

#include "cmd/cli/broker_options.h"
#include "cmd/cli/output.h"
#include "wire/base/big_endian.h"
#include "wire/base/varint.h"
#include "wire/json_writer.h"
#include "wire/message_registry.h"
#include "wire/reader.h"
#include "wire/records/control_record.h"
#include "wire/records/record.h"

namespace cli {
namespace {

constexpr size_t kIndexEntryBytes = 8;
constexpr size_t kTimeIndexEntryBytes = 12;
constexpr size_t kTransactionEntryBytes = 34;
constexpr size_t kProducerHeaderBytes = 10;
constexpr size_t kProducerEntryBytes = 46;

template <typename Number>
Number load(std::string_view bytes, size_t at) {
  return wire::load_big_endian<Number>(reinterpret_cast<const uint8_t*>(bytes.data()) + at);
}

// RegisterBrokerRecord -> REGISTER_BROKER_RECORD
std::string upper_case(std::string_view name) {
  std::string text;
  for (const char character : name) {
    const bool upper = character >= 'A' && character <= 'Z';
    if (upper && !text.empty()) text += '_';
    text += static_cast<char>(std::toupper(static_cast<unsigned char>(character)));
  }
  return text;
}

std::string json_of(const wire::MessageInfo& info, wire::Reader& reader, int16_t version) {
  if (version < info.min_version || version > info.max_version) {
    return fmt::format("(version {} of {} is not known)", version, info.name);
  }
  const auto message = info.create();
  message->decode(reader, version);
  if (!reader.ok()) return fmt::format("(unreadable {})", info.name);
  wire::JsonWriter json;
  message->write_json(json, version);
  return json.take();
}

// A record of the metadata log: frame version, type, version, message.
std::string metadata_payload(std::string_view value) {
  wire::Reader reader(wire::Bytes::copy(value));
  const uint32_t frame_version = reader.read_unsigned_varint();
  const auto type = static_cast<int16_t>(reader.read_unsigned_varint());
  const auto version = static_cast<int16_t>(reader.read_unsigned_varint());
  if (!reader.ok() || frame_version != 1) return "(no metadata record)";
  for (const wire::MessageInfo& info : wire::message_registry()) {
    if (info.kind != wire::MessageKind::kRecord || info.key != type) continue;
    return fmt::format("{{\"type\":\"{}\",\"version\":{},\"data\":{}}}", upper_case(info.name),
                       version, json_of(info, reader, version));
  }
  return fmt::format("(metadata record of type {})", type);
}

// A Raft control record, whose message begins with its version.
std::string raft_payload(std::string_view name, std::string_view value) {
  if (value.size() < 2) return "(unreadable)";
  wire::Reader reader(wire::Bytes::copy(value));
  for (const wire::MessageInfo& info : wire::message_registry()) {
    if (info.name == name) return json_of(info, reader, load<int16_t>(value, 0));
  }
  return "(unknown)";
}

std::string control_text(const wire::RecordView& record) {
  const auto type = wire::parse_control_record_key(record.key);
  const std::string_view value = record.value.value_or("");
  if (!type) return " controlType: UNKNOWN";
  switch (*type) {
    case wire::ControlRecordType::kAbort:
    case wire::ControlRecordType::kCommit:
      return fmt::format(" endTxnMarker: {} coordinatorEpoch: {}",
                         *type == wire::ControlRecordType::kCommit ? "COMMIT" : "ABORT",
                         value.size() >= 6 ? load<int32_t>(value, 2) : -1);
    case wire::ControlRecordType::kLeaderChange:
      return " LeaderChange: " + raft_payload("LeaderChangeMessage", value);
    case wire::ControlRecordType::kSnapshotHeader:
      return " SnapshotHeader " + raft_payload("SnapshotHeaderRecord", value);
    case wire::ControlRecordType::kSnapshotFooter:
      return " SnapshotFooter " + raft_payload("SnapshotFooterRecord", value);
    case wire::ControlRecordType::kKRaftVersion:
      return " KRaftVersion " + raft_payload("KRaftVersionRecord", value);
    case wire::ControlRecordType::kKRaftVoters:
      return " KRaftVoters " + raft_payload("VotersRecord", value);
  }
  return "";
}

const char* timestamp_name(const wire::RecordBatchView& batch) {
  return batch.timestamp_type() == wire::TimestampType::kCreateTime ? "CreateTime"
                                                                    : "LogAppendTime";
}

std::string batch_line(const wire::RecordBatchView& batch, size_t position) {
  constexpr std::string_view kCodecs[] = {"none", "gzip", "snappy", "lz4", "zstd"};
  const std::string_view codec = batch.has_known_codec() ? kCodecs[batch.codec()] : "unknown";
  const auto horizon = batch.delete_horizon();
  return fmt::format(
      "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} "
      "producerEpoch: {} partitionLeaderEpoch: {} isTransactional: {} isControl: {} "
      "deleteHorizonMs: {} position: {} {}: {} size: {} magic: {} compresscodec: {} crc: {} "
      "isvalid: {}\n",
      batch.base_offset(), batch.last_offset(), batch.record_count(), batch.base_sequence(),
      batch.last_sequence(), batch.producer_id(), batch.producer_epoch(),
      batch.partition_leader_epoch(), batch.is_transactional(), batch.is_control(),
      horizon ? fmt::format("OptionalLong[{}]", *horizon) : "OptionalLong.empty", position,
      timestamp_name(batch), batch.max_timestamp(), batch.size_bytes(), batch.magic(), codec,
      batch.crc(), batch.crc_is_valid());
}

std::string record_line(const wire::RecordBatchView& batch, const wire::RecordView& record,
                        const SegmentDumpOptions& options) {
  std::string line;
  const auto size_of = [](const auto& part) {
    return part ? static_cast<int64_t>(part->size()) : int64_t{-1};
  };
  if (!options.skip_record_metadata) {
    std::vector<std::string> headers;
    for (const wire::RecordHeader& header : record.headers) headers.emplace_back(header.key);
    line =
        fmt::format("| offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [{}]",
                    record.offset, timestamp_name(batch), record.timestamp, size_of(record.key),
                    size_of(record.value), record.sequence, join(headers, ","));
    if (batch.is_control()) line += control_text(record);
  }
  if (options.payloads && !batch.is_control()) {
    std::string prefix = options.skip_record_metadata ? "| " : " ";
    const bool metadata = options.payload == SegmentDumpOptions::Payload::kMetadata;
    if (record.key && !metadata) {
      line += prefix + "key: " + std::string(*record.key);
      prefix = " ";
    }
    if (record.value) {
      line += prefix + "payload: " +
              (metadata ? metadata_payload(*record.value) : std::string(*record.value));
    }
  }
  return line + "\n";
}

void dump_batches(const std::string& path, const std::string& bytes,
                  const SegmentDumpOptions& options, SegmentDump& dump) {
  const std::string plain =
      bytes.substr(0, std::min(bytes.size(), static_cast<size_t>(options.bytes_max)));
  wire::BatchIterator batches(wire::Bytes::copy(plain));
  wire::Offset expected = -1;
  while (batches.next()) {
    const wire::RecordBatchView& batch = batches.batch();
    dump.text += batch_line(batch, batches.position());
    if (!options.records) continue;
    const auto walked = wire::for_each_record_view(
        batch, wire::kDefaultInflateLimit, [&](const wire::RecordView& record) {
          if (expected >= 0 && record.offset != expected) {
            dump.problems.push_back(
                fmt::format("Non-consecutive offsets in {}: {} is followed by {}", path,
                            expected - 1, record.offset));
          }
          expected = record.offset + 1;
          dump.text += record_line(batch, record, options);
          return true;
        });
    if (!walked.ok()) dump.problems.push_back(path + ": " + walked.error().detail);
  }
  if (!batches.status().ok())
    dump.problems.push_back(path + ": " + batches.status().error().detail);
  if (batches.remaining() > 0 && options.bytes_max == INT32_MAX) {
    dump.text += fmt::format("Found {} invalid bytes at the end of {}\n", batches.remaining(),
                             std::filesystem::path(path).filename().string());
  }
}

int64_t base_offset_of(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  int64_t offset = 0;
  std::from_chars(name.data(), name.data() + name.size(), offset);
  return offset;
}

// Entries that a crash or preallocation left as zeros end the index.
void dump_index(const std::string& path, std::string_view bytes, SegmentDump& dump) {
  const int64_t base = base_offset_of(path);
  if (bytes.size() < kIndexEntryBytes) dump.text += path + " is empty.\n";
  for (size_t at = 0; at + kIndexEntryBytes <= bytes.size(); at += kIndexEntryBytes) {
    const auto relative = load<int32_t>(bytes, at);
    if (relative == 0 && at > 0) return;
    dump.text +=
        fmt::format("offset: {} position: {}\n", base + relative, load<int32_t>(bytes, at + 4));
  }
}

void dump_time_index(const std::string& path, std::string_view bytes, SegmentDump& dump) {
  const int64_t base = base_offset_of(path);
  for (size_t at = 0; at + kTimeIndexEntryBytes <= bytes.size(); at += kTimeIndexEntryBytes) {
    const auto relative = load<int32_t>(bytes, at + 8);
    if (relative == 0 && at > 0) return;
    dump.text +=
        fmt::format("timestamp: {} offset: {}\n", load<int64_t>(bytes, at), base + relative);
  }
}

void dump_transaction_index(std::string_view bytes, SegmentDump& dump) {
  for (size_t at = 0; at + kTransactionEntryBytes <= bytes.size(); at += kTransactionEntryBytes) {
    dump.text += fmt::format(
        "version: {} producerId: {} firstOffset: {} lastOffset: {} lastStableOffset: {}\n",
        load<int16_t>(bytes, at), load<int64_t>(bytes, at + 2), load<int64_t>(bytes, at + 10),
        load<int64_t>(bytes, at + 18), load<int64_t>(bytes, at + 26));
  }
}

void dump_producers(const std::string& path, std::string_view bytes, SegmentDump& dump) {
  if (bytes.size() < kProducerHeaderBytes) {
    dump.problems.push_back(path + " is no snapshot of producers");
    return;
  }
  for (size_t at = kProducerHeaderBytes; at + kProducerEntryBytes <= bytes.size();
       at += kProducerEntryBytes) {
    const auto last_sequence = load<int32_t>(bytes, at + 10);
    const auto last_offset = load<int64_t>(bytes, at + 14);
    const auto delta = load<int32_t>(bytes, at + 22);
    const auto transaction = load<int64_t>(bytes, at + 38);
    dump.text += fmt::format(
        "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {} "
        "lastTimestamp: {}",
        load<int64_t>(bytes, at), load<int16_t>(bytes, at + 8), load<int32_t>(bytes, at + 34),
        transaction < 0 ? "OptionalLong.empty" : fmt::format("OptionalLong[{}]", transaction),
        load<int64_t>(bytes, at + 26));
    if (last_offset >= 0) {
      const auto first_sequence = static_cast<int32_t>(
          (static_cast<uint32_t>(last_sequence) - static_cast<uint32_t>(delta)) & 0x7FFFFFFFU);
      dump.text += fmt::format(
          " firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
          first_sequence, last_sequence, last_offset, delta, load<int64_t>(bytes, at + 26));
    }
    dump.text += '\n';
  }
}

// "00000000000000000042-0000000003.checkpoint"
void begin_checkpoint(const std::string& path, SegmentDump& dump) {
  const std::string name = std::filesystem::path(path).filename().string();
  const size_t dash = name.find('-');
  if (dash == std::string::npos) {
    dump.text += "KRaft bootstrap snapshot\n";
    return;
  }
  int32_t epoch = 0;
  std::from_chars(name.data() + dash + 1, name.data() + name.size(), epoch);
  dump.text += fmt::format("Snapshot end offset: {}, epoch: {}\n", base_offset_of(path), epoch);
}

}  // namespace

wire::Result<SegmentDump> dump_segment_file(const std::string& path,
                                            const SegmentDumpOptions& options) {
  const auto bytes = read_text(path);
  if (!bytes.ok()) return bytes.error();
  SegmentDump dump;
  dump.text = "Dumping " + path + "\n";
  const std::string kind = std::filesystem::path(path).extension().string();
  if (kind == ".log") {
    dump.text += fmt::format("Log starting offset: {}\n", base_offset_of(path));
    dump_batches(path, *bytes, options, dump);
  } else if (kind == ".checkpoint") {
    begin_checkpoint(path, dump);
    dump_batches(path, *bytes, options, dump);
  } else if (kind == ".index") {
    dump_index(path, *bytes, dump);
  } else if (kind == ".timeindex") {
    dump_time_index(path, *bytes, dump);
  } else if (kind == ".txnindex") {
    dump_transaction_index(*bytes, dump);
  } else if (kind == ".snapshot") {
    dump_producers(path, *bytes, dump);
  } else {
    dump.problems.push_back("Ignoring unknown file " + path);
  }
  return dump;
}

}  // namespace cli
