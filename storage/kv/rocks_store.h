// The key-value store on disk: one RocksDB, outside log.dirs (Apache refuses to start on a log
// directory that holds a folder it does not know).
//
// A write goes to RocksDB's log without a sync.  If only the process dies, all of it is there; after
// a crash of the machine (boot_mark.h) some of it may be missing, from the middle too, so that the
// database is removed and made anew, as one that does not open is: the coordinators replay their
// logs into it.
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
  // Opens the database in the directory `path`, creating it (and its parents), with RocksDB's own
  // way to the disk.
  static wire::Result<std::unique_ptr<RocksStore>> open(const std::string& path);
  // The same on the files of the port (rocks_file_system.h), which outlives the store.
  static wire::Result<std::unique_ptr<RocksStore>> open(const std::string& path, FileSystem& files);
  // Syncs what was written, so that a stop of the machine takes nothing from now on.
  ~RocksStore() override;

  wire::Result<std::optional<std::string>> get(std::string_view key) const override;
  wire::Status write(WriteBatch batch) override;
  std::unique_ptr<Cursor> cursor() override;

 private:
  static wire::Result<std::unique_ptr<RocksStore>> open(const std::string& path, FileSystem& files,
                                                        std::unique_ptr<rocksdb::Env> environment);
  RocksStore(std::string path, FileSystem& files, std::unique_ptr<rocksdb::Env> environment,
             std::unique_ptr<rocksdb::DB> db);

  const std::string path_;
  FileSystem& files_;
  std::unique_ptr<rocksdb::Env> environment_;  // null: RocksDB's own
  std::unique_ptr<rocksdb::DB> db_;
  bool write_failed_ = false;
};

}  // namespace storage
