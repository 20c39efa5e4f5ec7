#include "bench/load/batches.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <random>
#include <string>

#include "wire/records/record.h"
#include "wire/records/record_batch.h"
#include "wire/records/record_batch_builder.h"

namespace load {

namespace {

// What lies around a value: lengths, deltas, an absent key.
constexpr int64_t kRecordOverhead = 8;
constexpr size_t kNumberSize = 16;

// A value that compresses as people's JSON does, about 3:1.
void append_text(std::string& value, size_t size, std::minstd_rand& random) {
  constexpr std::array kWords = {
      "\"user\":", "\"time\":", "\"text\":", "\"city\":", "true,", "null,"};
  while (value.size() < size) {
    value += kWords[random() % kWords.size()];
    value += std::to_string(random() % 100'000);
    value += ',';
  }
  value.resize(size);
}

wire::Bytes build(const Options& options, int64_t number, int64_t plain_bytes) {
  wire::BatchOptions batch;
  batch.compression.type = options.compression;
  wire::RecordBatchBuilder builder(batch);
  // An old time would fall to retention at once.
  const wire::TimestampMs now = std::time(nullptr) * 1000;
  std::minstd_rand random(static_cast<uint32_t>(number) + 1);
  const auto header = static_cast<int64_t>(builder.plain_size());
  const auto value_size =
      static_cast<size_t>(std::max<int64_t>(options.record_bytes - kRecordOverhead, kNumberSize));
  std::string value;
  for (int64_t bytes = 0; builder.empty() || header + bytes + options.record_bytes <= plain_bytes;
       bytes += options.record_bytes) {
    value = std::to_string(number);
    value.resize(kNumberSize, ' ');
    append_text(value, value_size, random);
    builder.append(now, std::nullopt, value);
  }
  return builder.build();
}

}  // namespace

wire::Bytes make_batch(const Options& options, int64_t number) {
  wire::Bytes batch = build(options, number, options.batch_bytes);
  if (options.compression == wire::CompressionType::kNone) return batch;
  // Of as much more text as it shrinks.
  const auto ratio = static_cast<double>(options.batch_bytes) / static_cast<double>(batch.size());
  return build(options, number,
               static_cast<int64_t>(static_cast<double>(options.batch_bytes) * ratio));
}

int64_t number_of(const wire::Bytes& batch) {
  const auto view = wire::RecordBatchView::parse(batch);
  if (!view.ok()) return -1;
  int64_t number = -1;
  const auto read =
      wire::for_each_record(*view, wire::kDefaultInflateLimit, [&](wire::Record record) {
        const std::string_view text = record.value ? record.value->view() : std::string_view();
        std::from_chars(text.data(), text.data() + text.size(), number);
        return false;  // the first one tells
      });
  return read.ok() ? number : -1;
}

}  // namespace load
