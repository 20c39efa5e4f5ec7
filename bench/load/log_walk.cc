#include "bench/load/log_walk.h"

#include "bench/load/requests.h"
#include "bench/load/topic.h"
#include "wire/api/fetch.h"

namespace load {

wire::Result<wire::Bytes> fetched_records(const wire::Bytes& answer) {
  constexpr size_t kHeaderSize = 8;
  wire::Reader reader(answer.slice(kHeaderSize));
  wire::FetchResponse response;
  response.decode(reader, kFetchVersion);
  if (!reader.ok())
    return wire::Error{wire::ErrorCode::kUnknownServerError, std::string(reader.error())};
  if (response.error_code != wire::ErrorCode::kNone)
    return wire::Error{response.error_code, "a fetch was refused"};
  if (response.responses.size() != 1 || response.responses[0].partitions.size() != 1)
    return wire::Error{wire::ErrorCode::kUnknownServerError,
                       "a fetch answer without its partition"};
  auto& data = response.responses[0].partitions[0];
  if (data.error_code != wire::ErrorCode::kNone)
    return wire::Error{data.error_code, "a fetch was refused"};
  return std::move(data.records).value_or(wire::Bytes());
}

wire::Status walk_log(const Options& options, wire::PartitionIndex partition, wire::Offset from,
                      wire::Offset end, const LogVisitor& visitor) {
  constexpr int32_t kMaxWaitMs = 500;
  Dialogue dialogue(options);
  while (from < end) {
    auto answer = dialogue.ask(fetch_frame(options, partition, from, kMaxWaitMs));
    if (!answer.ok()) return answer.error();
    auto records = fetched_records(*answer);
    if (!records.ok()) return records.error();
    const wire::Offset asked = from;
    wire::BatchIterator batches(*records);
    while (batches.next()) {
      if (auto visited = visitor.on_batch(batches.batch()); !visited.ok()) return visited;
      from = batches.batch().next_offset();
    }
    if (!batches.status().ok()) return batches.status();
    if (from == asked)
      return wire::Error{wire::ErrorCode::kInvalidRecord,
                         "no batch at offset " + std::to_string(asked) + " of " + options.topic};
    visitor.on_piece({asked, answer->size()});
  }
  return {};
}

wire::Result<Checked> check_logs(const Options& options) {
  Checked checked;
  for (wire::PartitionIndex partition = 0; partition < options.partitions; ++partition) {
    auto bounds = log_bounds(options, partition);
    if (!bounds.ok()) return bounds.error();
    wire::Offset expected = bounds->start;
    const auto on_batch = [&](const wire::RecordBatchView& batch) -> wire::Status {
      // A log may begin inside its first batch: retention and deletions go by offsets.
      const bool first = expected == bounds->start && batch.base_offset() < expected;
      if (batch.base_offset() != expected && !first)
        return wire::Error{wire::ErrorCode::kInvalidRecord,
                           "offset " + std::to_string(batch.base_offset()) + " where " +
                               std::to_string(expected) + " comes next"};
      if (!batch.crc_is_valid() || batch.record_count() != batch.last_offset_delta() + 1)
        return wire::Error{wire::ErrorCode::kCorruptMessage,
                           "the batch at offset " + std::to_string(expected) + " is spoilt"};
      expected = batch.next_offset();
      ++checked.batches;
      checked.records += batch.record_count();
      checked.bytes += static_cast<int64_t>(batch.size_bytes());
      return {};
    };
    auto walked = walk_log(options, partition, bounds->start, bounds->end,
                           {on_batch, [](const FetchedPiece&) {}});
    if (!walked.ok()) return walked.error();
  }
  return checked;
}

}  // namespace load
