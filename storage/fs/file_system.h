// The file system, as a port: everything that storage does to a disk goes through here.
//
// Three implementations: posix_file_system.h is the program's; memory_file_system.h serves
// odradek.durability=memory and tests; faulty_file_system.h fails, stops and forgets on command.
//
// Every failure is KAFKA_STORAGE_ERROR with the operation, the path and the system's text.  A file
// that does not exist is such a failure too: ask exists() where absence is expected.
//
// Threads: a FileSystem may be used from any thread.  A File may be read, written and synced from
// different threads at once as long as the ranges differ, as with pread and pwrite; truncate()
// excludes all else.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace storage {

class File {
 public:
  virtual ~File() = default;

  // Writes all of `chunks`, one behind the other, at `position`; one system call if the kernel
  // takes them in one.
  virtual wire::Status write(int64_t position, std::span<const wire::Bytes> chunks) = 0;
  // Fills `into` from `position` on.  Returns the bytes read: fewer than asked only at the end of
  // the file.
  virtual wire::Result<size_t> read(int64_t position, std::span<uint8_t> into) const = 0;
  // As read(), of what is in memory: fewer bytes, or none, where the rest must come from a disk.
  // Where the system cannot tell, it waits like read().
  virtual wire::Result<size_t> read_cached(int64_t position, std::span<uint8_t> into) const {
    return read(position, into);
  }
  // Blocks until these bytes are in memory, as far as there is room, and asks for those behind them:
  // who reads a file that nobody read for long reads on.
  virtual wire::Status prefetch(int64_t /*position*/, int64_t /*size*/) const { return {}; }
  // Puts the data, and the size, on the disk.  A failure is final: never call it again on this
  // file, the kernel may have dropped the very pages that it could not write.
  virtual wire::Status sync() = 0;
  virtual wire::Status truncate(int64_t size) = 0;
  virtual wire::Result<int64_t> size() const = 0;
  // Reserves room behind the end without changing the size.  A hint: ignored where it is not
  // possible.
  virtual void allocate(int64_t position, int64_t size) = 0;

  wire::Status write(int64_t position, const wire::Bytes& bytes) {
    return write(position, std::span(&bytes, 1));
  }
};

// Holds an exclusive lock on a file until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  kRead,    // the file must exist
  kUpdate,  // read and write; the file must exist
  kCreate,  // read and write; created if absent, kept as it is if present
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;

  auto operator<=>(const DirectoryEntry&) const = default;
};

struct FileInfo {
  int64_t size = 0;
  wire::TimestampMs modified_ms = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual wire::Result<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // True for a file or a directory.
  virtual bool exists(const std::string& path) = 0;
  virtual wire::Result<FileInfo> info(const std::string& path) = 0;
  // Replaces `to` if it is a file.  Durable once the directory (both directories) is synced.
  virtual wire::Status rename(const std::string& from, const std::string& to) = 0;
  virtual wire::Status remove(const std::string& path) = 0;

  // Sorted by name, without "." and "..".
  virtual wire::Result<std::vector<DirectoryEntry>> list(const std::string& path) = 0;
  // Creates the directory and the parents that are missing; nothing happens if it exists.
  virtual wire::Status make_directory(const std::string& path) = 0;
  // The directory must be empty.
  virtual wire::Status remove_directory(const std::string& path) = 0;
  // Puts the directory's names on the disk.
  virtual wire::Status sync_directory(const std::string& path) = 0;
  // Creates the file if absent and takes an fcntl() record lock on it, which is what Java's
  // FileChannel.tryLock takes: an Apache broker on the same directory and this program exclude each
  // other.
  virtual wire::Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  // Which run of the machine this is: as long as it stays the same, what was written is there even
  // if it was not synced.  Empty if the system does not tell.
  virtual std::string boot_id() = 0;
};

// The whole file.
// KAFKA_STORAGE_ERROR, as every implementation words it: "open /data/x: No such file or directory".
wire::Error file_failure(std::string_view operation, std::string_view path, std::string_view why);

wire::Result<wire::Bytes> read_file(FileSystem& files, const std::string& path);
// Old content or new content, never a mixture, whenever the machine stops: writes `<path>.tmp`,
// syncs it, renames it over `path` and syncs the directory.
wire::Status replace_file(FileSystem& files, const std::string& path, const wire::Bytes& content);
// As make_directory(), and what was created is there after a power cut.
wire::Status make_durable_directory(FileSystem& files, const std::string& path);
// As FileSystem::remove(), giving the blocks of a large file back a few MiB at a time: a file system
// that frees (and discards) hundreds of MiB in one call holds up everybody else's.  Blocks.
// `open_file`: the file, if the caller has it open; what others still read is left whole for them.
wire::Status remove_in_steps(FileSystem& files, const std::string& path,
                             std::shared_ptr<File> open_file = nullptr);
// Removes the directory and everything in it, in such steps.
wire::Status remove_tree(FileSystem& files, const std::string& path);

std::string join_path(std::string_view directory, std::string_view name);
// The directory that holds `path`; "." if it has none.
std::string parent_path(std::string_view path);

}  // namespace storage
