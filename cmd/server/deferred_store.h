// The database of the coordinators while it is being opened: opening takes longer than the rest of a start, and a broker
// without groups needs it late or never.  Whoever uses it before it is open waits.
#pragma once

#include <future>
#include <memory>
#include <string>

#include "storage/disk_executor.h"
#include "storage/kv/key_value_store.h"
#include "wire/base/callback.h"

namespace server {

class DeferredStore final : public storage::KeyValueStore {
 public:
  // Opens the database in `directory` on the executor.  `failed` is called on the shard if that does not work; every use is
  // then an error.
  DeferredStore(storage::DiskExecutor& disk, std::string directory,
                wire::Callback<void(wire::Error)> failed);
  // Waits until the opening has ended.
  ~DeferredStore() override;

  wire::Result<std::optional<std::string>> get(std::string_view key) const override;
  wire::Status write(storage::WriteBatch batch) override;
  std::unique_ptr<storage::Cursor> cursor() override;

 private:
  using Opened = wire::Result<std::unique_ptr<storage::KeyValueStore>>;

  std::shared_future<std::shared_ptr<Opened>> opened_;
};

}  // namespace server
