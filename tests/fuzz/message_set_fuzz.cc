// Message sets of old producers, and batches for old consumers: refused or converted, within limits.
#include <cstdint>
#include <span>

#include <zlib.h>

#include "wire/base/check.h"
#include "wire/records/down_conversion.h"
#include "wire/records/message_set.h"
#include "wire/records/message_set_validation.h"
#include "wire/records/record.h"

namespace {

constexpr size_t kInflateLimit = 1 << 20;

// Makes the checksum of each whole entry right, or little would get past it.
void mend(wire::Bytes set) {
  wire::Bytes rest = set;
  while (true) {
    const auto extent = wire::read_entry_extent(rest.span());
    if (!extent.ok() || !extent->has_value() || (*extent)->size > rest.size()) return;
    if ((*extent)->magic < 2) {
      const size_t covered = (*extent)->size - wire::kBatchMagicAt;
      wire::store_big_endian(
          rest.exclusive_data() + wire::kLogOverhead,
          static_cast<uint32_t>(crc32_z(0, rest.data() + wire::kBatchMagicAt, covered)));
    }
    rest = rest.slice((*extent)->size);
  }
}

void validate(const wire::Bytes& set, uint8_t choice) {
  wire::ValidationOptions options;
  options.topic = "fuzz";
  options.produce_version = 2;
  options.now = 1'700'000'000'000;
  options.inflate_limit = kInflateLimit;
  options.compacted = (choice & 1) != 0;
  if ((choice & 2) != 0) options.timestamp_type = wire::TimestampType::kLogAppendTime;
  if ((choice & 4) != 0) {
    options.target_compression =
        wire::Compression{static_cast<wire::CompressionType>(choice >> 3 & 3), std::nullopt};
  }
  const wire::ProducePlan plan = wire::validate_produced_message_set(set, options);
  if (!plan.ok() || plan.accepted->batch.empty() || !plan.accepted->rebuilt) return;
  const auto batch = wire::RecordBatchView::parse(plan.accepted->batch);
  CHECK(batch.ok());
  CHECK(batch->crc_is_valid());
  CHECK(batch->record_count() == batch->last_offset_delta() + 1);
  CHECK(wire::read_records(*batch, 2 * kInflateLimit).ok());
}

void convert(const wire::Bytes& batches, uint8_t choice) {
  wire::DownConversionOptions options;
  options.to_magic = static_cast<int8_t>(choice & 1);
  options.first_offset = choice >> 1 & 7;
  options.bytes_wanted = choice >> 4 & 1 ? 100 : kInflateLimit;
  options.bytes_max = kInflateLimit;
  options.inflate_limit = kInflateLimit;
  const auto converted = wire::down_convert(batches, options);
  if (!converted.ok()) return;
  wire::MessageSetIterator entries(*converted);
  while (entries.next()) CHECK(entries.entry().magic() <= options.to_magic);
  CHECK(entries.status().ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const wire::Bytes set = wire::Bytes::copy(std::span(data + 1, size - 1));
  convert(set, data[0]);
  mend(set);
  validate(set, data[0]);
  return 0;
}
