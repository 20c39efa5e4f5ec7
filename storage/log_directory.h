// One entry of log.dirs: where it is, and whether it still can be trusted.
//
// A failed write or sync takes the whole directory offline, for good: what the disk holds is then
// unknown, and only a restart, which reads it again, can tell.  Every log in it answers
// KAFKA_STORAGE_ERROR from then on. Owned by the shard that owns its logs.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "storage/disk_executor.h"
#include "storage/fs/file_system.h"
#include "wire/base/callback.h"
#include "wire/base/clock.h"
#include "wire/base/random.h"
#include "wire/base/result.h"
#include "wire/base/uuid.h"

namespace storage {

// Memory that all logs may hold together for serving their newest records without reading the disk.
struct TailCacheBudget {
  int64_t limit_bytes = int64_t{64} << 20;
  std::atomic<int64_t> used_bytes = 0;
};

// A mistake that a test plants to see that the crash matrix finds it.  Never set by the program.
enum class PlantedBug : uint8_t {
  kNone,
  kRecoveryTrustsChecksums,
};

// The ports and budgets that every log needs.  All outlive the logs.
struct StorageServices {
  FileSystem& files;
  const wire::Clock& clock;
  wire::Random& random;
  DiskExecutor& disk;
  TailCacheBudget tail_cache = {};
  PlantedBug planted_bug = PlantedBug::kNone;
  // Where deleted files are given back, behind everything else that wants disk and processor.
  DiskExecutor* idle_disk = nullptr;

  DiskExecutor& removal_disk() { return idle_disk != nullptr ? *idle_disk : disk; }
};

class LogDirectory {
 public:
  LogDirectory(StorageServices& services, std::string path, wire::Uuid id = {})
      : services_(services), path_(std::move(path)), id_(id) {}
  LogDirectory(const LogDirectory&) = delete;
  LogDirectory& operator=(const LogDirectory&) = delete;

  const std::string& path() const { return path_; }
  wire::Uuid id() const { return id_; }
  StorageServices& services() const { return services_; }

  bool online() const { return !failure_; }
  // REQUIRES: !online().  What broke it.
  const wire::Error& failure() const { return *failure_; }
  // Takes the directory offline (the first call counts), tells the listener, and returns the error
  // for the caller to pass on.
  wire::Error fail(wire::Error why);
  void on_failure(wire::Callback<void(LogDirectory&)> listener) { listener_ = std::move(listener); }

  // A log was truncated below its recovery point: the checkpoint must say so before the log grows
  // again, or a recovery would trust bytes that were never synced.
  wire::Status persist_recovery_points() { return persist_ ? persist_() : wire::Status(); }
  void on_recovery_point_lowered(wire::Callback<wire::Status()> persist) {
    persist_ = std::move(persist);
  }

 private:
  StorageServices& services_;
  std::string path_;
  wire::Uuid id_;
  std::optional<wire::Error> failure_;
  wire::Callback<void(LogDirectory&)> listener_;
  wire::Callback<wire::Status()> persist_;
};

}  // namespace storage
