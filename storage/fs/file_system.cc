#include "storage/fs/file_system.h"

#include <utility>

#include <fmt/core.h>

namespace storage {

namespace {

constexpr int64_t kRemovedPerStep = int64_t{4} << 20;

}  // namespace

wire::Error file_failure(std::string_view operation, std::string_view path, std::string_view why) {
  return {wire::ErrorCode::kKafkaStorageError, fmt::format("{} {}: {}", operation, path, why)};
}

wire::Result<wire::Bytes> read_file(FileSystem& files, const std::string& path) {
  auto file = files.open(path, OpenMode::kRead);
  if (!file) return file.error();
  const auto size = (*file)->size();
  if (!size) return size.error();
  if (*size == 0) return wire::Bytes();
  auto buffer = std::make_shared_for_overwrite<uint8_t[]>(static_cast<size_t>(*size));
  const auto read = (*file)->read(0, {buffer.get(), static_cast<size_t>(*size)});
  if (!read) return read.error();
  const uint8_t* data = buffer.get();
  return wire::Bytes(std::move(buffer), data, *read);
}

wire::Status replace_file(FileSystem& files, const std::string& path, const wire::Bytes& content) {
  const std::string temporary = path + ".tmp";
  auto file = files.open(temporary, OpenMode::kCreate);
  if (!file) return file.error();
  // A leftover of an earlier attempt may be longer.
  if (auto status = (*file)->truncate(0); !status) return status;
  if (auto status = (*file)->write(0, content); !status) return status;
  if (auto status = (*file)->sync(); !status) return status;
  if (auto status = files.rename(temporary, path); !status) return status;
  return files.sync_directory(parent_path(path));
}

wire::Status make_durable_directory(FileSystem& files, const std::string& path) {
  if (files.exists(path)) return {};
  const std::string parent = parent_path(path);
  if (auto status = make_durable_directory(files, parent); !status) return status;
  if (auto status = files.make_directory(path); !status) return status;
  return files.sync_directory(parent);
}

wire::Status remove_in_steps(FileSystem& files, const std::string& path,
                             std::shared_ptr<File> open_file) {
  const auto free_blocks = [&]() -> wire::Status {
    auto info = files.info(path);
    if (!info || info->size <= kRemovedPerStep) return {};
    if (!open_file) {
      auto opened = files.open(path, OpenMode::kUpdate);
      if (!opened) return opened.error();
      open_file = std::move(*opened);
    }
    if (open_file.use_count() > 1) return {};
    for (int64_t size = info->size - kRemovedPerStep; size > 0; size -= kRemovedPerStep) {
      if (auto status = open_file->truncate(size); !status) return status;
    }
    return {};
  };
  // Only a courtesy: the name goes either way.
  (void)free_blocks();
  return files.remove(path);
}

wire::Status remove_tree(FileSystem& files, const std::string& path) {
  auto entries = files.list(path);
  if (!entries) return entries.error();
  for (const DirectoryEntry& entry : *entries) {
    const std::string child = join_path(path, entry.name);
    auto status = entry.is_directory ? remove_tree(files, child) : remove_in_steps(files, child);
    if (!status) return status;
  }
  return files.remove_directory(path);
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path;
  path.reserve(directory.size() + 1 + name.size());
  path.append(directory);
  if (!path.empty() && path.back() != '/') path.push_back('/');
  path.append(name);
  return path;
}

std::string parent_path(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

}  // namespace storage
