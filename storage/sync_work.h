// What one log still owes the disk: made by Log::begin_sync(), run on the DiskExecutor, handed back
// to Log::complete_sync().
//
// It holds the files open by itself, so the log may go on appending, roll, or be deleted meanwhile.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/fs/file_system.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace storage {

class SyncWork {
 public:
  explicit SyncWork(FileSystem& files) : files_(&files) {}

  // Blocks.  Call it once, on any thread.
  void run();

  // Everything below this offset is durable if the work succeeds.
  wire::Offset up_to() const { return up_to_; }
  const wire::Status& result() const { return result_; }

 private:
  friend class Log;

  FileSystem* files_;
  wire::Offset up_to_ = 0;
  bool is_checkpoint_ = false;
  // In this order: small files first, so that what they say is never newer than the data that
  // follows.
  std::vector<std::pair<std::string, wire::Bytes>> replace_;  // path, content
  std::vector<std::shared_ptr<File>> sync_;
  std::vector<std::string> directories_;
  wire::Status result_;
};

}  // namespace storage
