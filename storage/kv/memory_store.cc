#include "storage/kv/memory_store.h"

namespace storage {

// Holds a copy of the row it stands on, so that writes in between never invalidate it.
class MemoryCursor final : public Cursor {
 public:
  explicit MemoryCursor(const MemoryStore& store) : store_(store) {}

  void seek(std::string_view key) override { stand_on(store_.rows_.lower_bound(key)); }
  void next() override { stand_on(store_.rows_.upper_bound(key_)); }
  bool valid() const override { return valid_; }
  wire::Status status() const override { return {}; }
  std::string_view key() const override { return key_; }
  std::string_view value() const override { return value_; }

 private:
  void stand_on(std::map<std::string, std::string, std::less<>>::const_iterator row) {
    valid_ = row != store_.rows_.end();
    if (!valid_) return;
    key_ = row->first;
    value_ = row->second;
  }

  const MemoryStore& store_;
  bool valid_ = false;
  std::string key_;
  std::string value_;
};

wire::Result<std::optional<std::string>> MemoryStore::get(std::string_view key) const {
  const auto row = rows_.find(key);
  if (row == rows_.end()) return std::optional<std::string>();
  return std::optional<std::string>(row->second);
}

wire::Status MemoryStore::write(WriteBatch batch) {
  for (const WriteBatch::Change& change : batch.changes()) {
    switch (change.kind) {
      case WriteBatch::Kind::kPut:
        rows_.insert_or_assign(change.key, change.value);
        break;
      case WriteBatch::Kind::kErase:
        rows_.erase(change.key);
        break;
      case WriteBatch::Kind::kEraseRange:
        if (change.key < change.value) {
          rows_.erase(rows_.lower_bound(change.key), rows_.lower_bound(change.value));
        }
        break;
    }
  }
  return {};
}

std::unique_ptr<Cursor> MemoryStore::cursor() {
  return std::make_unique<MemoryCursor>(*this);
}

}  // namespace storage
