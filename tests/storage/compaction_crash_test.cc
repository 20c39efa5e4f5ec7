// Compaction under the crash matrix: several rounds with tombstones, an idempotent producer and
// restarts, stopped at every call.
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "storage/log_directories.h"
#include "tests/storage/compaction_fixture.h"
#include "tests/storage/crash_harness.h"
#include "wire/base/log.h"

namespace storage::testing {

namespace {

class CompactionWorkload final : public CrashWorkload {
 public:
  void run(FaultyFileSystem& files) override {
    start(files);
    if (ok_) script();
    directories_.reset();
    disk_.run_all();
  }

  void check(FaultyFileSystem& files) override {
    ok_ = true;
    start(files);
    ASSERT_TRUE(ok_) << error_;
    Log* log = directories_->find(kName);
    if (log == nullptr) {
      EXPECT_TRUE(acknowledged_.empty());
      return directories_.reset();
    }
    check_log(*log);
    // The log goes on, and so does compaction.
    auto info = log->append_as_leader(make_keyed_batch({{"after", "x"}}), 0);
    ASSERT_TRUE(info.ok()) << info.error().detail;
    possible_[info->first_offset].insert("after=x");
    seal(*log);
    start_cleaner();
    disk_.run_all();
    check_log(*log);
    EXPECT_EQ(log->compacted_offset(), log->log_end_offset());
    directories_->stop_cleaner();
    directories_.reset();
    disk_.run_all();
  }

 private:
  const TopicPartition kName{"table", 0};

  void start(FaultyFileSystem& files) {
    services_.reset(new StorageServices{files, clock_, random_, disk_});
    auto opened = LogDirectories::open(
        *services_,
        {.paths = {"/a"}, .cluster_id = "cluster", .node_id = 1, .metadata_directory = {}});
    if (!take(opened)) return;
    directories_ = std::move(*opened);
    take(directories_->load([](const std::string&) { return options(); }));
    note_failure();
  }
  static std::shared_ptr<LogOptions> options() {
    auto options = std::make_shared<LogOptions>();
    options->segment_bytes = 600;
    options->index_interval_bytes = 100;
    options->compact = true;
    options->delete_by_retention = false;
    options->min_cleanable_dirty_ratio = 0;
    options->delete_retention_ms = 4000;
    options->file_delete_delay_ms = 1000;
    return options;
  }
  template <typename T>
  bool take(const wire::Result<T>& result) {
    if (!result.ok() && ok_) {
      ok_ = false;
      error_ = result.error().detail;
    }
    return ok_;
  }
  void note_failure() {
    for (const auto& directory : directories_->all()) {
      if (!directory->online()) take(wire::Status(directory->failure()));
    }
  }
  void start_cleaner() {
    directories_->start_cleaner({.disk = disk_,
                                 .schedule = [](wire::DurationMs, wire::Callback<void()>) {},
                                 .options = [] { return CleanerOptions(); }});
  }

  void put(Log& log, const std::vector<KeyValue>& records) {
    if (!ok_) return;
    const wire::Offset before = log.log_end_offset();
    for (size_t i = 0; i < records.size(); ++i) {
      possible_[before + static_cast<wire::Offset>(i)].insert(text(records[i]));
    }
    auto info = log.append_as_leader(
        make_keyed_batch(records, of_producer(77, sequence_), clock_.wall_ms()), 0);
    if (!take(info)) return;
    sequence_ += static_cast<int32_t>(records.size());
    directories_->sync_queue().sync(log, [this, records, before](wire::Status status) {
      if (!take(status)) return;
      for (size_t i = 0; i < records.size(); ++i) {
        acknowledged_[records[i].first] = {before + static_cast<wire::Offset>(i),
                                           records[i].second};
      }
    });
    disk_.run_all();
  }
  static std::string text(const KeyValue& record) {
    return record.first + "=" + record.second.value_or("");
  }
  static void seal(Log& log) {
    ASSERT_TRUE(log.roll().ok());
    log.note_high_watermark(log.log_end_offset());
    auto work = log.begin_checkpoint();
    if (!work) return;
    work->run();
    ASSERT_TRUE(log.complete_sync(*work).ok());
  }
  void tick(Log& log) {
    if (!ok_) return;
    log.note_high_watermark(log.log_end_offset());
    directories_->checkpoint();
    disk_.run_all();
    clock_.advance(1500);
    note_failure();
  }
  void compact() {
    if (!ok_) return;
    start_cleaner();
    disk_.run_all();
    directories_->stop_cleaner();
    note_failure();
  }
  void restart() {
    if (!ok_ || !take(directories_->shut_down(7))) return;
    directories_.reset();
    start(static_cast<FaultyFileSystem&>(services_->files));
  }

  void script() {
    auto created = directories_->create(kName, {1, 1000}, options());
    if (!take(created)) return;
    Log* log = *created;
    const std::string filler(80, '.');
    for (int round = 0; round < 3 && ok_; ++round) {
      for (int i = 0; i < 6; ++i) {
        put(*log, {{"k" + std::to_string(i % 3), std::to_string(round * 100 + i) + filler},
                   {"once" + std::to_string(round * 10 + i), "x"}});
      }
      if (round > 0) put(*log, {{"once" + std::to_string(round * 10 - 9), std::nullopt}});
      tick(*log);
      compact();
      tick(*log);
      if (round == 1) {
        restart();
        if (!ok_) return;
        log = directories_->find(kName);
      }
    }
  }

  void check_log(Log& log) {
    std::map<std::string, std::pair<wire::Offset, std::string>> last;
    wire::Offset next = log.log_start_offset();
    while (next < log.log_end_offset()) {
      const auto fetched = log.read({.offset = next, .max_bytes = 300});
      ASSERT_TRUE(fetched.ok()) << fetched.error().detail;
      if (fetched->records.empty()) break;
      wire::BatchIterator batches(fetched->records);
      while (batches.next()) {
        const auto& batch = batches.batch();
        ASSERT_TRUE(batch.crc_is_valid());
        ASSERT_GE(batch.base_offset(), next) << "twice";
        next = batch.next_offset();
        const auto records = wire::read_records(batch);
        ASSERT_TRUE(records.ok());
        for (const wire::Record& record : *records) {
          const std::string key(record.key->view());
          const std::string value = record.value ? std::string(record.value->view()) : "";
          EXPECT_TRUE(possible_[record.offset].contains(key + "=" + value))
              << "invented at " << record.offset;
          last[key] = {record.offset, value};
        }
      }
    }
    for (const auto& [key, wanted] : acknowledged_) {
      const auto found = last.find(key);
      if (found == last.end()) {
        EXPECT_FALSE(wanted.second.has_value()) << "lost " << key << "@" << wanted.first;
        continue;
      }
      EXPECT_GE(found->second.first, wanted.first) << "an old value of " << key;
      if (found->second.first == wanted.first) {
        EXPECT_EQ(found->second.second, wanted.second.value_or(""));
      }
    }
    if (acknowledged_.empty()) return;
    const ProducerState* state = log.producers().find(77);
    ASSERT_NE(state, nullptr);
    EXPECT_GE(state->last_sequence() + 1, sequence_ - 2);
  }

  wire::ManualClock clock_{1'000'000};
  wire::SeededRandom random_{3};
  ManualDiskExecutor disk_;
  std::unique_ptr<StorageServices> services_;
  std::unique_ptr<LogDirectories> directories_;
  bool ok_ = true;
  std::string error_;
  int32_t sequence_ = 0;
  std::map<wire::Offset, std::set<std::string>> possible_;
  std::map<std::string, std::pair<wire::Offset, std::optional<std::string>>> acknowledged_;
};

}  // namespace

TEST(CrashMatrix, CompactionIsSafeAtEveryCall) {
  wire::log::set_level(wire::log::Level::kOff);
  const int64_t calls =
      CrashMatrix{.make = [] { return std::make_unique<CompactionWorkload>(); }}.run();
  wire::log::set_level(wire::log::Level::kInfo);
  EXPECT_GE(calls, 150);
}

}  // namespace storage::testing
