// How deleted segments go back to the disk: in steps, and never on the shard's time.
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <unistd.h>

#include "storage/fs/faulty_file_system.h"
#include "storage/fs/posix_file_system.h"
#include "tests/storage/log_fixture.h"

namespace storage::testing {

namespace {

constexpr int64_t kMiB = int64_t{1} << 20;

// How many files without a name this process holds open below `root`.
size_t nameless_files(const std::string& root) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry, gone).string();
    if (target.starts_with(root) && target.ends_with(" (deleted)")) ++count;
  }
  return count;
}

}  // namespace

class RemoveInStepsTest : public ::testing::Test {
 protected:
  RemoveInStepsTest() {
    auto file = files_.open("/segment", OpenMode::kCreate);
    EXPECT_TRUE((*file)->truncate(10 * kMiB).ok());
    files_.plan(Fault::kNone, 0);  // counts from here
  }

  wire::ManualClock clock_;
  FaultyFileSystem files_{clock_};
};

TEST_F(RemoveInStepsTest, CutsALargeFileDownBeforeItGoes) {
  ASSERT_TRUE(remove_in_steps(files_, "/segment").ok());
  EXPECT_EQ(files_.calls(), 3);  // to 6 MiB, to 2 MiB, gone
  EXPECT_FALSE(files_.exists("/segment"));
}

TEST_F(RemoveInStepsTest, LeavesWholeWhatSomebodyReads) {
  const auto reader = *files_.open("/segment", OpenMode::kRead);
  ASSERT_TRUE(remove_in_steps(files_, "/segment", reader).ok());
  EXPECT_FALSE(files_.exists("/segment"));
  EXPECT_EQ(*reader->size(), 10 * kMiB);
}

TEST_F(RemoveInStepsTest, RemovesEvenIfTheBlocksCannotBeFreedBefore) {
  files_.plan(Fault::kFail, 1);
  ASSERT_TRUE(remove_in_steps(files_, "/segment").ok());
  EXPECT_FALSE(files_.exists("/segment"));
}

TEST(Deletion, NoSyncLeavesTheLastHoldOfADeletedFileToTheShard) {
  const std::string root = "/tmp/odradek-deletion-" + std::to_string(::getpid());
  PosixFileSystem files;
  wire::ManualClock clock;
  wire::SeededRandom random(1);
  ManualDiskExecutor disk;
  StorageServices services{files, clock, random, disk};
  ASSERT_TRUE(files.make_directory(root).ok());
  {
    LogDirectory directory(services, root);
    auto log = Log::open(directory, {.name = {"tweets", 0},
                                     .path = root + "/tweets-0",
                                     .options = std::make_shared<LogOptions>(),
                                     .topic_id = wire::Uuid{7, 8},
                                     .clean_shutdown = false,
                                     .recovery_point = 0});
    ASSERT_TRUE(log.ok()) << log.error().detail;
    ASSERT_TRUE((*log)->append_as_leader(make_batch(), 0).ok());
    auto work = (*log)->begin_sync();
    ASSERT_TRUE(work);
    ASSERT_TRUE((*log)->truncate_fully_and_start_at(100).ok());
    clock.advance((*log)->options().file_delete_delay_ms);
    (*log)->sweep();
    disk.run_all();
    EXPECT_EQ(nameless_files(root), 1U);  // the sync holds it
    work->run();
    EXPECT_EQ(nameless_files(root), 0U);
    EXPECT_TRUE((*log)->complete_sync(*work).ok());
  }
  EXPECT_TRUE(remove_tree(files, root).ok());
}

TEST(Deletion, TopicsRemovedGoInStepsToo) {
  wire::ManualClock clock;
  FaultyFileSystem files(clock);
  ASSERT_TRUE(files.make_directory("/tweets-0.x-delete").ok());
  {
    auto file = files.open("/tweets-0.x-delete/00000000000000000000.log", OpenMode::kCreate);
    ASSERT_TRUE((*file)->truncate(6 * kMiB).ok());
  }
  files.plan(Fault::kNone, 0);
  ASSERT_TRUE(remove_tree(files, "/tweets-0.x-delete").ok());
  EXPECT_EQ(files.calls(), 3);  // to 2 MiB, the file, the directory
}

}  // namespace storage::testing
