#include "wire/records/produced_batch.h"

#include <optional>
#include <utility>

#include <fmt/core.h>

namespace wire {
namespace {

constexpr int16_t kFirstVersionWithZstd = 7;

Error invalid_record(std::string message) {
  return Error{ErrorCode::kInvalidRecord, std::move(message)};
}

}  // namespace

Result<RecordBatchView> only_produced_batch(const Bytes& records, int16_t version) {
  Result<std::optional<EntryExtent>> first = read_entry_extent(records.span());
  if (!first.ok()) return first.error();
  if (!first->has_value() || (*first)->size > records.size()) {
    return invalid_record(fmt::format(
        "Produce requests with version {} must have at least one record batch per partition",
        version));
  }
  if ((*first)->magic != 2) {
    return invalid_record(
        fmt::format("Produce requests with version {} are only allowed to contain record batches "
                    "with magic version 2",
                    version));
  }
  Result<RecordBatchView> batch = RecordBatchView::parse(records);
  if (!batch.ok()) return batch.error();
  if (version < kFirstVersionWithZstd && !batch->has_known_codec()) {
    return Error{ErrorCode::kUnknownServerError,
                 fmt::format("Unknown compression type id: {}", batch->codec())};
  }
  if (version < kFirstVersionWithZstd && batch->compression() == CompressionType::kZstd) {
    return Error{
        ErrorCode::kUnsupportedCompressionType,
        fmt::format("Produce requests with version {} are not allowed to use ZStandard compression",
                    version)};
  }
  // A partial batch behind the first one is cut off, as in Java.
  const Bytes rest = records.slice(batch->size_bytes());
  Result<std::optional<EntryExtent>> second = read_entry_extent(rest.span());
  if (!second.ok()) return second.error();
  if (second->has_value() && (*second)->size <= rest.size()) {
    return invalid_record(fmt::format(
        "Produce requests with version {} are only allowed to contain exactly one record batch per "
        "partition",
        version));
  }
  return batch;
}

}  // namespace wire
