// The key-value store on disk: one RocksDB, outside log.dirs (Apache refuses to start on a log
// directory that holds a folder it does not know).
//
// A write goes to RocksDB's log without a sync: after a crash of the machine the newest writes may
// be missing, always from the end, and the coordinators replay that tail.  A database that does not
// open is removed and made anew.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/fs/file_system.h"
#include "storage/kv/key_value_store.h"

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace storage {

class RocksStore final : public KeyValueStore {
 public:
  // Opens the database in the directory `path`, creating it (and its parents).
  static wire::Result<std::unique_ptr<RocksStore>> open(const std::string& path);
  // The same on the files of the port (rocks_file_system.h), which outlives the store.
  static wire::Result<std::unique_ptr<RocksStore>> open(const std::string& path, FileSystem& files);
  ~RocksStore() override;

  wire::Result<std::optional<std::string>> get(std::string_view key) const override;
  wire::Status write(const WriteBatch& batch) override;
  std::unique_ptr<Cursor> cursor() const override;

 private:
  static wire::Result<std::unique_ptr<RocksStore>> open(const std::string& path,
                                                        std::unique_ptr<rocksdb::Env> environment);
  RocksStore(std::unique_ptr<rocksdb::Env> environment, std::unique_ptr<rocksdb::DB> db);

  std::unique_ptr<rocksdb::Env> environment_;  // null: RocksDB's own
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace storage
