#include "storage/producer_snapshot.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "storage/checkpoint_text.h"
#include "wire/base/big_endian.h"
#include "wire/base/crc32c.h"
#include "wire/base/elapsed.h"

namespace storage {

namespace {

constexpr int16_t kVersion = 1;
constexpr size_t kCrcAt = 2;
constexpr size_t kBodyAt = 6;

}  // namespace

wire::Bytes encode_producer_snapshot(const ProducerStates& states) {
  std::vector<wire::ProducerId> ids;
  ids.reserve(states.size());
  for (const auto& [id, state] : states.all()) ids.push_back(id);
  std::sort(ids.begin(), ids.end());

  const size_t size = kSnapshotHeaderSize + ids.size() * kSnapshotEntrySize;
  auto buffer = std::make_shared_for_overwrite<uint8_t[]>(size);
  uint8_t* at = buffer.get();
  wire::store_big_endian<int16_t>(at, kVersion);
  wire::store_big_endian<int32_t>(at + kBodyAt, static_cast<int32_t>(ids.size()));
  at += kSnapshotHeaderSize;
  for (const wire::ProducerId id : ids) {
    const ProducerState& state = *states.find(id);
    const ProducedBatch batch = state.has_batches() ? state.last_batch() : ProducedBatch();
    wire::store_big_endian<int64_t>(at, id);
    wire::store_big_endian<int16_t>(at + 8, state.epoch);
    wire::store_big_endian<int32_t>(at + 10, batch.last_sequence);
    wire::store_big_endian<int64_t>(at + 14, batch.last_offset);
    wire::store_big_endian<int32_t>(at + 22, batch.offset_delta);
    wire::store_big_endian<int64_t>(at + 26, state.last_timestamp);
    wire::store_big_endian<int32_t>(at + 34, state.coordinator_epoch);
    wire::store_big_endian<int64_t>(at + 38, state.open_transaction_offset);
    at += kSnapshotEntrySize;
  }
  const uint8_t* data = buffer.get();
  wire::store_big_endian<uint32_t>(buffer.get() + kCrcAt,
                                   wire::crc32c({data + kBodyAt, size - kBodyAt}));
  return {std::move(buffer), data, size};
}

wire::Result<ProducerStates> decode_producer_snapshot(const wire::Bytes& bytes,
                                                      const std::string& path,
                                                      wire::TimestampMs now_ms,
                                                      wire::DurationMs expiration_ms) {
  if (bytes.size() < kSnapshotHeaderSize) return malformed(path, "it is shorter than its header");
  if (wire::load_big_endian<int16_t>(bytes.data()) != kVersion) {
    return malformed(path, "its version is not 1");
  }
  const auto count = wire::load_big_endian<int32_t>(bytes.data() + kBodyAt);
  if (count < 0 ||
      (bytes.size() - kSnapshotHeaderSize) / kSnapshotEntrySize < static_cast<size_t>(count)) {
    return malformed(path, "it is shorter than its number of entries");
  }
  if (wire::load_big_endian<uint32_t>(bytes.data() + kCrcAt) !=
      wire::crc32c(bytes.span().subspan(kBodyAt))) {
    return malformed(path, "its checksum does not match");
  }
  ProducerStates states;
  const uint8_t* at = bytes.data() + kSnapshotHeaderSize;
  for (int32_t i = 0; i < count; ++i, at += kSnapshotEntrySize) {
    ProducerState state;
    state.epoch = wire::load_big_endian<int16_t>(at + 8);
    state.last_timestamp = wire::load_big_endian<int64_t>(at + 26);
    state.coordinator_epoch = wire::load_big_endian<int32_t>(at + 34);
    state.open_transaction_offset =
        std::max(wire::load_big_endian<int64_t>(at + 38), wire::kNoOffset);
    const ProducedBatch batch{.last_sequence = wire::load_big_endian<int32_t>(at + 10),
                              .offset_delta = wire::load_big_endian<int32_t>(at + 22),
                              .last_offset = wire::load_big_endian<int64_t>(at + 14),
                              .timestamp = state.last_timestamp};
    if (batch.last_offset >= 0) state.add_batch(batch);
    if (state.open_transaction_offset == wire::kNoOffset &&
        wire::elapsed_ms(state.last_timestamp, now_ms) >= expiration_ms) {
      continue;
    }
    states.load(wire::load_big_endian<int64_t>(at), state);
  }
  return states;
}

}  // namespace storage
