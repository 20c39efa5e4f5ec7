// A partition's log in memory, for coordinators: appends, reads, and a high watermark that moves
// when the test says so.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "cluster/coordinator/partition_writer.h"
#include "wire/records/record.h"
#include "wire/records/record_batch.h"

namespace cluster::coordinator {

class MemoryPartitions final : public PartitionWriter, public PartitionReader {
 public:
  struct Log {
    wire::Uuid topic_id{7, 7};
    std::vector<wire::Bytes> batches;
    wire::Offset start = 0;
    wire::Offset end = 0;
    wire::Offset high_watermark = 0;
    bool led = true;
  };

  // Commits each append at once, and says so before append() returns.
  bool commit_at_once = true;
  std::optional<wire::Error> refuse_appends;
  // Told of every move of a high watermark.
  wire::Callback<void(wire::PartitionIndex, wire::Offset)> on_high_watermark;
  int reads = 0;
  storage::AppendRules last_rules;

  Log& log(wire::PartitionIndex partition) { return logs_[partition]; }

  wire::Result<Appended> append(wire::PartitionIndex partition, wire::Epoch leader_epoch,
                                wire::Bytes batch,
                                const storage::AppendRules& rules = {}) override {
    last_rules = rules;
    if (refuse_appends) return *refuse_appends;
    Log& log = logs_[partition];
    wire::patch_batch(batch.exclusive_data(), log.end, leader_epoch);
    const wire::RecordBatchView view = wire::RecordBatchView::trusted(batch);
    const Appended appended{view.base_offset(), view.last_offset()};
    log.end = view.next_offset();
    log.batches.push_back(std::move(batch));
    if (commit_at_once) commit(partition);
    return appended;
  }

  // Moves the high watermark to the end of the log, or to `to`.
  void commit(wire::PartitionIndex partition, std::optional<wire::Offset> to = std::nullopt) {
    Log& log = logs_[partition];
    log.high_watermark = to.value_or(log.end);
    if (on_high_watermark) on_high_watermark(partition, log.high_watermark);
  }
  void commit_all() {
    for (auto& [partition, log] : logs_) commit(partition);
  }
  // Loses what lies above the high watermark, as a change of leaders may.
  void truncate_to_high_watermark(wire::PartitionIndex partition) {
    Log& log = logs_[partition];
    std::erase_if(log.batches, [&](const wire::Bytes& batch) {
      return wire::RecordBatchView::trusted(batch).last_offset() >= log.high_watermark;
    });
    log.end = log.high_watermark;
  }

  std::optional<LogBounds> bounds(wire::PartitionIndex partition) const override {
    const auto found = logs_.find(partition);
    if (found == logs_.end()) return LogBounds{wire::Uuid{7, 7}, 0, 0, 0};
    const Log& log = found->second;
    if (!log.led) return std::nullopt;
    return LogBounds{log.topic_id, log.start, log.high_watermark, log.end};
  }

  wire::Offset end_offset_for_epoch(wire::PartitionIndex partition,
                                    wire::Epoch epoch) const override {
    const auto found = logs_.find(partition);
    if (found == logs_.end()) return wire::kNoOffset;
    wire::Offset end = wire::kNoOffset;
    for (const wire::Bytes& batch : found->second.batches) {
      const auto view = wire::RecordBatchView::trusted(batch);
      if (view.partition_leader_epoch() <= epoch) end = view.next_offset();
    }
    return end;
  }

  void read(wire::PartitionIndex partition, wire::Offset offset, size_t max_bytes,
            wire::Callback<void(wire::Result<wire::Bytes>)> done) override {
    ++reads;
    std::string run;
    for (const wire::Bytes& batch : logs_[partition].batches) {
      const auto view = wire::RecordBatchView::trusted(batch);
      if (view.last_offset() < offset) continue;
      if (view.base_offset() >= logs_[partition].high_watermark) break;
      if (!run.empty() && run.size() + batch.size() > max_bytes) break;
      run.append(batch.view());
    }
    done(wire::Bytes::adopt(std::move(run)));
  }

  // Every record of the log, in order.
  std::vector<wire::Record> records(wire::PartitionIndex partition) const {
    std::vector<wire::Record> all;
    const auto found = logs_.find(partition);
    if (found == logs_.end()) return all;
    for (const wire::Bytes& batch : found->second.batches) {
      auto read = wire::read_records(wire::RecordBatchView::trusted(batch));
      for (wire::Record& record : *read) all.push_back(std::move(record));
    }
    return all;
  }

 private:
  mutable std::map<wire::PartitionIndex, Log> logs_;
};

}  // namespace cluster::coordinator
