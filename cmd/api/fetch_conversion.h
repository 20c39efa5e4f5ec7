// Fetch v0-v3 (key 1): what consumers older than Kafka 0.11 get to read.
//
// Their answers hold message sets, made of the batches on disk when the answer is (KIP-283's aim:
// nothing is converted that is not sent).  The memory that converted records hold until they are
// sent is limited for all such consumers together (odradek.downconversion.max.bytes): an answer that
// finds it used up holds no records, and its consumer asks again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "cluster/replica/fetch_session.h"
#include "cluster/replica/partition.h"
#include "wire/base/bytes.h"
#include "wire/base/types.h"

namespace api {

// The last version whose answers hold message sets, and the last whose sets are of format v0.
inline constexpr int16_t kLastFetchOfMessageSets = 3;
inline constexpr int16_t kLastFetchOfMessageSetsV0 = 1;
// KIP-74: until then a consumer's limits hold even for the first batch.
inline constexpr int16_t kLastFetchWithHardLimits = 2;

// Counts the converted records that wait to be sent.  Outlived by what it counts.
class ConversionMemory {
 public:
  explicit ConversionMemory(size_t limit) : limit_(limit) {}

  size_t limit() const { return limit_; }
  size_t available() const;
  // The same bytes, counted until the last slice of them is gone, on whatever thread.
  wire::Bytes count(wire::Bytes converted);

 private:
  const size_t limit_;
  std::shared_ptr<std::atomic<size_t>> used_ = std::make_shared<std::atomic<size_t>>(0);
};

// Puts message sets in place of the batches that `result` was read as, or the error that Kafka 3.9
// has for it: UNSUPPORTED_COMPRESSION_TYPE for zstd, in the topic's config or in the first batch.
// `partition` is null where there is none.
void convert_for_old_consumer(cluster::replica::FetchedPartition& result, int16_t fetch_version,
                              wire::Offset fetch_offset,
                              const cluster::replica::Partition* partition,
                              ConversionMemory& memory);

}  // namespace api
