// The rows of all coordinators on their way to the store: what a tenth of a second has changed
// leaves in one write.
//
// A consumer commits the same few offsets again and again, and each commit also says anew how far
// the log of its partition is applied.  Of all that, the store gets the last word a tick.
//
//   - Whoever reads sees what waits here: get() looks here first, a cursor has it written before.
//   - All that waits leaves together.  So the store holds at any time the rows of some moment, each
//     partition's with the position that they belong to, and a start after a crash replays a tick
//     more of the logs.  The logs are the truth; nobody who was answered has relied on the store.
//   - What waits is never more than kBytesMax and a batch: the write that reaches it is done at once.
//     It also bounds how long the shard is held up by the store.
//   - After a write to the store has failed, what waits is tried again before anything is taken, so
//     that the next coordinator that writes learns of it, and rebuilds its rows, as it does without
//     this.
// On the shard of the coordinators.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/coordinator/string_map.h"
#include "cluster/timers.h"
#include "storage/kv/key_value_store.h"
#include "wire/base/types.h"

namespace cluster::coordinator {

class GatheredRows final : public storage::KeyValueStore {
 public:
  static constexpr wire::DurationMs kDelayMs = 100;
  static constexpr size_t kBytesMax = 128 * 1024;  // some thousand offsets: a millisecond or two

  // REQUIRES: store and timers outlive this.
  GatheredRows(storage::KeyValueStore& store, Timers& timers) : store_(store), timers_(timers) {}
  // Writes what waits.
  ~GatheredRows() override;
  GatheredRows(const GatheredRows&) = delete;
  GatheredRows& operator=(const GatheredRows&) = delete;

  wire::Result<std::optional<std::string>> get(std::string_view key) const override;
  wire::Status write(storage::WriteBatch batch) override;
  std::unique_ptr<storage::Cursor> cursor() override;

  // Writes what waits now.  What could not be written waits on.
  wire::Status flush();

 private:
  using Row = std::optional<std::string>;  // nothing: erased

  void add(storage::WriteBatch::Change change);
  // All that waits, in the order of the keys: RocksDB then finds each place beside the last one.
  storage::WriteBatch waiting_batch() const;
  wire::Status write_now(storage::WriteBatch batch);
  void on_tick();

  storage::KeyValueStore& store_;
  Timers& timers_;
  StringMap<Row> waiting_;
  size_t waiting_bytes_ = 0;
  TimerId timer_ = kNoTimer;
  bool failed_ = false;  // the last write to the store
};

}  // namespace cluster::coordinator
