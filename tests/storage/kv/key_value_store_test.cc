// Both stores, held to the same behaviour.

#include "storage/kv/key_value_store.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>

#include "gtest/gtest.h"
#include "storage/fs/faulty_file_system.h"
#include "storage/kv/memory_store.h"
#include "storage/kv/rocks_store.h"
#include "wire/base/clock.h"

namespace storage {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "odradek-kv-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class KeyValueStoreTest : public ::testing::TestWithParam<bool> {
 protected:
  KeyValueStoreTest() {
    if (GetParam()) {
      auto opened = RocksStore::open(folder_.path("state/groups"));
      EXPECT_TRUE(opened.ok());
      store_ = std::move(*opened);
    } else {
      store_ = std::make_unique<MemoryStore>();
    }
  }

  void put(const std::string& key, const std::string& value) {
    WriteBatch batch;
    batch.put(key, value);
    ASSERT_TRUE(store_->write(batch).ok());
  }
  std::optional<std::string> get(const std::string& key) {
    auto read = store_->get(key);
    EXPECT_TRUE(read.ok());
    return *read;
  }
  std::string walk(const std::string& from) {
    std::string seen;
    auto cursor = store_->cursor();
    for (cursor->seek(from); cursor->valid(); cursor->next()) {
      seen += std::string(cursor->key()) + "=" + std::string(cursor->value()) + " ";
    }
    EXPECT_TRUE(cursor->status().ok());
    return seen;
  }

  TemporaryFolder folder_;
  std::unique_ptr<KeyValueStore> store_;
};

TEST_P(KeyValueStoreTest, ReadsWhatWasWritten) {
  EXPECT_EQ(get("a"), std::nullopt);
  put("a", "1");
  put("a", "2");
  put(std::string("b\0c", 3), std::string("\0\xFF", 2));
  EXPECT_EQ(get("a"), "2");
  EXPECT_EQ(get(std::string("b\0c", 3)), std::string("\0\xFF", 2));
  EXPECT_EQ(get("b"), std::nullopt);
}

TEST_P(KeyValueStoreTest, BatchAppliesItsChangesInOrder) {
  put("gone", "x");
  WriteBatch batch;
  batch.put("a", "1");
  batch.erase("gone");
  batch.put("k1", "1");
  batch.put("k2", "2");
  batch.erase_range("k", "l");
  batch.put("k3", "3");
  batch.erase("never");
  ASSERT_TRUE(store_->write(batch).ok());
  EXPECT_EQ(walk(""), "a=1 k3=3 ");
}

TEST_P(KeyValueStoreTest, CursorWalksInByteOrder) {
  for (const char* key : {"b", "\xFFz", "a", "ab"}) put(key, "v");
  EXPECT_EQ(walk(""), "a=v ab=v b=v \xFFz=v ");
  EXPECT_EQ(walk("aa"), "ab=v b=v \xFFz=v ");
  EXPECT_FALSE(store_->cursor()->valid()) << "a new cursor stands nowhere";
}

TEST_P(KeyValueStoreTest, EmptyRangeErasesNothing) {
  put("b", "v");
  WriteBatch batch;
  batch.erase_range("b", "b");
  ASSERT_TRUE(store_->write(batch).ok());
  EXPECT_EQ(walk(""), "b=v ");
}

INSTANTIATE_TEST_SUITE_P(Stores, KeyValueStoreTest, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Rocks" : "Memory"; });

TEST(RocksStore, KeepsItsRows) {
  TemporaryFolder folder;
  {
    auto store = RocksStore::open(folder.path("db"));
    ASSERT_TRUE(store.ok());
    WriteBatch batch;
    batch.put("key", "value");
    ASSERT_TRUE((*store)->write(batch).ok());
  }
  auto store = RocksStore::open(folder.path("db"));
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(*(*store)->get("key"), "value");
}

TEST(RocksStore, DatabaseThatDoesNotOpenIsMadeAnew) {
  TemporaryFolder folder;
  { ASSERT_TRUE(RocksStore::open(folder.path("db")).ok()); }
  for (const auto& file : std::filesystem::directory_iterator(folder.path("db"))) {
    if (file.path().filename().string().starts_with("MANIFEST")) {
      std::ofstream(file.path(), std::ios::trunc) << "not a manifest";
    }
  }
  auto store = RocksStore::open(folder.path("db"));
  ASSERT_TRUE(store.ok());
  EXPECT_EQ(*(*store)->get("key"), std::nullopt);
}

// A store with one row, on a disk that fails.
class RocksStoreOnAFaultyDisk : public ::testing::Test {
 protected:
  RocksStoreOnAFaultyDisk() : store_(opened()) { EXPECT_TRUE(write("key").ok()); }

  std::unique_ptr<RocksStore> opened() {
    auto store = RocksStore::open("/state/db", files_);
    EXPECT_TRUE(store.ok());
    return std::move(*store);
  }
  wire::Status write(const std::string& key) {
    WriteBatch batch;
    batch.put(key, "value");
    return store_->write(batch);
  }
  // The power goes, or the process is killed: closing does nothing any more.
  void stop() {
    files_.stop();
    store_.reset();
  }
  // Nothing, or "value".
  std::optional<std::string> row_after_restart() { return *opened()->get("key"); }

  wire::ManualClock clock_;
  FaultyFileSystem files_{clock_};
  std::unique_ptr<RocksStore> store_;
};

TEST_F(RocksStoreOnAFaultyDisk, KeepsItsRowsWhenTheProcessIsKilled) {
  stop();
  files_.resume();
  EXPECT_EQ(row_after_restart(), "value");
}

// Some of it may be gone, and RocksDB would not notice.
TEST_F(RocksStoreOnAFaultyDisk, IsMadeAnewWhenTheMachineStoppedInTheMiddle) {
  stop();
  files_.keep_all();
  files_.lose_unsynced();
  EXPECT_EQ(row_after_restart(), std::nullopt);
}

TEST_F(RocksStoreOnAFaultyDisk, CannotBeClosedCleanlyAfterAFailedWrite) {
  files_.plan(Fault::kFail, 1);
  EXPECT_FALSE(write("other").ok());
  store_.reset();
  files_.lose_unsynced();
  EXPECT_EQ(row_after_restart(), std::nullopt);
}

TEST_F(RocksStoreOnAFaultyDisk, KeepsItsRowsWhenTheMachineStopsAfterACleanEnd) {
  store_.reset();
  files_.lose_unsynced();
  EXPECT_EQ(row_after_restart(), "value");
}

TEST(RocksStore, FolderThatCannotBeMadeIsAnError) {
  TemporaryFolder folder;
  std::ofstream(folder.path("file")) << "in the way";
  EXPECT_FALSE(RocksStore::open(folder.path("file/db")).ok());
}

}  // namespace
}  // namespace storage
