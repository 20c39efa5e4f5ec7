#include "storage/kv/rocks_file_system.h"

#include <string>
#include <utility>
#include <vector>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace storage {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

IOStatus io_status(const wire::Status& status) {
  return status.ok() ? IOStatus::OK() : IOStatus::IOError(status.error().detail);
}

IOStatus read_at(const File& file, uint64_t position, size_t size, rocksdb::Slice* result,
                 char* scratch) {
  const auto got =
      file.read(static_cast<int64_t>(position), {reinterpret_cast<uint8_t*>(scratch), size});
  if (!got.ok()) return IOStatus::IOError(got.error().detail);
  *result = {scratch, *got};
  return IOStatus::OK();
}

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  explicit SequentialFile(std::shared_ptr<File> file) : file_(std::move(file)) {}

  IOStatus Read(size_t size, const IOOptions&, rocksdb::Slice* result, char* scratch,
                IODebugContext*) override {
    IOStatus status = read_at(*file_, position_, size, result, scratch);
    position_ += result->size();
    return status;
  }
  IOStatus Skip(uint64_t size) override {
    position_ += size;
    return IOStatus::OK();
  }

 private:
  const std::shared_ptr<File> file_;
  uint64_t position_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  explicit RandomAccessFile(std::shared_ptr<File> file) : file_(std::move(file)) {}

  IOStatus Read(uint64_t position, size_t size, const IOOptions&, rocksdb::Slice* result,
                char* scratch, IODebugContext*) const override {
    return read_at(*file_, position, size, result, scratch);
  }

 private:
  const std::shared_ptr<File> file_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  explicit WritableFile(std::shared_ptr<File> file) : file_(std::move(file)) {}

  using FSWritableFile::Append;
  IOStatus Append(const rocksdb::Slice& data, const IOOptions&, IODebugContext*) override {
    const auto status =
        file_->write(size_, wire::Bytes::copy(std::string_view(data.data(), data.size())));
    if (!status.ok()) return io_status(status);
    size_ += static_cast<int64_t>(data.size());
    return IOStatus::OK();
  }
  IOStatus Truncate(uint64_t size, const IOOptions&, IODebugContext*) override {
    size_ = static_cast<int64_t>(size);
    return io_status(file_->truncate(size_));
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return io_status(file_->sync()); }
  bool IsSyncThreadSafe() const override { return true; }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    return static_cast<uint64_t>(size_);
  }

 private:
  const std::shared_ptr<File> file_;
  int64_t size_ = 0;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return io_status(files_.sync_directory(path_));
  }

 private:
  FileSystem& files_;
  const std::string path_;
};

class Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::unique_ptr<storage::FileLock> held) : held_(std::move(held)) {}

 private:
  std::unique_ptr<storage::FileLock> held_;
};

// RocksDB's own log goes nowhere: what it tells comes back as a status.
class SilentLogger final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class PortFileSystem final : public rocksdb::FileSystem {
 public:
  explicit PortFileSystem(storage::FileSystem& files) : files_(files) {}

  static const char* kClassName() { return "odradek"; }
  const char* Name() const override { return kClassName(); }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext*) override {
    return open<SequentialFile>(path, OpenMode::kRead, *result);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext*) override {
    return open<RandomAccessFile>(path, OpenMode::kRead, *result);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext*) override {
    if (files_.exists(path)) {
      if (auto removed = files_.remove(path); !removed.ok()) return io_status(removed);
    }
    return open<WritableFile>(path, OpenMode::kCreate, *result);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) override {
    if (!files_.exists(path)) return IOStatus::NotFound(path);
    *result = std::make_unique<Directory>(files_, path);
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    return files_.exists(path) ? IOStatus::OK() : IOStatus::NotFound(path);
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* result,
                       IODebugContext*) override {
    if (!files_.exists(path)) return IOStatus::NotFound(path);
    const auto entries = files_.list(path);
    if (!entries.ok()) return IOStatus::IOError(entries.error().detail);
    result->clear();
    for (const DirectoryEntry& entry : *entries) result->push_back(entry.name);
    return IOStatus::OK();
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    if (!files_.exists(path)) return IOStatus::NotFound(path);
    return io_status(files_.remove(path));
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return io_status(files_.make_directory(path));
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    return io_status(files_.make_directory(path));
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return io_status(files_.remove_directory(path));
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, uint64_t* size,
                       IODebugContext*) override {
    if (!files_.exists(path)) return IOStatus::NotFound(path);
    const auto info = files_.info(path);
    if (!info.ok()) return IOStatus::IOError(info.error().detail);
    *size = static_cast<uint64_t>(info->size);
    return IOStatus::OK();
  }
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions&, uint64_t* seconds,
                                   IODebugContext*) override {
    const auto info = files_.info(path);
    if (!info.ok()) return IOStatus::IOError(info.error().detail);
    *seconds = static_cast<uint64_t>(info->modified_ms / 1000);
    return IOStatus::OK();
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    return io_status(files_.rename(from, to));
  }
  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock,
                    IODebugContext*) override {
    auto held = files_.lock(path);
    if (!held.ok()) return IOStatus::IOError(held.error().detail);
    *lock = new Lock(std::move(*held));
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    delete lock;
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string*, IODebugContext*) override {
    return IOStatus::NotSupported("there is none");
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* absolute,
                           IODebugContext*) override {
    *absolute = path;
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_directory,
                       IODebugContext*) override {
    *is_directory = files_.list(path).ok();
    return IOStatus::OK();
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext*) override {
    *result = std::make_shared<SilentLogger>();
    return IOStatus::OK();
  }

 private:
  template <typename Kind, typename Result>
  IOStatus open(const std::string& path, OpenMode mode, Result& result) {
    if (mode == OpenMode::kRead && !files_.exists(path)) return IOStatus::NotFound(path);
    auto file = files_.open(path, mode);
    if (!file.ok()) return IOStatus::IOError(file.error().detail);
    result = std::make_unique<Kind>(std::move(*file));
    return IOStatus::OK();
  }

  storage::FileSystem& files_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_rocks_environment(FileSystem& files) {
  return rocksdb::NewCompositeEnv(std::make_shared<PortFileSystem>(files));
}

}  // namespace storage
