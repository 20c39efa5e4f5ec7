#include "storage/fs/faulty_file_system.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "wire/base/random.h"

namespace storage {

// A file or a directory, as seen and as on the disk.
struct FaultyFileSystem::Node {
  bool is_directory = false;
  std::string seen;
  std::string durable;
  // Bytes of `seen` that `durable` may lack.
  size_t dirty_from = 0;
  std::map<std::string, NodePtr> seen_names;
  std::map<std::string, NodePtr> durable_names;
  wire::TimestampMs modified_ms = 0;
  int brought_in = 0;  // behind so many evictions

  void sync() {
    dirty_from = std::min({dirty_from, durable.size(), seen.size()});
    durable.resize(dirty_from);
    durable.append(seen, dirty_from);
    dirty_from = seen.size();
  }
  // `lose` says of each file and each directory whether what was not synced is gone.
  template <typename Lose>
  void settle(Lose& lose) {
    if (lose()) {
      seen = durable;
      seen_names = durable_names;
    } else {
      durable = seen;
      durable_names = seen_names;
    }
    dirty_from = seen.size();
    for (auto& [name, node] : seen_names) node->settle(lose);
  }
};

class FaultyFileSystem::Handle final : public File {
 public:
  Handle(FaultyFileSystem& files, NodePtr node, std::string path)
      : files_(files), node_(std::move(node)), path_(std::move(path)) {}

  wire::Status write(int64_t position, std::span<const wire::Bytes> chunks) override {
    std::string all;
    for (const wire::Bytes& chunk : chunks) all.append(chunk.view());
    bool torn = false;
    wire::Status status = files_.count("write", path_, &torn);
    if (torn) {
      const size_t written = all.size() / 2;
      if (files_.calls_ % 2 == 0) {
        std::fill(all.begin() + static_cast<ptrdiff_t>(written), all.end(), '\0');
      } else {
        all.resize(written);
      }
    }
    if (!status && !torn) return status;
    const auto at = static_cast<size_t>(position);
    if (node_->seen.size() < at + all.size()) node_->seen.resize(at + all.size());
    node_->seen.replace(at, all.size(), all);
    node_->dirty_from = std::min(node_->dirty_from, at);
    node_->modified_ms = files_.clock_.wall_ms();
    return status;
  }

  wire::Result<size_t> read(int64_t position, std::span<uint8_t> into) const override {
    const auto at = static_cast<size_t>(position);
    if (at >= node_->seen.size()) return size_t{0};
    const size_t size = std::min(into.size(), node_->seen.size() - at);
    std::copy_n(node_->seen.data() + at, size, into.data());
    return size;
  }

  wire::Result<size_t> read_cached(int64_t position, std::span<uint8_t> into) const override {
    if (node_->brought_in != files_.evictions_) return size_t{0};
    return read(position, into);
  }

  wire::Status prefetch(int64_t /*position*/, int64_t /*size*/) const override {
    node_->brought_in = files_.evictions_;
    return {};
  }

  wire::Status sync() override {
    if (auto status = files_.count("fdatasync", path_); !status) return status;
    if (!files_.ignores_syncs_) node_->sync();
    return {};
  }

  wire::Status truncate(int64_t size) override {
    if (auto status = files_.count("truncate", path_); !status) return status;
    node_->seen.resize(static_cast<size_t>(size));
    node_->dirty_from = std::min(node_->dirty_from, static_cast<size_t>(size));
    return {};
  }

  wire::Result<int64_t> size() const override { return static_cast<int64_t>(node_->seen.size()); }
  void allocate(int64_t /*position*/, int64_t /*size*/) override {}

 private:
  FaultyFileSystem& files_;
  const NodePtr node_;
  const std::string path_;
};

FaultyFileSystem::FaultyFileSystem(const wire::Clock& clock)
    : clock_(clock),
      root_(std::make_shared<Node>()),
      locks_(std::make_shared<std::set<std::string>>()) {
  root_->is_directory = true;
}
FaultyFileSystem::~FaultyFileSystem() = default;

void FaultyFileSystem::plan(Fault fault, int64_t call) {
  fault_ = fault;
  fault_call_ = call;
  calls_ = 0;
  stopped_ = false;
}

void FaultyFileSystem::lose_unsynced() {
  ++boots_;
  restart([] { return true; });
}

void FaultyFileSystem::lose_some_unsynced(uint64_t seed) {
  ++boots_;
  wire::SeededRandom random(seed);
  restart([&random] { return random.below(2) == 0; });
}

void FaultyFileSystem::keep_all() {
  restart([] { return false; });
}

template <typename Lose>
void FaultyFileSystem::restart(Lose lose) {
  root_->settle(lose);
  locks_ = std::make_shared<std::set<std::string>>();
  plan(Fault::kNone, 0);
}

void FaultyFileSystem::resume() {
  stopped_ = false;
  locks_ = std::make_shared<std::set<std::string>>();
}

wire::Status FaultyFileSystem::count(const char* operation, const std::string& path, bool* torn) {
  if (stopped_) return file_failure(operation, path, "the power is off");
  ++calls_;
  if (fault_ == Fault::kNone || calls_ != fault_call_) return {};
  if (fault_ == Fault::kFail) return file_failure(operation, path, "Input/output error");
  stopped_ = true;
  if (torn != nullptr) *torn = fault_ == Fault::kTear;
  return file_failure(operation, path, "the power is off");
}

FaultyFileSystem::NodePtr FaultyFileSystem::find(const std::string& path) const {
  NodePtr node = root_;
  std::string_view rest = path;
  while (node && !rest.empty()) {
    const size_t slash = rest.find('/');
    const std::string_view name = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (name.empty() || name == ".") continue;
    const auto found = node->seen_names.find(std::string(name));
    node = found == node->seen_names.end() ? nullptr : found->second;
  }
  return node;
}

std::pair<FaultyFileSystem::NodePtr, std::string> FaultyFileSystem::split(
    const std::string& path) const {
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return {find(slash == std::string::npos ? "" : path.substr(0, slash)), name};
}

wire::Result<std::shared_ptr<File>> FaultyFileSystem::open(const std::string& path, OpenMode mode) {
  NodePtr node = find(path);
  if (node && node->is_directory) return file_failure("open", path, "Is a directory");
  if (!node) {
    const auto [parent, name] = split(path);
    if (mode != OpenMode::kCreate || !parent) {
      return file_failure("open", path, "No such file or directory");
    }
    if (auto status = count("create", path); !status) return status.error();
    node = std::make_shared<Node>();
    node->modified_ms = clock_.wall_ms();
    parent->seen_names[name] = node;
  }
  return std::shared_ptr<File>(std::make_shared<Handle>(*this, std::move(node), path));
}

bool FaultyFileSystem::exists(const std::string& path) {
  return find(path) != nullptr;
}

wire::Result<FileInfo> FaultyFileSystem::info(const std::string& path) {
  const NodePtr node = find(path);
  if (!node) return file_failure("stat", path, "No such file or directory");
  return FileInfo{.size = static_cast<int64_t>(node->seen.size()),
                  .modified_ms = node->modified_ms};
}

wire::Status FaultyFileSystem::rename(const std::string& from, const std::string& to) {
  if (auto status = count("rename", from); !status) return status;
  const auto [from_parent, from_name] = split(from);
  const auto [to_parent, to_name] = split(to);
  if (!from_parent || !to_parent || !from_parent->seen_names.contains(from_name)) {
    return file_failure("rename", from, "No such file or directory");
  }
  NodePtr node = from_parent->seen_names[from_name];
  from_parent->seen_names.erase(from_name);
  to_parent->seen_names[to_name] = std::move(node);
  return {};
}

wire::Status FaultyFileSystem::remove(const std::string& path) {
  if (auto status = count("remove", path); !status) return status;
  const auto [parent, name] = split(path);
  if (!parent || parent->seen_names.erase(name) == 0) {
    return file_failure("remove", path, "No such file or directory");
  }
  return {};
}

wire::Result<std::vector<DirectoryEntry>> FaultyFileSystem::list(const std::string& path) {
  const NodePtr node = find(path);
  if (!node) return file_failure("list", path, "No such file or directory");
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, child] : node->seen_names) entries.push_back({name, child->is_directory});
  return entries;
}

wire::Status FaultyFileSystem::make_directory(const std::string& path) {
  if (const NodePtr node = find(path)) {
    return node->is_directory ? wire::Status() : file_failure("mkdir", path, "Not a directory");
  }
  auto [parent, name] = split(path);
  if (!parent) {
    if (auto status = make_directory(parent_path(path)); !status) return status;
    parent = find(parent_path(path));
  }
  if (auto status = count("mkdir", path); !status) return status;
  auto node = std::make_shared<Node>();
  node->is_directory = true;
  parent->seen_names[name] = std::move(node);
  return {};
}

wire::Status FaultyFileSystem::remove_directory(const std::string& path) {
  if (auto status = count("rmdir", path); !status) return status;
  const NodePtr node = find(path);
  if (!node || !node->is_directory) return file_failure("rmdir", path, "No such directory");
  if (!node->seen_names.empty()) return file_failure("rmdir", path, "Directory not empty");
  const auto [parent, name] = split(path);
  parent->seen_names.erase(name);
  return {};
}

wire::Status FaultyFileSystem::sync_directory(const std::string& path) {
  if (auto status = count("fsync", path); !status) return status;
  const NodePtr node = find(path);
  if (!node) return file_failure("fsync", path, "No such file or directory");
  if (!ignores_directory_syncs_) node->durable_names = node->seen_names;
  return {};
}

wire::Result<std::unique_ptr<FileLock>> FaultyFileSystem::lock(const std::string& path) {
  class Lock final : public FileLock {
   public:
    Lock(std::shared_ptr<std::set<std::string>> held, std::string path)
        : held_(std::move(held)), path_(std::move(path)) {}
    ~Lock() override { held_->erase(path_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    std::shared_ptr<std::set<std::string>> held_;
    std::string path_;
  };
  auto file = open(path, OpenMode::kCreate);
  if (!file) return file.error();
  if (!locks_->insert(path).second) return file_failure("lock", path, "already held");
  return std::unique_ptr<FileLock>(std::make_unique<Lock>(locks_, path));
}

}  // namespace storage
