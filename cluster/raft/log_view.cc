#include "cluster/raft/log_view.h"

#include <algorithm>
#include <utility>

#include "wire/base/check.h"

namespace cluster::raft {

LogView::LogView(wire::Offset start, wire::Offset end, wire::Offset flushed,
                 std::vector<EpochStart> epochs, std::map<SnapshotId, int64_t> snapshots)
    : start_(start),
      end_(end),
      flushed_(flushed),
      epochs_(std::move(epochs)),
      snapshots_(std::move(snapshots)) {}

wire::Epoch LogView::last_epoch() const {
  if (!epochs_.empty()) return epochs_.back().epoch;
  if (!snapshots_.empty() && snapshots_.rbegin()->first.end_offset == end_) {
    return snapshots_.rbegin()->first.epoch;
  }
  return 0;
}

wire::Epoch LogView::epoch_at(wire::Offset offset) const {
  wire::Epoch epoch = 0;
  for (const EpochStart& entry : epochs_) {
    if (entry.offset > offset) break;
    epoch = entry.epoch;
  }
  return epoch;
}

LogPosition LogView::end_of_epoch(wire::Epoch epoch) const {
  if (epochs_.empty() || epoch > epochs_.back().epoch) return position();
  if (epoch == epochs_.back().epoch) return {epoch, end_};
  LogPosition found{epoch, epochs_.front().offset};
  for (size_t i = 0; i + 1 < epochs_.size() && epochs_[i].epoch <= epoch; ++i) {
    found = {epochs_[i].epoch, epochs_[i + 1].offset};
  }
  // The records of the oldest epoch may be in the snapshot alone, whose epoch is then the truth.
  if (!snapshots_.empty() && found.offset == snapshots_.begin()->first.end_offset &&
      found.epoch == epoch) {
    return {snapshots_.begin()->first.epoch, found.offset};
  }
  return found;
}

LogView::Validity LogView::validate(wire::Offset offset, wire::Epoch last_epoch) const {
  if (start_ == 0 && offset == 0) {
    // A whole log could be sent, but a snapshot is the shorter way (KIP-630).
    if (!snapshots_.empty() && snapshots_.rbegin()->first != kBootstrapSnapshot) {
      return {Match::kSnapshot, {}, snapshots_.rbegin()->first};
    }
    return {};
  }
  if (!snapshots_.empty()) {
    const SnapshotId oldest = snapshots_.begin()->first;
    if (offset < start_ || (offset == start_ && last_epoch != oldest.epoch) ||
        last_epoch < oldest.epoch) {
      return {Match::kSnapshot, {}, snapshots_.rbegin()->first};
    }
  }
  const LogPosition end = end_of_epoch(last_epoch);
  if (end.epoch != last_epoch || end.offset < offset) return {Match::kDiverging, end, {}};
  return {};
}

wire::Offset LogView::truncation_offset(LogPosition diverging) const {
  if (diverging.epoch == 0) return std::min(diverging.offset, end_);
  const LogPosition ours = end_of_epoch(diverging.epoch);
  const wire::Offset to =
      ours.epoch == diverging.epoch ? std::min(ours.offset, diverging.offset) : ours.offset;
  return std::clamp(to, start_, end_);
}

void LogView::append(wire::Epoch epoch, wire::Offset next_offset) {
  CHECK(next_offset > end_);
  CHECK(epochs_.empty() || epoch >= epochs_.back().epoch);
  if (epochs_.empty() || epoch > epochs_.back().epoch) epochs_.push_back({epoch, end_});
  end_ = next_offset;
}

void LogView::set_flushed(wire::Offset offset) {
  flushed_ = std::max(flushed_, std::min(offset, end_));
}

void LogView::truncate_to(wire::Offset offset) {
  CHECK(offset >= start_);
  if (offset >= end_) return;
  while (!epochs_.empty() && epochs_.back().offset >= offset) epochs_.pop_back();
  end_ = offset;
  flushed_ = std::min(flushed_, offset);
}

void LogView::restart_at(SnapshotId snapshot) {
  CHECK(snapshots_.contains(snapshot));
  snapshots_.erase(snapshots_.begin(), snapshots_.find(snapshot));
  epochs_.clear();
  start_ = end_ = flushed_ = snapshot.end_offset;
}

void LogView::move_start(wire::Offset offset) {
  if (offset <= start_) return;
  start_ = offset;
  while (epochs_.size() > 1 && epochs_[1].offset <= offset) epochs_.erase(epochs_.begin());
  if (!epochs_.empty() && epochs_.front().offset < offset) epochs_.front().offset = offset;
}

}  // namespace cluster::raft
