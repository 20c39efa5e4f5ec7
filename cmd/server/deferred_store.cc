#include "cmd/server/deferred_store.h"

#include <utility>

#include "storage/kv/failed_cursor.h"
#include "storage/kv/rocks_store.h"

namespace server {

DeferredStore::DeferredStore(storage::DiskExecutor& disk, std::string directory,
                             wire::Callback<void(wire::Error)> failed) {
  auto promise = std::make_shared<std::promise<std::shared_ptr<Opened>>>();
  opened_ = promise->get_future().share();
  disk.run(
      [promise, directory = std::move(directory)] {
        auto rocks = storage::RocksStore::open(directory);
        promise->set_value(rocks.ok() ? std::make_shared<Opened>(std::move(*rocks))
                                      : std::make_shared<Opened>(rocks.error()));
      },
      [opened = opened_, failed = std::move(failed)]() mutable {
        if (!opened.get()->ok()) failed(opened.get()->error());
      });
}

DeferredStore::~DeferredStore() {
  opened_.wait();
}

wire::Result<std::optional<std::string>> DeferredStore::get(std::string_view key) const {
  const Opened& opened = *opened_.get();
  return opened.ok() ? (*opened)->get(key)
                     : wire::Result<std::optional<std::string>>(opened.error());
}

wire::Status DeferredStore::write(storage::WriteBatch batch) {
  const Opened& opened = *opened_.get();
  return opened.ok() ? (*opened)->write(std::move(batch)) : wire::Status(opened.error());
}

std::unique_ptr<storage::Cursor> DeferredStore::cursor() {
  const Opened& opened = *opened_.get();
  if (!opened.ok()) return std::make_unique<storage::FailedCursor>(opened.error());
  return (*opened)->cursor();
}

}  // namespace server
