#include "storage/log_directories.h"

#include <algorithm>
#include <vector>

#include <gmock/gmock.h>

#include "tests/storage/log_fixture.h"

namespace storage::testing {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using wire::ErrorCode;

class LogDirectoriesTest : public LogFixture {
 protected:
  wire::Result<std::unique_ptr<LogDirectories>> open_directories(
      std::vector<std::string> paths = {"/a", "/b"}, std::string cluster_id = "cluster") {
    return LogDirectories::open(services_, {.paths = std::move(paths),
                                            .cluster_id = std::move(cluster_id),
                                            .node_id = 1,
                                            .metadata_directory = "/a"});
  }
  wire::Status load(LogDirectories& directories) {
    return directories.load(
        [this](const std::string&) { return std::make_shared<LogOptions>(options_); });
  }
  std::unique_ptr<LogDirectories> start() {
    auto opened = open_directories();
    EXPECT_TRUE(opened.ok()) << opened.error().detail;
    EXPECT_TRUE(load(**opened).ok());
    return std::move(*opened);
  }
  Log& create(LogDirectories& directories, const TopicPartition& name) {
    auto log =
        directories.create(name, wire::Uuid{1, 1000}, std::make_shared<LogOptions>(options_));
    EXPECT_TRUE(log.ok()) << log.error().detail;
    return **log;
  }
  std::string text(const std::string& path) {
    const auto bytes = read_file(files_, path);
    return bytes ? std::string(bytes->view()) : bytes.error().detail;
  }
  void tick(LogDirectories& directories) {
    directories.checkpoint();
    disk_.run_all();
    directories.checkpoint();
    disk_.run_all();
  }
};

TEST_F(LogDirectoriesTest, SpreadsLogsAndFindsThemAgainAfterACleanStop) {
  auto directories = start();
  EXPECT_EQ(directories->previous_broker_epoch(), -1);
  Log& first = create(*directories, {"tweets", 0});
  Log& second = create(*directories, {"tweets", 1});
  EXPECT_NE(&first.directory(), &second.directory());
  append(first, {.count = 3});
  append(second, {.count = 2});
  first.note_high_watermark(2);
  tick(*directories);
  EXPECT_EQ(text(join_path(first.directory().path(), kHighWatermarkFile)), "0\n1\ntweets 0 2\n");
  EXPECT_EQ(text(join_path(first.directory().path(), kRecoveryPointFile)), "0\n1\ntweets 0 3\n");
  EXPECT_TRUE(directories->shut_down(42).ok());
  directories.reset();
  EXPECT_EQ(text("/a/.kafka_cleanshutdown"), R"({"version":0,"brokerEpoch":42})");
  directories = start();
  EXPECT_EQ(directories->previous_broker_epoch(), 42);
  EXPECT_FALSE(files_.exists("/a/.kafka_cleanshutdown"));
  EXPECT_EQ(directories->log_count(), 2U);
  EXPECT_EQ(directories->find({"tweets", 0})->log_end_offset(), 3);
  EXPECT_EQ(directories->find({"tweets", 0})->noted_high_watermark(), 2);
  EXPECT_EQ(directories->find({"tweets", 1})->topic_id(), (wire::Uuid{1, 1000}));
}

TEST_F(LogDirectoriesTest, RefusesOtherClustersOtherNodesAndOldDirectories) {
  (void)start();
  const auto other = open_directories({"/a"}, "another");
  EXPECT_EQ(other.error().code, ErrorCode::kInconsistentClusterId);
  EXPECT_THAT(other.error().detail, HasSubstr("/a/meta.properties"));
  ASSERT_TRUE(replace_file(files_, "/b/meta.properties",
                           wire::Bytes::copy(std::string_view("version=0\nbroker.id=1\n")))
                  .ok());
  EXPECT_THAT(open_directories().error().detail, HasSubstr("ZooKeeper"));
  ASSERT_TRUE(
      replace_file(files_, "/b/meta.properties", *read_file(files_, "/a/meta.properties")).ok());
  EXPECT_THAT(open_directories().error().detail, HasSubstr("copy"));
}

TEST_F(LogDirectoriesTest, TwoBrokersCannotShareADirectory) {
  auto directories = start();
  EXPECT_FALSE(open_directories().ok());
  directories.reset();
  EXPECT_TRUE(open_directories().ok());
}

TEST_F(LogDirectoriesTest, UnknownDirectoriesStopTheStartByName) {
  ASSERT_TRUE(files_.make_directory("/a/lost+found").ok());
  auto opened = open_directories();
  ASSERT_TRUE(opened.ok());
  EXPECT_THAT(load(**opened).error().detail, HasSubstr("/a/lost+found"));
}

TEST_F(LogDirectoriesTest, MetadataLogBelongsInItsOwnDirectoryOnly) {
  ASSERT_TRUE(files_.make_directory("/a/__cluster_metadata-0").ok());
  (void)start();
  ASSERT_TRUE(files_.make_directory("/b/__cluster_metadata-0").ok());
  auto opened = open_directories();
  ASSERT_TRUE(opened.ok());
  EXPECT_THAT(load(**opened).error().detail, HasSubstr("/b/__cluster_metadata-0"));
}

TEST_F(LogDirectoriesTest, RemovedLogsAreRenamedAndDeletedLater) {
  auto directories = start();
  Log& log = create(*directories, {"tweets", 0});
  append(log);
  const std::string path = log.directory().path();
  ASSERT_TRUE(directories->remove({"tweets", 0}).ok());
  EXPECT_EQ(directories->find({"tweets", 0}), nullptr);
  EXPECT_THAT(names(path), Contains(HasSubstr("-delete")));
  EXPECT_THAT(names(path), Not(Contains("tweets-0")));
  clock_.advance(options_.file_delete_delay_ms);
  tick(*directories);
  EXPECT_THAT(names(path), Not(Contains(HasSubstr("-delete"))));
}

TEST_F(LogDirectoriesTest, ALogOfTheSameNameInheritsNothing) {
  auto directories = start();
  Log& log = create(*directories, {"tweets", 0});
  append(log, {.count = 10});
  log.note_high_watermark(10);
  EXPECT_TRUE(*log.increment_log_start_offset(8));
  tick(*directories);
  ASSERT_TRUE(directories->remove({"tweets", 0}).ok());
  Log& next = create(*directories, {"tweets", 0});
  append(next, {.count = 2});
  directories.reset();
  directories = start();
  EXPECT_EQ(directories->find({"tweets", 0})->log_start_offset(), 0);
  EXPECT_EQ(directories->find({"tweets", 0})->log_end_offset(), 2);
  // The first one is finished with at the next opportunity.
  tick(*directories);
  EXPECT_EQ(names("/a").size() + names("/b").size(), 2U + 2U + 6U + 1U);
}

TEST_F(LogDirectoriesTest, LogStartOffsetIsKeptWhereTheSegmentDoesNotSayIt) {
  auto directories = start();
  Log& log = create(*directories, {"tweets", 0});
  append(log, {.count = 10});
  log.note_high_watermark(10);
  EXPECT_TRUE(*log.increment_log_start_offset(8));
  tick(*directories);
  directories.reset();
  directories = start();
  EXPECT_EQ(directories->find({"tweets", 0})->log_start_offset(), 8);
  EXPECT_EQ(directories->find({"tweets", 0})->noted_high_watermark(), 10);
}

TEST_F(LogDirectoriesTest, ALogThatNobodyUsesComesToRestAndIsCheckpointedWhenItIsUsedAgain) {
  auto directories = start();
  Log& log = create(*directories, {"tweets", 0});
  const std::string marks = join_path(log.directory().path(), kHighWatermarkFile);
  EXPECT_TRUE(log.is_astir());
  append(log);
  log.note_high_watermark(1);
  for (int second = 0; second < 5; ++second) tick(*directories);
  EXPECT_FALSE(log.is_astir());
  EXPECT_THAT(text(marks), HasSubstr("tweets 0 1"));
  append(log);
  EXPECT_TRUE(log.is_astir());
  for (int second = 0; second < 5; ++second) tick(*directories);
  EXPECT_FALSE(log.is_astir());
  EXPECT_EQ(log.recovery_point(), 2);
  log.note_high_watermark(2);
  tick(*directories);
  EXPECT_THAT(text(marks), HasSubstr("tweets 0 2"));
}

TEST_F(LogDirectoriesTest, WhatChangesWhileACheckpointIsWrittenIsInTheNextOne) {
  auto directories = start();
  Log& log = create(*directories, {"tweets", 0});
  const std::string marks = join_path(log.directory().path(), kHighWatermarkFile);
  append(log, {.count = 2});
  for (int second = 0; second < 5; ++second) tick(*directories);
  log.note_high_watermark(1);
  directories->checkpoint();  // is being written
  log.note_high_watermark(2);
  directories->checkpoint();
  disk_.run_all();
  EXPECT_FALSE(log.is_astir());
  EXPECT_THAT(text(marks), HasSubstr("tweets 0 1"));
  tick(*directories);
  EXPECT_THAT(text(marks), HasSubstr("tweets 0 2"));
}

// A sync costs as much as dozens of small produce requests.
TEST_F(LogDirectoriesTest, OfManyDirtyLogsThoseWithLittleToSyncTakeTurns) {
  constexpr int kLogs = 200;
  auto directories = start();
  std::vector<Log*> logs;
  for (int i = 0; i < kLogs; ++i) logs.push_back(&create(*directories, {"tweets", i}));
  const auto round = [&] {
    directories->checkpoint();
    disk_.run_all();
    return std::count_if(logs.begin(), logs.end(), [](const Log* log) {
      return log->recovery_point() == log->log_end_offset();
    });
  };
  for (Log* log : logs) append(*log);
  EXPECT_EQ(round(), kLogs) << "nobody knew how many they are";
  append(*logs[0], {.count = 1, .value_size = 2 << 20});
  for (int i = 1; i < kLogs; ++i) append(*logs[static_cast<size_t>(i)]);
  EXPECT_LE(round(), kLogs / 5 + 1);
  EXPECT_EQ(logs[0]->recovery_point(), 2) << "much was appended";
  for (int second = 1; second < 4; ++second) (void)round();
  EXPECT_EQ(round(), kLogs);
}

TEST_F(LogDirectoriesTest, GroupCommitAnswersInOrderOnceOnTheDisk) {
  auto directories = start();
  Log& log = create(*directories, {"tweets", 0});
  std::vector<int> answers;
  append(log);
  directories->sync_queue().sync(log, [&](wire::Status status) {
    EXPECT_TRUE(status.ok());
    answers.push_back(1);
  });
  append(log);
  directories->sync_queue().sync(log, [&](wire::Status) { answers.push_back(2); });
  EXPECT_THAT(answers, IsEmpty());
  disk_.run_all();
  EXPECT_THAT(answers, ElementsAre(1, 2));
  EXPECT_EQ(log.flushed_offset(), 2);
  EXPECT_TRUE(directories->sync_queue().idle());
}

}  // namespace storage::testing
