// Kafka's numbers by their own names, so that a signature says which one it means.
#pragma once

#include <cstdint>

namespace wire {

using Offset = int64_t;  // position of a record in a partition
using Epoch = int32_t;   // leader epoch of a partition, or of the metadata quorum
using NodeId = int32_t;  // broker or controller
using PartitionIndex = int32_t;
using ProducerId = int64_t;
using ProducerEpoch = int16_t;
using TimestampMs = int64_t;  // wall clock: milliseconds since 1970
using DurationMs = int64_t;

inline constexpr Offset kNoOffset = -1;
inline constexpr Epoch kNoEpoch = -1;
inline constexpr NodeId kNoNode = -1;
inline constexpr ProducerId kNoProducerId = -1;
inline constexpr ProducerEpoch kNoProducerEpoch = -1;
inline constexpr int32_t kNoSequence = -1;
inline constexpr TimestampMs kNoTimestamp = -1;

}  // namespace wire
