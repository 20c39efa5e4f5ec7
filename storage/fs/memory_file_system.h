// Files in memory: for odradek.durability=memory, and for tests.
//
// Contents live in chunks, so that a segment grows without being copied.  A mutex guards the names,
// because deletions and syncs come from the disk pool; a file's content follows the rule of File.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "storage/fs/file_system.h"
#include "wire/base/clock.h"

namespace storage {

class MemoryFile;

class MemoryFileSystem final : public FileSystem {
 public:
  // REQUIRES: clock outlives this.  It stamps the modification times.
  explicit MemoryFileSystem(const wire::Clock& clock) : clock_(clock) {}

  wire::Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override;
  bool exists(const std::string& path) override;
  wire::Result<FileInfo> info(const std::string& path) override;
  wire::Status rename(const std::string& from, const std::string& to) override;
  wire::Status remove(const std::string& path) override;
  wire::Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
  wire::Status make_directory(const std::string& path) override;
  wire::Status remove_directory(const std::string& path) override;
  wire::Status sync_directory(const std::string& path) override;
  wire::Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  // Nothing outlives the memory.
  std::string boot_id() override { return "memory"; }

 private:
  struct Locks;

  const wire::Clock& clock_;
  std::mutex mutex_;
  // A directory is a path without a file.  Sorted: a directory's entries lie behind it.
  std::map<std::string, std::shared_ptr<MemoryFile>> names_;
  std::shared_ptr<Locks> locks_;
};

}  // namespace storage
