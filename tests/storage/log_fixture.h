// What the storage tests share: a world in memory, batches, and logs in it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "storage/fs/memory_file_system.h"
#include "storage/log.h"
#include "storage/log_directory.h"
#include "wire/records/record.h"
#include "wire/records/record_batch_builder.h"

namespace storage::testing {

// A batch of `count` records "<tag>-<i>" with the given producer, not compressed.
struct BatchSpec {
  int count = 1;
  std::string tag = "v";
  wire::TimestampMs timestamp = 1'700'000'000'000;
  size_t value_size = 0;  // pads the values
  wire::ProducerId producer_id = wire::kNoProducerId;
  wire::ProducerEpoch producer_epoch = wire::kNoProducerEpoch;
  int32_t base_sequence = wire::kNoSequence;
  bool transactional = false;
  wire::Offset base_offset = 0;
  wire::Epoch leader_epoch = wire::kNoEpoch;
};

inline wire::Bytes make_batch(const BatchSpec& spec = {}) {
  wire::BatchOptions options;
  options.base_offset = spec.base_offset;
  options.partition_leader_epoch = spec.leader_epoch;
  options.producer_id = spec.producer_id;
  options.producer_epoch = spec.producer_epoch;
  options.base_sequence = spec.base_sequence;
  options.transactional = spec.transactional;
  wire::RecordBatchBuilder builder(options);
  for (int i = 0; i < spec.count; ++i) {
    std::string value = spec.tag + "-" + std::to_string(i);
    if (value.size() < spec.value_size) value.resize(spec.value_size, '.');
    builder.append(spec.timestamp + i, "key", value);
  }
  return builder.build();
}

// The values of all records from `offset` on, as a consumer would read them.
inline std::vector<std::string> read_values(Log& log, wire::Offset offset,
                                            wire::Offset upper_bound = INT64_MAX) {
  std::vector<std::string> values;
  for (;;) {
    auto fetched = log.read({.offset = offset,
                             .max_bytes = 1 << 20,
                             .min_one_message = true,
                             .upper_bound_offset = upper_bound});
    if (!fetched || fetched->records.empty()) return values;
    wire::BatchIterator batches(fetched->records);
    while (batches.next()) {
      EXPECT_TRUE(batches.batch().crc_is_valid());
      const auto records = wire::read_records(batches.batch());
      for (const wire::Record& record : *records) {
        if (record.offset < offset) continue;
        values.push_back(std::string(record.value->view()));
      }
      offset = batches.batch().next_offset();
    }
  }
}

class LogFixture : public ::testing::Test {
 protected:
  LogFixture() : files_(clock_), services_{files_, clock_, random_, disk_} {
    EXPECT_TRUE(files_.make_directory("/data").ok());
    directory_ = std::make_unique<LogDirectory>(services_, "/data");
  }

  LogOpen how(bool clean = false, wire::Offset recovery_point = 0) {
    return {.name = {"tweets", 0},
            .path = "/data/tweets-0",
            .options = std::make_shared<LogOptions>(options_),
            .topic_id = wire::Uuid{7, 8},
            .clean_shutdown = clean,
            .recovery_point = recovery_point};
  }
  std::unique_ptr<Log> open(bool clean = false, wire::Offset recovery_point = 0) {
    auto log = Log::open(*directory_, how(clean, recovery_point));
    EXPECT_TRUE(log.ok()) << log.error().detail;
    return log.ok() ? std::move(*log) : nullptr;
  }
  static AppendInfo append(Log& log, const BatchSpec& spec = {}, wire::Epoch epoch = 0) {
    auto info = log.append_as_leader(make_batch(spec), epoch);
    EXPECT_TRUE(info.ok()) << info.error().detail;
    return info.ok() ? *info : AppendInfo();
  }
  static void sync(Log& log, bool checkpoint = true) {
    auto work = checkpoint ? log.begin_checkpoint() : log.begin_sync();
    if (!work) return;
    work->run();
    EXPECT_TRUE(log.complete_sync(*work).ok());
  }
  std::vector<std::string> names(const std::string& path = "/data/tweets-0") {
    std::vector<std::string> names;
    const auto entries = files_.list(path);
    for (const auto& entry : *entries) names.push_back(entry.name);
    return names;
  }
  // Every offset is found where a scan from the start finds it, and the indexes agree with the
  // data.
  static void expect_consistent(Log& log) {
    wire::Offset next = log.log_start_offset();
    while (next < log.log_end_offset()) {
      auto fetched = log.read({.offset = next, .max_bytes = 1});
      ASSERT_TRUE(fetched.ok()) << fetched.error().detail;
      ASSERT_FALSE(fetched->records.empty()) << "at " << next;
      const auto batch = wire::RecordBatchView::parse(fetched->records);
      ASSERT_TRUE(batch.ok());
      ASSERT_LE(batch->base_offset(), next);
      ASSERT_GE(batch->last_offset(), next);
      ++next;
    }
  }

  wire::ManualClock clock_;
  wire::SeededRandom random_{1};
  ManualDiskExecutor disk_;
  MemoryFileSystem files_;
  StorageServices services_;
  std::unique_ptr<LogDirectory> directory_;
  LogOptions options_;
};

}  // namespace storage::testing
