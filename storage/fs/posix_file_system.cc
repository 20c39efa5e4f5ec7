#include "storage/fs/posix_file_system.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace storage {

namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;
constexpr size_t kChunksPerCall = 64;
constexpr int64_t kReadAhead = int64_t{4} << 20;
constexpr int64_t kPrefetchChunk = 256 << 10;

// With the text of errno.
wire::Error last_failure(std::string_view operation, std::string_view path) {
  const int code = errno;
  return file_failure(operation, path, std::generic_category().message(code));
}

template <typename Call>
auto retry_interrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  wire::Status write(int64_t position, std::span<const wire::Bytes> chunks) override {
    size_t skip = 0;  // bytes of chunks.front() that are written already
    while (!chunks.empty()) {
      std::array<iovec, kChunksPerCall> parts;
      const size_t count = std::min(chunks.size(), kChunksPerCall);
      for (size_t i = 0; i < count; ++i) {
        const size_t from = i == 0 ? skip : 0;
        parts[i] = {const_cast<uint8_t*>(chunks[i].data()) + from, chunks[i].size() - from};
      }
      const ssize_t written = retry_interrupted(
          [&] { return ::pwritev(fd_, parts.data(), static_cast<int>(count), position); });
      if (written < 0) return last_failure("write", path_);
      position += written;
      auto left = static_cast<size_t>(written);
      while (!chunks.empty() && left >= chunks.front().size() - skip) {
        left -= chunks.front().size() - skip;
        skip = 0;
        chunks = chunks.subspan(1);
      }
      skip += left;
    }
    return {};
  }

  wire::Result<size_t> read(int64_t position, std::span<uint8_t> into) const override {
    size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = retry_interrupted([&] {
        return ::pread(fd_, into.data() + done, into.size() - done,
                       position + static_cast<int64_t>(done));
      });
      if (got < 0) return last_failure("read", path_);
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }

  wire::Result<size_t> read_cached(int64_t position, std::span<uint8_t> into) const override {
    const iovec part = {into.data(), into.size()};
    const ssize_t got =
        retry_interrupted([&] { return ::preadv2(fd_, &part, 1, position, RWF_NOWAIT); });
    if (got >= 0) return static_cast<size_t>(got);
    if (errno == EAGAIN) return size_t{0};
    // Not every file system can tell.
    if (errno == EOPNOTSUPP) return read(position, into);
    return last_failure("read", path_);
  }

  wire::Status prefetch(int64_t position, int64_t size) const override {
    // A hint; what it does not bring, the reads do.
    (void)::posix_fadvise(fd_, position, size + kReadAhead, POSIX_FADV_WILLNEED);
    const auto scratch = std::make_unique_for_overwrite<uint8_t[]>(kPrefetchChunk);
    for (const int64_t end = position + size; position < end;) {
      const auto count = static_cast<size_t>(std::min<int64_t>(kPrefetchChunk, end - position));
      const auto got = read(position, {scratch.get(), count});
      if (!got) return got.error();
      if (*got == 0) break;
      position += static_cast<int64_t>(*got);
    }
    return {};
  }

  wire::Status sync() override {
    // Not retried on EINTR either: a second call may report success for pages that the first one
    // lost.
    if (::fdatasync(fd_) != 0) return last_failure("fdatasync", path_);
    return {};
  }

  wire::Status truncate(int64_t size) override {
    if (retry_interrupted([&] { return ::ftruncate(fd_, size); }) != 0) {
      return last_failure("truncate", path_);
    }
    return {};
  }

  wire::Result<int64_t> size() const override {
    struct stat info;
    if (::fstat(fd_, &info) != 0) return last_failure("stat", path_);
    return int64_t{info.st_size};
  }

  void allocate(int64_t position, int64_t size) override {
    // A hint: not every file system can.
    (void)::fallocate(fd_, FALLOC_FL_KEEP_SIZE, position, size);
  }

 private:
  const int fd_;
  const std::string path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}
  ~PosixLock() override { ::close(fd_); }
  PosixLock(const PosixLock&) = delete;
  PosixLock& operator=(const PosixLock&) = delete;

 private:
  const int fd_;
};

}  // namespace

wire::Result<std::shared_ptr<File>> PosixFileSystem::open(const std::string& path, OpenMode mode) {
  int flags = O_CLOEXEC;
  flags |= mode == OpenMode::kRead ? O_RDONLY : O_RDWR;
  if (mode == OpenMode::kCreate) flags |= O_CREAT;
  const int fd = retry_interrupted([&] { return ::open(path.c_str(), flags, kFileMode); });
  if (fd < 0) return last_failure("open", path);
  return std::shared_ptr<File>(std::make_shared<PosixFile>(fd, path));
}

bool PosixFileSystem::exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

wire::Result<FileInfo> PosixFileSystem::info(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return last_failure("stat", path);
  return FileInfo{
      .size = info.st_size,
      .modified_ms = int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000};
}

wire::Status PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return last_failure("rename", from + " to " + to);
  return {};
}

wire::Status PosixFileSystem::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return last_failure("remove", path);
  return {};
}

wire::Result<std::vector<DirectoryEntry>> PosixFileSystem::list(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return last_failure("list", path);
  std::vector<DirectoryEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    bool is_directory = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) {
      struct stat info;
      is_directory = ::stat(join_path(path, name).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    }
    entries.push_back({.name = std::string(name), .is_directory = is_directory});
    errno = 0;
  }
  const int code = errno;
  ::closedir(directory);
  errno = code;
  if (code != 0) return last_failure("list", path);
  std::sort(entries.begin(), entries.end());
  return entries;
}

wire::Status PosixFileSystem::make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) == 0) return {};
  if (errno == EEXIST) {
    struct stat info;
    if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) return {};
    errno = ENOTDIR;
    return last_failure("mkdir", path);
  }
  const std::string parent = parent_path(path);
  if (errno != ENOENT || parent == path || parent == ".") return last_failure("mkdir", path);
  if (auto status = make_directory(parent); !status) return status;
  if (::mkdir(path.c_str(), kDirectoryMode) != 0) return last_failure("mkdir", path);
  return {};
}

wire::Status PosixFileSystem::remove_directory(const std::string& path) {
  if (::rmdir(path.c_str()) != 0) return last_failure("rmdir", path);
  return {};
}

wire::Status PosixFileSystem::sync_directory(const std::string& path) {
  const int fd =
      retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) return last_failure("open", path);
  const bool synced = ::fsync(fd) == 0;
  const int code = errno;
  ::close(fd);
  errno = code;
  if (!synced) return last_failure("fsync", path);
  return {};
}

wire::Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path) {
  const int fd = retry_interrupted(
      [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode); });
  if (fd < 0) return last_failure("open", path);
  struct flock record = {};
  record.l_type = F_WRLCK;
  record.l_whence = SEEK_SET;
  if (::fcntl(fd, F_SETLK, &record) != 0) {
    const int code = errno;
    ::close(fd);
    errno = code;
    if (code != EACCES && code != EAGAIN) return last_failure("lock", path);
    return wire::Error{wire::ErrorCode::kKafkaStorageError,
                       fmt::format("lock {}: another process holds it; is a broker running on this "
                                   "directory?",
                                   path)};
  }
  return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(fd));
}

std::string PosixFileSystem::boot_id() {
  std::string id;
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::getline(file, id);
  return id;
}

}  // namespace storage
