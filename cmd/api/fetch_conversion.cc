#include "cmd/api/fetch_conversion.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "wire/base/log.h"
#include "wire/records/down_conversion.h"

namespace api {
namespace {

using cluster::replica::FetchedPartition;
using cluster::replica::Partition;
using wire::ErrorCode;

void refuse(FetchedPartition& result, ErrorCode code) {
  const wire::PartitionIndex index = result.data.partition_index;
  result.data = {};
  result.data.partition_index = index;
  result.data.error_code = code;
  result.data.high_watermark = wire::kNoOffset;
  result.data.records.reset();  // as Apache's: null, not empty
}

bool compresses_with_zstd(const Partition& partition) {
  const auto& target = partition.options().target_compression;
  return target.has_value() && target->type == wire::CompressionType::kZstd;
}

}  // namespace

size_t ConversionMemory::available() const {
  const size_t used = used_->load(std::memory_order_relaxed);
  return used < limit_ ? limit_ - used : 0;
}

wire::Bytes ConversionMemory::count(wire::Bytes converted) {
  struct Counted {
    Counted(wire::Bytes counted, std::shared_ptr<std::atomic<size_t>> counter)
        : bytes(std::move(counted)), used(std::move(counter)) {
      used->fetch_add(bytes.size(), std::memory_order_relaxed);
    }
    ~Counted() { used->fetch_sub(bytes.size(), std::memory_order_relaxed); }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

    const wire::Bytes bytes;
    const std::shared_ptr<std::atomic<size_t>> used;
  };
  const uint8_t* data = converted.data();
  const size_t size = converted.size();
  return {std::make_shared<const Counted>(std::move(converted), used_), data, size};
}

void convert_for_old_consumer(FetchedPartition& result, int16_t fetch_version,
                              wire::Offset fetch_offset, const Partition* partition,
                              ConversionMemory& memory) {
  if (partition == nullptr) return;
  if (compresses_with_zstd(*partition)) {
    return refuse(result, ErrorCode::kUnsupportedCompressionType);
  }
  wire::Bytes& records = *result.data.records;
  if (records.empty()) return;
  const size_t available = memory.available();
  const auto converted = wire::down_convert(
      records, {.to_magic = fetch_version <= kLastFetchOfMessageSetsV0 ? int8_t{0} : int8_t{1},
                .first_offset = fetch_offset,
                .bytes_wanted = std::min(records.size(), available),
                .bytes_max = available,
                .inflate_limit = partition->options().inflate_limit});
  if (converted.ok()) {
    records = memory.count(*converted);
    return;
  }
  const ErrorCode code = converted.error().code;
  if (code == ErrorCode::kMessageTooLarge && available < memory.limit()) {
    // It may fit when what others wait for has been sent.
    records = {};
    return;
  }
  // What a client asks for again and again, and can know, is not worth a line each time.
  if (code != ErrorCode::kUnsupportedCompressionType) {
    wire::log::warn("cannot convert {} at offset {} for a consumer of Fetch v{}: {}",
                    partition->name().to_string(), fetch_offset, fetch_version,
                    converted.error().detail);
  }
  refuse(result, code);
}

}  // namespace api
