// The key-value store of memory mode: an ordered map that is gone with the process.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/kv/key_value_store.h"

namespace storage {

class MemoryStore final : public KeyValueStore {
 public:
  wire::Result<std::optional<std::string>> get(std::string_view key) const override;
  wire::Status write(WriteBatch batch) override;
  // Sees later writes too; a walk interrupted by one goes on at the next key.
  std::unique_ptr<Cursor> cursor() override;

 private:
  friend class MemoryCursor;

  std::map<std::string, std::string, std::less<>> rows_;
};

}  // namespace storage
