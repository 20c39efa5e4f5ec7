// The file system of the machine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "storage/fs/file_system.h"

namespace storage {

class PosixFileSystem final : public FileSystem {
 public:
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
  std::string boot_id() override;
};

}  // namespace storage
