#include "storage/fs/memory_file_system.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

namespace storage {

namespace {

constexpr int64_t kChunkSize = 64 << 10;
constexpr int64_t kSmallestChunk = 256;

}  // namespace

// The first chunk grows by doubling, as most files are small; the others have their full size at
// once.
class MemoryFile final : public File {
 public:
  MemoryFile(const wire::Clock& clock, std::string path)
      : clock_(clock), path_(std::move(path)), modified_ms_(clock.wall_ms()) {}

  wire::Status write(int64_t position, std::span<const wire::Bytes> chunks) override {
    for (const wire::Bytes& chunk : chunks) {
      put(position, chunk.span());
      position += static_cast<int64_t>(chunk.size());
    }
    modified_ms_ = clock_.wall_ms();
    return {};
  }

  wire::Result<size_t> read(int64_t position, std::span<uint8_t> into) const override {
    if (position >= size_) return size_t{0};
    const int64_t count = std::min(static_cast<int64_t>(into.size()), size_ - position);
    for (int64_t done = 0; done < count;) {
      const int64_t within = (position + done) % kChunkSize;
      const int64_t part = std::min(count - done, kChunkSize - within);
      const auto& chunk = chunks_[static_cast<size_t>((position + done) / kChunkSize)];
      std::memcpy(into.data() + done, chunk.get() + within, static_cast<size_t>(part));
      done += part;
    }
    return static_cast<size_t>(count);
  }

  wire::Status sync() override { return {}; }

  wire::Status truncate(int64_t size) override {
    if (size > size_) {
      grow(size);
    } else {
      size_ = size;
      chunks_.resize(static_cast<size_t>((size + kChunkSize - 1) / kChunkSize));
    }
    modified_ms_ = clock_.wall_ms();
    return {};
  }

  wire::Result<int64_t> size() const override { return size_; }
  void allocate(int64_t /*position*/, int64_t /*size*/) override {}

  wire::TimestampMs modified_ms() const { return modified_ms_; }

 private:
  void put(int64_t position, std::span<const uint8_t> bytes) {
    const auto count = static_cast<int64_t>(bytes.size());
    grow(position + count);
    for (int64_t done = 0; done < count;) {
      const int64_t within = (position + done) % kChunkSize;
      const int64_t part = std::min(count - done, kChunkSize - within);
      auto& chunk = chunks_[static_cast<size_t>((position + done) / kChunkSize)];
      std::memcpy(chunk.get() + within, bytes.data() + done, static_cast<size_t>(part));
      done += part;
    }
  }

  // Makes the file at least `size` long; what is new reads as zeros.
  void grow(int64_t size) {
    if (size <= size_) return;
    // Bytes behind the old end may be left over from before a truncation.
    if (size_ % kChunkSize != 0) {
      const int64_t within = size_ % kChunkSize;
      const int64_t end = std::min(capacity_of_last(), kChunkSize);
      if (end > within) {
        std::memset(chunks_.back().get() + within, 0, static_cast<size_t>(end - within));
      }
    }
    if (chunks_.size() <= 1 && first_capacity_ < std::min(size, kChunkSize)) grow_first(size);
    while (static_cast<int64_t>(chunks_.size()) * kChunkSize < size) {
      chunks_.push_back(std::make_unique<uint8_t[]>(kChunkSize));
    }
    size_ = size;
  }

  void grow_first(int64_t size) {
    int64_t capacity = std::max(first_capacity_, kSmallestChunk);
    while (capacity < std::min(size, kChunkSize)) capacity *= 2;
    auto larger = std::make_unique<uint8_t[]>(static_cast<size_t>(capacity));
    if (chunks_.empty()) {
      chunks_.push_back(std::move(larger));
    } else {
      std::memcpy(larger.get(), chunks_[0].get(),
                  static_cast<size_t>(std::min(size_, first_capacity_)));
      chunks_[0] = std::move(larger);
    }
    first_capacity_ = capacity;
  }

  int64_t capacity_of_last() const { return chunks_.size() == 1 ? first_capacity_ : kChunkSize; }

  const wire::Clock& clock_;
  const std::string path_;
  std::vector<std::unique_ptr<uint8_t[]>> chunks_;
  int64_t first_capacity_ = 0;
  int64_t size_ = 0;
  wire::TimestampMs modified_ms_;
};

struct MemoryFileSystem::Locks {
  std::mutex mutex;
  std::set<std::string> held;
};

wire::Result<std::shared_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenMode mode) {
  const std::lock_guard guard(mutex_);
  const auto found = names_.find(path);
  if (found != names_.end()) {
    if (!found->second) return file_failure("open", path, "Is a directory");
    return std::shared_ptr<File>(found->second);
  }
  if (mode != OpenMode::kCreate || !names_.contains(parent_path(path))) {
    return file_failure("open", path, "No such file or directory");
  }
  auto file = std::make_shared<MemoryFile>(clock_, path);
  names_[path] = file;
  return std::shared_ptr<File>(std::move(file));
}

bool MemoryFileSystem::exists(const std::string& path) {
  if (path == "." || path == "/") return true;
  const std::lock_guard guard(mutex_);
  return names_.contains(path);
}

wire::Result<FileInfo> MemoryFileSystem::info(const std::string& path) {
  const std::lock_guard guard(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end()) return file_failure("stat", path, "No such file or directory");
  if (!found->second) return FileInfo{};
  return FileInfo{.size = *found->second->size(), .modified_ms = found->second->modified_ms()};
}

wire::Status MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard guard(mutex_);
  auto node = names_.extract(from);
  if (node.empty()) return file_failure("rename", from, "No such file or directory");
  const bool is_directory = !node.mapped();
  node.key() = to;
  names_.erase(to);
  names_.insert(std::move(node));
  if (!is_directory) return {};
  const std::string prefix = from + '/';
  for (auto at = names_.lower_bound(prefix); at != names_.end() && at->first.starts_with(prefix);) {
    auto child = names_.extract(at++);
    child.key() = to + '/' + child.key().substr(prefix.size());
    names_.insert(std::move(child));
  }
  return {};
}

wire::Status MemoryFileSystem::remove(const std::string& path) {
  const std::lock_guard guard(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end() || !found->second) {
    return file_failure("remove", path, "No such file or directory");
  }
  names_.erase(found);
  return {};
}

wire::Result<std::vector<DirectoryEntry>> MemoryFileSystem::list(const std::string& path) {
  const std::lock_guard guard(mutex_);
  if (!names_.contains(path)) return file_failure("list", path, "No such file or directory");
  std::vector<DirectoryEntry> entries;
  const std::string prefix = path.ends_with('/') ? path : path + '/';
  for (auto at = names_.lower_bound(prefix); at != names_.end() && at->first.starts_with(prefix);) {
    const std::string_view rest = std::string_view(at->first).substr(prefix.size());
    const size_t slash = rest.find('/');
    if (slash == std::string_view::npos) {
      entries.push_back({.name = std::string(rest), .is_directory = !at->second});
      ++at;
    } else {
      // Inside a sub-directory: on to the first path behind it ('0' follows '/').
      at = names_.lower_bound(prefix + std::string(rest.substr(0, slash)) + '0');
    }
  }
  // "a-1" sorts before "a/x": the order of paths is not that of names.
  std::sort(entries.begin(), entries.end());
  return entries;
}

wire::Status MemoryFileSystem::make_directory(const std::string& path) {
  const std::lock_guard guard(mutex_);
  for (std::string at = path;; at = parent_path(at)) {
    if (!names_.try_emplace(at, nullptr).second && names_[at]) {
      return file_failure("mkdir", path, "Not a directory");
    }
    if (at == "." || at == "/") return {};
  }
}

wire::Status MemoryFileSystem::remove_directory(const std::string& path) {
  const std::lock_guard guard(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end() || found->second) {
    return file_failure("rmdir", path, "No such directory");
  }
  const auto below = names_.lower_bound(path + '/');
  if (below != names_.end() && below->first.starts_with(path + '/')) {
    return file_failure("rmdir", path, "Directory not empty");
  }
  names_.erase(found);
  return {};
}

wire::Status MemoryFileSystem::sync_directory(const std::string& /*path*/) {
  return {};
}

wire::Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
  class Lock final : public FileLock {
   public:
    Lock(std::shared_ptr<Locks> locks, std::string path)
        : locks_(std::move(locks)), path_(std::move(path)) {}
    ~Lock() override {
      const std::lock_guard guard(locks_->mutex);
      locks_->held.erase(path_);
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    std::shared_ptr<Locks> locks_;
    std::string path_;
  };

  auto file = open(path, OpenMode::kCreate);
  if (!file) return file.error();
  const std::lock_guard guard(mutex_);
  if (!locks_) locks_ = std::make_shared<Locks>();
  const std::lock_guard held_guard(locks_->mutex);
  if (!locks_->held.insert(path).second) return file_failure("lock", path, "already held");
  return std::unique_ptr<FileLock>(std::make_unique<Lock>(locks_, path));
}

}  // namespace storage
