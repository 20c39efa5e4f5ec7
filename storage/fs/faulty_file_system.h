// A disk that fails on command, for tests: the crash matrix runs a workload again and again and
// stops it at every call.
//
// It keeps, beside what a program sees, what would be there after a power cut: a file's bytes as of
// its last sync(), and a directory's names as of its last sync_directory().  That is stricter than
// any real file system, and what POSIX promises. Calls that change something are counted from 1;
// the plan says what happens at one of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "storage/fs/file_system.h"
#include "wire/base/clock.h"

namespace storage {

enum class Fault {
  kNone,
  kFail,  // the call answers EIO and does nothing; later ones work
  kStop,  // this and all later ones answer an error and do nothing: the power is off
  kTear,  // as kStop, but of a write the first half reaches the file; at every second call the
          // size does too, with zeros for the rest
};

class FaultyFileSystem final : public FileSystem {
 public:
  // REQUIRES: clock outlives this.
  explicit FaultyFileSystem(const wire::Clock& clock);
  ~FaultyFileSystem() override;

  // Syncs of files say that they are done and do nothing: a mistake that tests must find.
  void ignore_syncs() { ignores_syncs_ = true; }
  // The same of directories.
  void ignore_directory_syncs() { ignores_directory_syncs_ = true; }

  // From now on nothing is in memory: read_cached() has no bytes of a file before its prefetch().
  void evict_all() { ++evictions_; }

  // What happens at the `call`th changing call from now on.
  void plan(Fault fault, int64_t call);
  // Changing calls since the plan was made.
  int64_t calls() const { return calls_; }
  bool stopped() const { return stopped_; }
  // The power goes now.
  void stop() { stopped_ = true; }
  // After stop(): as if only the process had died.  No File or FileLock opened before may be used.
  void resume();

  // The power comes back: only what was synced is there.  No File or FileLock opened before may be
  // used.
  void lose_unsynced();
  // The same, but of each file and of each directory it is a matter of luck whether what was not
  // synced is there: disks write back in no order.
  void lose_some_unsynced(uint64_t seed);
  // The process died but the machine went on: everything written is there.
  void keep_all();

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
  std::string boot_id() override { return std::to_string(boots_); }

 private:
  class Handle;
  struct Node;
  using NodePtr = std::shared_ptr<Node>;

  // Counts a changing call; an error if it must not happen.  `torn` is set if half of a write is to
  // be done.
  wire::Status count(const char* operation, const std::string& path, bool* torn = nullptr);
  template <typename Lose>
  void restart(Lose lose);
  NodePtr find(const std::string& path) const;
  // The directory that holds `path`, and the last part of it.
  std::pair<NodePtr, std::string> split(const std::string& path) const;

  const wire::Clock& clock_;
  NodePtr root_;
  std::shared_ptr<std::set<std::string>> locks_;
  Fault fault_ = Fault::kNone;
  int64_t fault_call_ = 0;
  int64_t calls_ = 0;
  bool stopped_ = false;
  int boots_ = 1;
  int evictions_ = 0;
  bool ignores_syncs_ = false;
  bool ignores_directory_syncs_ = false;
};

}  // namespace storage
