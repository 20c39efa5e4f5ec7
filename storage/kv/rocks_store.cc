#include "storage/kv/rocks_store.h"

#include <utility>

#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/options.h"
#include "rocksdb/table.h"
#include "rocksdb/write_batch.h"
#include "storage/fs/posix_file_system.h"
#include "storage/kv/boot_mark.h"
#include "storage/kv/rocks_file_system.h"
#include "wire/base/log.h"

namespace storage {
namespace {

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view view(const rocksdb::Slice& text) {
  return {text.data(), text.size()};
}

wire::Error failure(std::string_view what, const rocksdb::Status& status) {
  return {wire::ErrorCode::kKafkaStorageError,
          fmt::format("RocksDB could not {}: {}", what, status.ToString())};
}

// Small: an idle broker must stay small, and the rows are few megabytes in most lives.
rocksdb::Options store_options() {
  constexpr size_t kMiB = 1024 * 1024;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  // What is not yet in a table is replayed from the log at every start: 4 MiB are some ten
  // milliseconds.
  options.write_buffer_size = 4 * kMiB;
  options.avoid_flush_during_recovery = true;
  options.arena_block_size = 256 * 1024;  // else an eighth of the buffer is touched at once
  options.max_write_buffer_number = 3;
  options.max_total_wal_size = 16 * kMiB;
  options.max_background_jobs = 2;
  options.allow_concurrent_memtable_write = false;  // there is one writer
  options.avoid_unnecessary_blocking_io = true;
  options.max_open_files = 256;
  options.max_file_opening_threads = 1;
  options.skip_stats_update_on_db_open = true;
  options.skip_checking_sst_file_sizes_on_db_open = true;
  options.info_log_level = rocksdb::InfoLogLevel::ERROR_LEVEL;
  options.keep_log_file_num = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(8 * kMiB);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.cache_index_and_filter_blocks = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

class RocksCursor final : public Cursor {
 public:
  explicit RocksCursor(std::unique_ptr<rocksdb::Iterator> iterator)
      : iterator_(std::move(iterator)) {}

  void seek(std::string_view key) override { iterator_->Seek(slice(key)); }
  bool valid() const override { return iterator_->Valid(); }
  wire::Status status() const override {
    if (iterator_->status().ok()) return {};
    return failure("read", iterator_->status());
  }
  void next() override { iterator_->Next(); }
  std::string_view key() const override { return view(iterator_->key()); }
  std::string_view value() const override { return view(iterator_->value()); }

 private:
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

RocksStore::RocksStore(std::string path, FileSystem& files,
                       std::unique_ptr<rocksdb::Env> environment, std::unique_ptr<rocksdb::DB> db)
    : path_(std::move(path)),
      files_(files),
      environment_(std::move(environment)),
      db_(std::move(db)) {}

RocksStore::~RocksStore() {
  // RocksDB does not take a sync after a failed write; without the mark the rows are made anew.
  if (write_failed_) return;
  const rocksdb::Status synced = db_->SyncWAL();
  db_.reset();
  const wire::Status marked =
      synced.ok() ? mark_clean(files_, path_) : failure("sync its log", synced);
  // No harm but a slower start after the machine has been switched off.
  if (!marked.ok()) wire::log::warn("closing {}: {}", path_, marked.error().detail);
}

wire::Result<std::unique_ptr<RocksStore>> RocksStore::open(const std::string& path) {
  static PosixFileSystem files;  // without a state of its own
  return open(path, files, nullptr);
}

wire::Result<std::unique_ptr<RocksStore>> RocksStore::open(const std::string& path,
                                                           FileSystem& files) {
  return open(path, files, make_rocks_environment(files));
}

wire::Result<std::unique_ptr<RocksStore>> RocksStore::open(
    const std::string& path, FileSystem& files, std::unique_ptr<rocksdb::Env> environment) {
  rocksdb::Options options = store_options();
  if (environment != nullptr) options.env = environment.get();
  // Everything in it can be had from the logs again.
  const auto start_anew = [&]() -> wire::Status {
    if (files.exists(path)) {
      const rocksdb::Status destroyed = rocksdb::DestroyDB(path, options);
      if (!destroyed.ok()) return failure("remove " + path, destroyed);
    }
    return make_durable_directory(files, path);
  };
  const bool existed = files.exists(join_path(path, "CURRENT"));
  if (!existed || !nothing_lost(files, path)) {
    if (existed) {
      wire::log::info(
          "the machine has stopped while {} was in use: coordinator state is rebuilt from the log",
          path);
    }
    if (auto emptied = start_anew(); !emptied.ok()) return emptied.error();
  }
  if (auto marked = mark_in_use(files, path); !marked.ok()) return marked.error();
  rocksdb::DB* db = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, path, &db);
  if (status.IsCorruption() || status.IsNotSupported() || status.IsInvalidArgument()) {
    wire::log::warn("the coordinator state in {} does not open and is rebuilt from the log: {}",
                    path, status.ToString());
    if (auto emptied = start_anew(); !emptied.ok()) return emptied.error();
    if (auto marked = mark_in_use(files, path); !marked.ok()) return marked.error();
    status = rocksdb::DB::Open(options, path, &db);
  }
  if (!status.ok()) return failure("open " + path, status);
  return std::unique_ptr<RocksStore>(
      new RocksStore(path, files, std::move(environment), std::unique_ptr<rocksdb::DB>(db)));
}

wire::Result<std::optional<std::string>> RocksStore::get(std::string_view key) const {
  std::string value;
  const rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return failure("read", status);
  return std::optional<std::string>(std::move(value));
}

wire::Status RocksStore::write(WriteBatch batch) {
  rocksdb::WriteBatch changes;
  for (const WriteBatch::Change& change : batch.changes()) {
    rocksdb::Status added;
    switch (change.kind) {
      case WriteBatch::Kind::kPut:
        added = changes.Put(slice(change.key), slice(change.value));
        break;
      case WriteBatch::Kind::kErase:
        added = changes.Delete(slice(change.key));
        break;
      case WriteBatch::Kind::kEraseRange:
        added = changes.DeleteRange(slice(change.key), slice(change.value));
        break;
    }
    if (!added.ok()) return failure("add to a batch", added);
  }
  const rocksdb::Status status = db_->Write(rocksdb::WriteOptions(), &changes);
  if (status.ok()) return {};
  write_failed_ = true;
  return failure("write", status);
}

std::unique_ptr<Cursor> RocksStore::cursor() {
  return std::make_unique<RocksCursor>(
      std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(rocksdb::ReadOptions())));
}

}  // namespace storage
