#include "bench/load/frames.h"

#include <ctime>

#include "wire/api/create_topics.h"
#include "wire/api/fetch.h"
#include "wire/api/produce.h"
#include "wire/api_key.h"
#include "wire/base/big_endian.h"
#include "wire/base/check.h"
#include "wire/control/request_header.h"
#include "wire/records/record_batch_builder.h"
#include "wire/writer.h"

namespace load {

namespace {

constexpr std::string_view kClientId = "load";

template <typename Request>
std::string frame_of(const Request& request, int16_t version) {
  wire::RequestHeader header;
  header.request_api_key = static_cast<int16_t>(Request::kApiKey);
  header.request_api_version = version;
  header.correlation_id = 7;
  header.client_id = std::string(kClientId);
  wire::Writer writer;
  header.encode(writer, wire::request_header_version(Request::kApiKey, version));
  request.encode(writer, version);
  const wire::Bytes body = writer.take_contiguous();
  std::string frame(4, '\0');
  wire::store_big_endian(reinterpret_cast<uint8_t*>(frame.data()),
                         static_cast<int32_t>(body.size()));
  frame.append(body.view());
  return frame;
}

}  // namespace

wire::Bytes make_batch(int64_t batch_bytes, int64_t record_bytes, int32_t& record_count) {
  // A record's own overhead (lengths, deltas) is at most this many bytes.
  constexpr int64_t kRecordOverhead = 16;
  CHECK(record_bytes > kRecordOverhead);
  const std::string value(static_cast<size_t>(record_bytes - kRecordOverhead), 'x');
  const wire::TimestampMs kNow =
      std::time(nullptr) * 1000;  // an old one would fall to retention at once
  wire::RecordBatchBuilder builder;
  record_count = 0;
  for (int64_t bytes = 0; record_count == 0 || bytes + record_bytes <= batch_bytes;
       bytes += record_bytes) {
    builder.append(kNow, std::nullopt, value);
    ++record_count;
  }
  return builder.build();
}

std::string produce_frame(const Options& options, const wire::Bytes& batch) {
  wire::ProduceRequest request;
  request.acks = static_cast<int16_t>(options.acks);
  request.timeout_ms = 30'000;
  auto& topic = request.topic_data.emplace_back();
  topic.name = options.topic;
  auto& partition = topic.partition_data.emplace_back();
  partition.index = 0;
  partition.records = batch;
  return frame_of(request, kProduceVersion);
}

std::string fetch_frame(const Options& options, wire::Offset offset) {
  wire::FetchRequest request;
  request.max_wait_ms = 500;
  request.min_bytes = 1;
  request.max_bytes = static_cast<int32_t>(options.fetch_bytes);
  auto& topic = request.topics.emplace_back();
  topic.topic = options.topic;
  auto& partition = topic.partitions.emplace_back();
  partition.partition = 0;
  partition.fetch_offset = offset;
  partition.partition_max_bytes = static_cast<int32_t>(options.fetch_bytes);
  return frame_of(request, kFetchVersion);
}

std::string create_topic_frame(const Options& options) {
  wire::CreateTopicsRequest request;
  request.timeout_ms = 30'000;
  auto& topic = request.topics.emplace_back();
  topic.name = options.topic;
  topic.num_partitions = 1;
  topic.replication_factor = 1;
  const auto set = [&topic](std::string name, std::string value) {
    auto& config = topic.configs.emplace_back();
    config.name = std::move(name);
    config.value = std::move(value);
  };
  set("segment.bytes", "67108864");
  set("segment.index.bytes", "65536");
  if (options.mode == Mode::kProduce) {
    set("retention.bytes", "134217728");
    set("file.delete.delay.ms", "50");
  }
  return frame_of(request, kCreateTopicsVersion);
}

size_t fetch_offset_position(const Options& options) {
  // Two frames that differ only in the offset show where it is.
  const std::string one = fetch_frame(options, 0);
  const std::string other = fetch_frame(options, -1);
  for (size_t at = 0; at < one.size(); ++at) {
    if (one[at] != other[at]) return at;
  }
  CHECK(false);
}

size_t produce_error_position(const Options& options) {
  // length, correlation id, topic count, topic name, partition count, partition index
  return 4 + 4 + 4 + 2 + options.topic.size() + 4 + 4;
}

}  // namespace load
