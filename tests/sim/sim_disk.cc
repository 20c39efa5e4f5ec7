#include "sim/sim_disk.h"

#include <algorithm>
#include <string>
#include <utility>

#include "wire/base/check.h"
#include "wire/records/record_batch.h"

namespace sim {
namespace {

uint64_t mix(uint64_t hash, uint64_t value) {
  hash ^= value + 0x9E3779B97F4A7C15 + (hash << 6) + (hash >> 2);
  return hash * 0xBF58476D1CE4E5B9;
}

}  // namespace

const StoredBatch& SimLog::append(wire::Bytes batch) {
  const auto view = wire::RecordBatchView::trusted(batch);
  StoredBatch stored;
  stored.base = view.base_offset();
  stored.next = view.next_offset();
  stored.epoch = view.partition_leader_epoch();
  const uint64_t before = batches_.empty() ? start_chain_ : batches_.back().chain;
  stored.chain =
      mix(mix(mix(before, static_cast<uint64_t>(stored.base)), static_cast<uint64_t>(stored.epoch)),
          view.crc());
  stored.bytes = std::move(batch);
  batches_.push_back(std::move(stored));
  return batches_.back();
}

void SimLog::truncate_to(wire::Offset offset) {
  while (!batches_.empty() && batches_.back().next > offset) batches_.pop_back();
}

void SimLog::restart_at(wire::Offset offset, uint64_t chain) {
  batches_.clear();
  start_ = offset;
  start_chain_ = chain;
}

void SimLog::move_start(wire::Offset offset) {
  while (!batches_.empty() && batches_.front().next <= offset) {
    start_ = batches_.front().next;
    start_chain_ = batches_.front().chain;
    batches_.pop_front();
  }
}

std::optional<uint64_t> SimLog::chain_at(wire::Offset offset) const {
  if (offset == start_) return start_chain_;
  auto found = std::lower_bound(batches_.begin(), batches_.end(), offset,
                                [](const StoredBatch& b, wire::Offset o) { return b.next < o; });
  if (found == batches_.end() || found->next != offset) return std::nullopt;
  return found->chain;
}

wire::Bytes SimLog::read(wire::Offset offset, int32_t max_bytes) const {
  std::string run;
  for (const StoredBatch& batch : batches_) {
    if (batch.next <= offset) continue;
    if (!run.empty() && run.size() + batch.bytes.size() > static_cast<size_t>(max_bytes)) break;
    run.append(batch.bytes.view());
  }
  return wire::Bytes::adopt(std::move(run));
}

std::vector<raft::EpochStart> SimLog::epochs() const {
  std::vector<raft::EpochStart> epochs;
  for (const StoredBatch& batch : batches_) {
    if (epochs.empty() || batch.epoch > epochs.back().epoch) {
      epochs.push_back({batch.epoch, batch.base});
    }
  }
  return epochs;
}

void SimDisk::apply(const Change& change, SimLog& log) {
  switch (change.kind) {
    case Change::Kind::kAppend:
      log.append(change.batch);
      break;
    case Change::Kind::kTruncate:
      log.truncate_to(change.offset);
      break;
    case Change::Kind::kRestart:
      log.restart_at(change.offset, change.chain);
      break;
    case Change::Kind::kMoveStart:
      log.move_start(change.offset);
      break;
  }
}

void SimDisk::change(Change change) {
  apply(change, log_);
  unsynced_.push_back(std::move(change));
}

const StoredBatch& SimDisk::append(wire::Bytes batch) {
  change({Change::Kind::kAppend, std::move(batch), 0, 0});
  return log_.batches().back();
}

void SimDisk::truncate_to(wire::Offset offset) {
  change({Change::Kind::kTruncate, {}, offset, 0});
}

void SimDisk::restart_at(wire::Offset offset, uint64_t chain) {
  change({Change::Kind::kRestart, {}, offset, chain});
}

void SimDisk::move_start(wire::Offset offset) {
  change({Change::Kind::kMoveStart, {}, offset, 0});
}

void SimDisk::sync(size_t count) {
  CHECK(count <= unsynced_.size());
  for (; count > 0; --count) {
    apply(unsynced_.front(), durable_);
    unsynced_.pop_front();
  }
}

void SimDisk::lose_power(wire::Random& random) {
  sync(random.below(unsynced_.size() + 1));
  unsynced_.clear();
  log_ = durable_;
}

}  // namespace sim
