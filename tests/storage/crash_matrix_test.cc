// Appends, transactions, rolls, checkpoints, retention, truncation, epochs, deletion and restarts, under the crash matrix.
#include <map>
#include <set>

#include <gmock/gmock.h>

#include "storage/disk_executor.h"
#include "storage/log_directories.h"
#include "tests/sanitized.h"
#include "tests/storage/crash_harness.h"
#include "tests/storage/log_fixture.h"
#include "wire/base/log.h"
#include "wire/records/control_record.h"

namespace storage::testing {

namespace {

// What may, and what must, be in one log.
struct Expected {
  std::map<wire::Offset, std::set<std::string>> possible;  // every value ever written at an offset
  std::map<wire::Offset, std::string> acknowledged;  // synced, and neither truncated nor deleted
};

class LogWorkload final : public CrashWorkload {
 public:
  void run(FaultyFileSystem& files) override {
    start(files);
    if (ok_) script();
    directories_.reset();
  }

  void check(FaultyFileSystem& files) override {
    ok_ = true;
    start(files);
    ASSERT_TRUE(ok_) << error_;
    for (const auto& [key, expected] : expected_) {
      SCOPED_TRACE(key.first.to_string());
      Log* log = directories_->find(key.first);
      if (log != nullptr && log->topic_id() != key.second) log = nullptr;
      if (expected.acknowledged.empty() && log == nullptr) continue;
      ASSERT_NE(log, nullptr);
      check_records(*log, expected);
      check_invariants(*log);
      check_transactions(*log);
    }
    for (Log* log : directories_->logs()) {
      // Of a log whose topic id did not get to the disk nothing was acknowledged: a broker sets it aside.
      if (!expected_.contains({log->name(), log->topic_id()})) continue;
      // The log goes on.
      const wire::Offset before = log->log_end_offset();
      auto info = log->append_as_leader(make_batch({.tag = "after"}), 100);
      ASSERT_TRUE(info.ok()) << info.error().detail;
      EXPECT_EQ(info->first_offset, before);
      expected_[{log->name(), log->topic_id()}].possible[before].insert("after-0");
    }
    directories_.reset();
  }

 private:
  using Key = std::pair<TopicPartition, wire::Uuid>;
  // One producer without transactions, two with.
  static constexpr wire::ProducerId kPlain = 77;
  static constexpr wire::ProducerId kFirst = 88;
  static constexpr wire::ProducerId kSecond = 99;

  void start(FaultyFileSystem& files) {
    services_.reset(new StorageServices{files, clock_, random_, disk_});
    auto opened = LogDirectories::open(
        *services_,
        {.paths = {"/a", "/b"}, .cluster_id = "cluster", .node_id = 1, .metadata_directory = {}});
    if (!take(opened)) return;
    directories_ = std::move(*opened);
    take(directories_->load([this](const std::string&) { return options(); }));
    for (const auto& directory : directories_->all()) {
      if (!directory->online()) fail(directory->failure());
    }
  }

  std::shared_ptr<LogOptions> options() {
    auto options = std::make_shared<LogOptions>();
    options->segment_bytes = 1200;
    options->index_interval_bytes = 150;
    options->retention_bytes = 3000;
    options->file_delete_delay_ms = 1000;
    options->verify_transactions = false;
    return options;
  }

  template <typename T>
  bool take(const wire::Result<T>& result) {
    if (!result.ok()) fail(result.error());
    return ok_;
  }
  void fail(const wire::Error& error) {
    if (ok_) error_ = error.detail;
    ok_ = false;
  }

  Log* create(const TopicPartition& name, wire::Uuid id) {
    auto created = directories_->create(name, id, options());
    return take(created) ? *created : nullptr;
  }
  Expected& expected(Log& log) { return expected_[{log.name(), log.topic_id()}]; }

  // Appends a batch of 3 records and asks for a sync.
  void append(Log& log, wire::Epoch epoch, wire::ProducerId producer = kPlain) {
    if (!ok_) return;
    const std::string tag = "r" + std::to_string(++appended_);
    int32_t& sequence = sequences_[{log.name(), producer}];
    auto info = log.append_as_leader(make_batch({.count = 3,
                                                 .tag = tag,
                                                 .timestamp = 1000 * appended_,
                                                 .value_size = 40,
                                                 .producer_id = producer,
                                                 .producer_epoch = 0,
                                                 .base_sequence = sequence,
                                                 .transactional = producer != kPlain}),
                                     epoch);
    // A failed write may have left bytes.
    for (int i = 0; i < 3; ++i) {
      expected(log).possible[log.log_end_offset() - (info.ok() ? 3 : 0) + i].insert(value(tag, i));
    }
    if (!take(info)) return;
    sequence += 3;
    const wire::Offset first = info->first_offset;
    directories_->sync_queue().sync(log, [this, &log, tag, first](wire::Status status) {
      if (!take(status)) return;
      for (int i = 0; i < 3; ++i) expected(log).acknowledged[first + i] = value(tag, i);
    });
  }
  // Ends the transaction of a producer and asks for a sync.
  void end(Log& log, wire::Epoch epoch, wire::ProducerId producer, bool committed) {
    if (!ok_) return;
    const auto marker = wire::build_end_transaction_batch(
        {.producer_id = producer, .producer_epoch = 0, .committed = committed}, 1000 * ++appended_);
    if (!take(log.append_as_leader(marker, epoch, {.origin = AppendOrigin::kCoordinator}))) return;
    directories_->sync_queue().sync(log, [this](wire::Status status) { take(status); });
  }
  static std::string value(const std::string& tag, int i) {
    std::string value = tag + "-" + std::to_string(i);
    value.resize(40, '.');
    return value;
  }

  void drain() {
    if (ok_) disk_.run_all();
  }
  void tick() {
    if (!ok_) return;
    directories_->checkpoint();
    disk_.run_all();
    clock_.advance(500);
    for (const auto& directory : directories_->all()) {
      if (!directory->online()) fail(directory->failure());
    }
  }

  void truncate(Log& log, wire::Offset offset) {
    if (!ok_) return;
    auto& acknowledged = expected(log).acknowledged;
    acknowledged.erase(acknowledged.lower_bound(offset), acknowledged.end());
    if (!take(log.truncate_to(offset))) return;
    for (const wire::ProducerId producer : {kPlain, kFirst, kSecond}) {
      const ProducerState* state = log.producers().find(producer);
      sequences_[{log.name(), producer}] = state == nullptr ? 0 : state->last_sequence() + 1;
    }
  }

  void retain(Log& log) {
    if (!ok_) return;
    log.note_high_watermark(log.log_end_offset());
    // What goes is known only afterwards; anything but the last 40 records may.
    auto& acknowledged = expected(log).acknowledged;
    acknowledged.erase(acknowledged.begin(), acknowledged.lower_bound(log.log_end_offset() - 20));
    take(log.apply_retention());
  }

  void script() {
    Log* one = create({"one", 0}, {1, 1000});
    Log* two = create({"two", 0}, {1, 2000});
    Log* gone = create({"gone", 3}, {1, 3000});
    if (!ok_) return;
    for (int i = 0; i < 6; ++i) {
      append(*one, 0);
      append(*two, i / 2);
      append(*gone, 0);
      if (i % 2 == 1) drain();
    }
    append(*one, 0, kFirst);
    append(*one, 0, kSecond);
    append(*two, 3, kFirst);
    tick();
    end(*one, 0, kFirst, false);
    end(*two, 3, kFirst, false);
    for (int i = 0; i < 8; ++i) {
      append(*one, 1);
      drain();
    }
    end(*one, 1, kSecond, true);
    append(*one, 1, kFirst);
    truncate(*two, 9);
    for (int i = 0; i < 4; ++i) append(*two, 5);
    drain();
    truncate(*two, 3);
    append(*two, 6);
    tick();
    drain();
    expected(*gone).acknowledged.clear();
    if (ok_) take(directories_->remove({"gone", 3}));
    gone = ok_ ? create({"gone", 3}, {1, 4000}) : nullptr;
    sequences_[{{"gone", 3}, kPlain}] = 0;
    if (!ok_) return;
    append(*gone, 0);
    drain();
    for (int i = 0; i < 12; ++i) append(*one, 2);
    drain();
    retain(*one);
    tick();
    append(*one, 2);
    append(*one, 2, kSecond);
    end(*one, 2, kSecond, false);
    drain();
    tick();
    tick();
    restart();
    if (!ok_) return;
    one = directories_->find({"one", 0});
    two = directories_->find({"two", 0});
    for (int i = 0; i < 4; ++i) {
      append(*one, 3);
      append(*two, 7);
      drain();
    }
    end(*one, 3, kFirst, false);
    start_over(*two, 500);
    append(*two, 8);
    tick();
    append(*one, 3);
    drain();
    tick();
  }

  void restart() {
    if (!ok_) return;
    if (!take(directories_->shut_down(7))) return;
    directories_.reset();
    auto& files = static_cast<FaultyFileSystem&>(services_->files);
    start(files);
  }

  void start_over(Log& log, wire::Offset offset) {
    if (!ok_) return;
    expected(log).acknowledged.clear();
    take(log.truncate_fully_and_start_at(offset));
    sequences_[{log.name(), kPlain}] = 0;
  }

  static void check_records(Log& log, const Expected& expected) {
    if (!expected.acknowledged.empty()) {
      ASSERT_LE(log.log_start_offset(), expected.acknowledged.begin()->first);
      ASSERT_GT(log.log_end_offset(), expected.acknowledged.rbegin()->first);
    }
    for (const auto& [offset, text] : read_all(log)) {
      const auto possible = expected.possible.find(offset);
      ASSERT_NE(possible, expected.possible.end()) << "invented at " << offset << ": " << text;
      EXPECT_TRUE(possible->second.contains(text)) << "invented at " << offset << ": " << text;
      const auto acknowledged = expected.acknowledged.find(offset);
      if (acknowledged != expected.acknowledged.end()) {
        EXPECT_EQ(text, acknowledged->second) << "at " << offset;
      }
    }
    const auto there = read_all(log);
    for (const auto& [offset, text] : expected.acknowledged) {
      EXPECT_TRUE(there.contains(offset)) << "lost " << offset;
    }
  }

  static std::map<wire::Offset, std::string> read_all(Log& log) {
    std::map<wire::Offset, std::string> all;
    for_each_batch(log, [&](const wire::RecordBatchView& batch) {
      if (batch.is_control()) return;
      const auto records = wire::read_records(batch);
      ASSERT_TRUE(records.ok());
      for (const wire::Record& record : *records) {
        EXPECT_TRUE(all.emplace(record.offset, record.value->view()).second) << "twice";
      }
    });
    return all;
  }

  static void for_each_batch(Log& log,
                             const std::function<void(const wire::RecordBatchView&)>& visit) {
    wire::Offset offset = log.log_start_offset();
    while (offset < log.log_end_offset()) {
      const auto fetched = log.read({.offset = offset, .max_bytes = 300});
      ASSERT_TRUE(fetched.ok()) << fetched.error().detail;
      ASSERT_FALSE(fetched->records.empty()) << "at " << offset;
      wire::BatchIterator batches(fetched->records);
      while (batches.next()) {
        ASSERT_TRUE(batches.batch().crc_is_valid());
        visit(batches.batch());
        offset = batches.batch().next_offset();
      }
    }
  }

  // What the index and the producers say of transactions is what the records say.
  static void check_transactions(Log& log) {
    std::map<wire::ProducerId, wire::Offset> open;
    std::map<wire::Offset, AbortedTransaction> aborted;
    for_each_batch(log, [&](const wire::RecordBatchView& batch) {
      const auto read = log.read({.offset = std::max(batch.base_offset(), log.log_start_offset()),
                                  .max_bytes = 1,
                                  .with_aborted = true});
      ASSERT_TRUE(read.ok());
      for (const AbortedTransaction& each : read->aborted) aborted[each.last_offset] = each;
      if (!batch.is_transactional()) return;
      if (!batch.is_control()) {
        open.emplace(batch.producer_id(), batch.base_offset());
        return;
      }
      const auto began = open.find(batch.producer_id());
      if (began == open.end()) return;  // retention has taken its records
      const auto marker = wire::parse_end_transaction_batch(batch);
      ASSERT_TRUE(marker.ok() && marker->has_value());
      if ((*marker)->committed) {
        EXPECT_FALSE(aborted.contains(batch.base_offset()));
      } else {
        ASSERT_TRUE(aborted.contains(batch.base_offset())) << "at " << batch.base_offset();
        // An index may know an older beginning, which retention has taken.
        EXPECT_LE(aborted[batch.base_offset()].first_offset, began->second);
        EXPECT_EQ(aborted[batch.base_offset()].producer_id, batch.producer_id());
      }
      open.erase(began);
    });
    for (const auto& [producer, offset] : open) {
      EXPECT_TRUE(log.producers().has_open_transaction(producer, 0)) << "producer " << producer;
      ASSERT_TRUE(log.first_unstable_offset().has_value());
      EXPECT_LE(*log.first_unstable_offset(), std::max(offset, log.log_start_offset()));
    }
  }

  // What must hold of any log, whatever was written.
  static void check_invariants(Log& log) {
    wire::Offset next = log.log_start_offset();
    std::map<wire::ProducerId, wire::Offset> last_of;
    for_each_batch(log, [&](const wire::RecordBatchView& batch) {
      EXPECT_GE(batch.base_offset(), next - 2);  // the log may start within a batch
      next = batch.next_offset();
      const auto epoch =
          log.leader_epochs().epoch_of(std::max(batch.base_offset(), log.log_start_offset()));
      EXPECT_EQ(epoch, batch.partition_leader_epoch()) << "at " << batch.base_offset();
      if (batch.has_producer_id() && !batch.is_control())
        last_of[batch.producer_id()] = batch.last_offset();
      // The index leads to this batch from every offset of it.
      for (wire::Offset offset = std::max(batch.base_offset(), log.log_start_offset());
           offset <= batch.last_offset(); ++offset) {
        const auto found = log.read({.offset = offset, .max_bytes = 1});
        ASSERT_TRUE(found.ok());
        EXPECT_EQ(wire::RecordBatchView::parse(found->records)->base_offset(), batch.base_offset());
      }
      if (batch.base_offset() >= log.log_start_offset() && batch.max_timestamp() > 0 &&
          batch.partition_leader_epoch() < 100) {
        const auto found = log.offset_for_timestamp(batch.base_timestamp());
        ASSERT_TRUE(found.ok() && found->has_value());
        EXPECT_EQ((*found)->offset, batch.base_offset());
      }
    });
    for (const auto& [id, offset] : last_of) {
      const ProducerState* state = log.producers().find(id);
      ASSERT_NE(state, nullptr) << "producer " << id;
      EXPECT_EQ(state->last_batch().last_offset, offset);
    }
    const auto& epochs = log.leader_epochs().entries();
    for (const EpochEntry& entry : epochs) EXPECT_LE(entry.start_offset, log.log_end_offset());
  }

  wire::ManualClock clock_{1'000'000};
  wire::SeededRandom random_{3};
  ManualDiskExecutor disk_;
  std::unique_ptr<StorageServices> services_;
  std::unique_ptr<LogDirectories> directories_;
  bool ok_ = true;
  std::string error_;
  int appended_ = 0;
  std::map<std::pair<TopicPartition, wire::ProducerId>, int32_t> sequences_;
  std::map<Key, Expected> expected_;
};

}  // namespace

TEST(CrashMatrix, AcknowledgedRecordsSurviveAStopAtEveryCall) {
  wire::log::set_level(wire::log::Level::kOff);
  // A sample under a sanitizer; a prime, so that it has calls of every kind.
  const int64_t calls = CrashMatrix{.make = [] { return std::make_unique<LogWorkload>(); },
                                    .stride = kAddressSanitized ? 7 : 1}
                            .run();
  wire::log::set_level(wire::log::Level::kInfo);
  EXPECT_GE(calls, 300);
}

}  // namespace storage::testing
