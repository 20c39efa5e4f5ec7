#include "storage/index_file.h"

#include <array>
#include <utility>

#include "storage/transaction_index.h"
#include "wire/base/big_endian.h"

namespace storage {

void OffsetIndexEntry::encode(uint8_t* to) const {
  wire::store_big_endian<int32_t>(to, relative_offset);
  wire::store_big_endian<int32_t>(to + 4, position);
}

OffsetIndexEntry OffsetIndexEntry::decode(const uint8_t* from) {
  return {.relative_offset = wire::load_big_endian<int32_t>(from),
          .position = wire::load_big_endian<int32_t>(from + 4)};
}

void TimeIndexEntry::encode(uint8_t* to) const {
  wire::store_big_endian<int64_t>(to, timestamp);
  wire::store_big_endian<int32_t>(to + 8, relative_offset);
}

TimeIndexEntry TimeIndexEntry::decode(const uint8_t* from) {
  return {.timestamp = wire::load_big_endian<int64_t>(from),
          .relative_offset = wire::load_big_endian<int32_t>(from + 8)};
}

template <typename Entry>
std::vector<Entry> decode_index(std::span<const uint8_t> bytes) {
  std::vector<Entry> entries;
  const Entry* previous = nullptr;
  // Not reserved by the file's size: an active index of Apache's is 10 MiB of zeros.
  while (bytes.size() >= Entry::kSize) {
    const Entry entry = Entry::decode(bytes.data());
    if (!entry.may_follow(previous)) break;
    entries.push_back(entry);
    previous = &entries.back();
    bytes = bytes.subspan(Entry::kSize);
  }
  return entries;
}

template <typename Entry>
void IndexFile<Entry>::start_empty() {
  entries_.clear();
  in_file_ = 0;
  file_is_longer_ = false;
  loaded_ = true;
}

template <typename Entry>
wire::Status IndexFile<Entry>::load(FileSystem& files, const std::string& path) {
  if (loaded_) return {};
  start_empty();
  if (!files.exists(path)) return {};
  const auto bytes = read_file(files, path);
  if (!bytes) {
    loaded_ = false;
    return bytes.error();
  }
  entries_ = decode_index<Entry>(bytes->span());
  // All zeros decode as one time entry: 1970, first offset.
  if (entries_.size() == 1 &&
      entries_[0] == Entry::decode(std::array<uint8_t, Entry::kSize>{}.data()) &&
      bytes->size() > Entry::kSize) {
    entries_.clear();
  }
  in_file_ = entries_.size();
  file_is_longer_ = bytes->size() != in_file_ * Entry::kSize;
  return {};
}

template <typename Entry>
void IndexFile<Entry>::unload() {
  CHECK(!dirty());
  entries_ = {};
  loaded_ = false;
}

template <typename Entry>
const Entry* IndexFile<Entry>::lookup(int64_t key) const {
  const auto above =
      std::upper_bound(entries_.begin(), entries_.end(), key,
                       [](int64_t value, const Entry& e) { return value < e.key(); });
  return above == entries_.begin() ? nullptr : &*std::prev(above);
}

template <typename Entry>
void IndexFile<Entry>::truncate(size_t count) {
  if (count >= entries_.size()) return;
  entries_.resize(count);
  if (in_file_ > count) {
    in_file_ = count;
    file_is_longer_ = true;
  }
}

template <typename Entry>
wire::Result<std::shared_ptr<File>> IndexFile<Entry>::write_back(FileSystem& files,
                                                                 const std::string& path) {
  auto file = files.open(path, OpenMode::kCreate);
  if (!file) return file.error();
  const auto position = static_cast<int64_t>(in_file_ * Entry::kSize);
  if (file_is_longer_) {
    if (auto status = (*file)->truncate(position); !status) return status.error();
    file_is_longer_ = false;
  }
  const size_t count = entries_.size() - in_file_;
  if (count != 0) {
    auto buffer = std::make_shared_for_overwrite<uint8_t[]>(count * Entry::kSize);
    uint8_t* at = buffer.get();
    for (size_t i = in_file_; i < entries_.size(); ++i, at += Entry::kSize) entries_[i].encode(at);
    const uint8_t* data = buffer.get();
    auto status =
        (*file)->write(position, wire::Bytes(std::move(buffer), data, count * Entry::kSize));
    if (!status) return status.error();
    in_file_ = entries_.size();
  }
  return std::move(*file);
}

template std::vector<OffsetIndexEntry> decode_index(std::span<const uint8_t>);
template std::vector<TimeIndexEntry> decode_index(std::span<const uint8_t>);
template std::vector<AbortedTransaction> decode_index(std::span<const uint8_t>);
template class IndexFile<OffsetIndexEntry>;
template class IndexFile<TimeIndexEntry>;
template class IndexFile<AbortedTransaction>;

}  // namespace storage
