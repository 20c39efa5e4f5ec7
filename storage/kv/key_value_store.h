// An ordered map of byte strings, as a port: RocksDB on disk, a std::map in memory mode.
//
// It holds what coordinators derive from their logs (committed offsets, group state): a cache of a
// log that is rebuilt from the log when in doubt.  So a write must be atomic and ordered after
// earlier ones, but need not survive a crash. Used by one shard; not thread-safe by contract.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/base/result.h"

namespace storage {

// Changes that become visible together, in the order they were added.
class WriteBatch {
 public:
  enum class Kind { kPut, kErase, kEraseRange };
  struct Change {
    Kind kind;
    std::string key;    // of a range: its first key
    std::string value;  // of a range: its exclusive end
  };

  void put(std::string key, std::string value) {
    changes_.push_back({Kind::kPut, std::move(key), std::move(value)});
  }
  void erase(std::string key) { changes_.push_back({Kind::kErase, std::move(key), {}}); }
  // Erases every key in [begin, end).
  void erase_range(std::string begin, std::string end) {
    changes_.push_back({Kind::kEraseRange, std::move(begin), std::move(end)});
  }

  void reserve(size_t changes) { changes_.reserve(changes); }
  void add(Change change) { changes_.push_back(std::move(change)); }

  bool empty() const { return changes_.empty(); }
  const std::vector<Change>& changes() const { return changes_; }
  std::vector<Change> take_changes() && { return std::move(changes_); }

 private:
  std::vector<Change> changes_;
};

// A walk over the keys in byte order, seeing the store as it was when the cursor was made.
class Cursor {
 public:
  virtual ~Cursor() = default;

  // Moves to the first key not below `key`.  A new cursor stands nowhere.
  virtual void seek(std::string_view key) = 0;
  // False behind the last key, and where reading fails: status() says which.
  virtual bool valid() const = 0;
  virtual wire::Status status() const = 0;
  // REQUIRES: valid().  The views live until the cursor moves.
  virtual void next() = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
};

class KeyValueStore {
 public:
  virtual ~KeyValueStore() = default;

  virtual wire::Result<std::optional<std::string>> get(std::string_view key) const = 0;
  virtual wire::Status write(WriteBatch batch) = 0;
  // REQUIRES: the cursor is destroyed before the store.
  virtual std::unique_ptr<Cursor> cursor() = 0;
};

}  // namespace storage
