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

// What versions before there was zstd know.
Status check_codec(const RecordBatchView& batch, int16_t version) {
  if (!batch.has_known_codec()) {
    return Error{ErrorCode::kUnknownServerError,
                 fmt::format("Unknown compression type id: {}", batch.codec())};
  }
  if (batch.compression() == CompressionType::kZstd) {
    return Error{
        ErrorCode::kUnsupportedCompressionType,
        fmt::format("Produce requests with version {} are not allowed to use ZStandard compression",
                    version)};
  }
  return {};
}

// Not a whole batch of magic 2.
Error refuse_first_entry(const Bytes& records, int16_t version) {
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
  return RecordBatchView::parse(records).error();
}

}  // namespace

Status check_produced_batch(const Bytes& records, int16_t version) {
  if (!is_batch(records.span())) return refuse_first_entry(records, version);
  const size_t size = batch_size(records.span());
  if (version < kFirstVersionWithZstd) {
    if (auto codec = check_codec(RecordBatchView::trusted(records.slice(0, size)), version); !codec)
      return codec;
  }
  if (size == records.size()) return {};
  // A partial batch behind the first one is cut off, as in Java.
  const auto rest = records.span().subspan(size);
  Result<std::optional<EntryExtent>> second = read_entry_extent(rest);
  if (!second.ok()) return second.error();
  if (second->has_value() && (*second)->size <= rest.size()) {
    return invalid_record(fmt::format(
        "Produce requests with version {} are only allowed to contain exactly one record batch per "
        "partition",
        version));
  }
  return {};
}

Result<RecordBatchView> only_produced_batch(const Bytes& records, int16_t version) {
  if (auto status = check_produced_batch(records, version); !status) return status.error();
  return RecordBatchView::trusted(records.slice(0, batch_size(records.span())));
}

}  // namespace wire
