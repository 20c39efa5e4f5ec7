// The requests of a measurement, encoded once.
//
// Versions that both this broker and Apache Kafka 4.x serve: Produce 7, Fetch 11, Metadata 9,
// CreateTopics 5.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/options.h"
#include "wire/base/bytes.h"
#include "wire/base/types.h"

namespace load {

inline constexpr int16_t kProduceVersion = 7;
inline constexpr int16_t kFetchVersion = 11;
inline constexpr int16_t kCreateTopicsVersion = 5;

// One uncompressed batch of about `batch_bytes`, records of `record_bytes`.  REQUIRES: record_bytes
// <= batch_bytes.
wire::Bytes make_batch(int64_t batch_bytes, int64_t record_bytes, int32_t& record_count);

// Whole frames, length included.
std::string produce_frame(const Options& options, const wire::Bytes& batch);
std::string fetch_frame(const Options& options, wire::Offset offset);
// A topic whose log is recycled, so that the page cache is reused and the disk never fills.
std::string create_topic_frame(const Options& options);

// Where `fetch_offset` lies in a frame of fetch_frame(): the one field that changes from request to
// request.
size_t fetch_offset_position(const Options& options);
// Where error code and base offset lie in a Produce answer, length field included.
size_t produce_error_position(const Options& options);

}  // namespace load
