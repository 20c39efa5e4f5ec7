// Record batches and message sets: whatever arrives is refused or read, within its bytes.
#include <cstdint>
#include <span>

#include "wire/base/check.h"
#include "wire/records/batch_validation.h"
#include "wire/records/control_record.h"
#include "wire/records/message_set.h"
#include "wire/records/record.h"

namespace {

constexpr size_t kInflateLimit = 1 << 20;

void walk_batches(const wire::Bytes& run) {
  wire::BatchIterator batches(run);
  while (batches.next()) {
    size_t shown = 0;
    const wire::Status walked =
        wire::for_each_record_view(batches.batch(), kInflateLimit, [&](const wire::RecordView&) {
          ++shown;
          return true;
        });
    if (walked.ok()) CHECK(shown == static_cast<size_t>(batches.batch().record_count()));
    (void)wire::parse_end_transaction_batch(batches.batch());
  }
}

void walk_messages(const wire::Bytes& run) {
  wire::MessageSetIterator entries(run);
  while (entries.next()) {
    (void)wire::for_each_message(entries.entry(), kInflateLimit,
                                 [](const wire::MessageView&) { return true; });
  }
}

// The first byte chooses the topic; the checksum is made right, or nothing would get past it.
void validate(std::span<const uint8_t> input) {
  wire::ValidationOptions options;
  options.topic = "fuzz";
  options.now = 1'700'000'000'000;
  options.inflate_limit = kInflateLimit;
  options.compacted = (input[0] & 1) != 0;
  if ((input[0] & 2) != 0) options.inspect = wire::Inspect::kEveryRecord;
  if ((input[0] & 4) != 0) options.timestamp_type = wire::TimestampType::kLogAppendTime;
  if ((input[0] & 8) != 0) options.timestamp_before_max_ms = 1000;
  if ((input[0] & 16) != 0) {
    options.target_compression =
        wire::Compression{static_cast<wire::CompressionType>(input[0] >> 5 & 3), std::nullopt};
  }
  wire::Bytes batch = wire::Bytes::copy(input.subspan(1));
  const auto view = wire::RecordBatchView::parse(batch);
  if (view.ok()) {
    wire::store_big_endian(batch.exclusive_data() + wire::kBatchCrcAt, view->computed_crc());
  }
  const wire::ProducePlan plan = wire::validate_produced_batch(batch, options);
  if (!plan.ok()) return;
  const auto accepted = wire::RecordBatchView::parse(plan.accepted->batch);
  CHECK(accepted.ok());
  CHECK(accepted->size_bytes() == plan.accepted->batch.size());
  CHECK(accepted->crc_is_valid());
  CHECK(accepted->record_count() == accepted->last_offset_delta() + 1);
  if (options.inspect == wire::Inspect::kEveryRecord) {
    CHECK(wire::read_records(*accepted, 64 * kInflateLimit).ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> input(data, size);
  const wire::Bytes run = wire::Bytes::copy(input);
  walk_batches(run);
  walk_messages(run);
  if (!input.empty()) validate(input);
  return 0;
}
