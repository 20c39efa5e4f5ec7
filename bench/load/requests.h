// The requests of a measurement, encoded once; whole frames, length included.
//
// Versions that both this broker and Apache Kafka 4.x serve, and none of them flexible: an answer's
// fields lie where arithmetic finds them.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/options.h"
#include "wire/base/bytes.h"
#include "wire/base/types.h"
#include "wire/frame.h"

namespace load {

inline constexpr int16_t kProduceVersion = 7;
inline constexpr int16_t kFetchVersion = 11;
inline constexpr int16_t kListOffsetsVersion = 2;
inline constexpr int16_t kMetadataVersion = 7;
inline constexpr int16_t kOffsetCommitVersion = 5;
inline constexpr int16_t kFindCoordinatorVersion = 2;
inline constexpr int16_t kApiVersionsVersion = 0;
inline constexpr int16_t kCreateTopicsVersion = 4;

template <typename Request>
std::string frame_of(const Request& request, int16_t version) {
  wire::Writer writer = wire::begin_request_frame(Request::kApiKey, version, 7, "load");
  request.encode(writer, version);
  std::string frame;
  for (const wire::Bytes& piece : wire::finish_frame(writer)) frame.append(piece.view());
  return frame;
}

std::string produce_frame(const Options& options, wire::PartitionIndex partition,
                          const wire::Bytes& batch);
std::string fetch_frame(const Options& options, wire::PartitionIndex partition, wire::Offset offset,
                        int32_t max_wait_ms);
std::string commit_frame(const Options& options, int group);
std::string api_versions_frame();
std::string metadata_frame(const Options& options);
std::string find_coordinator_frame(int group);
std::string create_topic_frame(const Options& options);
// Of `count` partitions from `first` on.
std::string list_offsets_frame(const Options& options, wire::PartitionIndex first, int count,
                               int64_t timestamp);

// Where an answer to such a request says what became of it, length field included.
size_t produce_error_at(const Options& options);  // the base offset follows
size_t fetch_error_at(const Options& options);    // the partition's
size_t commit_error_at(const Options& options);
inline constexpr size_t kApiVersionsErrorAt = 8;
inline constexpr size_t kFindCoordinatorErrorAt = 12;

}  // namespace load
