// The state of one coordinator partition: the newest value of every record key, as rows.
//
// What is committed (below the high watermark) lies in the key-value store, written in the same
// batch as the position up to which the log has been applied; so a restart replays only the tail of
// the log.  What this leader has appended beyond the high watermark lies in an overlay in memory,
// and is forgotten if the leadership is lost: the store never holds what might be truncated.
//
//   store key    kind u8 | partition u32 | space u8 | ...      (one store serves all coordinators)
//     space 0    meta row: version u8 | topic id 16 | next offset i64 | leader epoch i32 |
//                wall clock i64
//     space 1    ... = record key;                    value: log offset i64 | record value
//     space 2    ... = producer id i64 | record key;  likewise: written in a transaction that has
//                not ended
//
// Which keys open transactions have written to is also known in memory, as of the rows; what the
// overlay changes about it is a short list of steps behind them.
//
// Numbers are big-endian, so that rows sort as their keys do.  Lives on the shard of its partition.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "cluster/coordinator/record.h"
#include "storage/kv/key_value_store.h"
#include "wire/base/types.h"
#include "wire/base/uuid.h"
#include "wire/records/record_batch.h"

namespace cluster::coordinator {

// Whose rows.
enum class CoordinatorKind : uint8_t { kGroup = 'g', kTransaction = 't' };

// What a read may see: answers to clients are made from committed rows, decisions from the latest.
enum class View { kCommitted, kLatest };

// Up to where, and of which log, the rows are the image.
struct AppliedPosition {
  wire::Uuid topic_id;
  wire::Offset next_offset = 0;
  wire::Epoch leader_epoch = wire::kNoEpoch;
  wire::TimestampMs applied_at_ms = 0;

  bool operator==(const AppliedPosition&) const = default;
};

// A record that this leader has appended, and where.
struct AppendedRecord {
  wire::Offset offset = 0;
  Record record;
};

class MaterializedState {
 public:
  // REQUIRES: store outlives this.
  MaterializedState(storage::KeyValueStore& store, CoordinatorKind kind,
                    wire::PartitionIndex partition);

  // A read of the store failed: what was read cannot be trusted, and the rows are to be rebuilt.
  bool damaged() const { return damaged_; }

  // Nothing if nothing was ever applied, or by an older layout.
  std::optional<AppliedPosition> applied() const;
  // Forgets all rows and the position.
  wire::Status wipe();

  // The value of a record key, or nothing.
  std::optional<std::string> get(View view, std::string_view record_key) const;

  // A walk over the rows in the order of their record keys.  REQUIRES: no change to the state
  // meanwhile.
  class Walk {
   public:
    // Moves to the first row whose record key is not below `record_key`.
    void seek(std::string_view record_key);
    void next();
    bool valid() const { return valid_; }
    std::string_view key() const { return key_; }
    std::string_view value() const { return value_; }

   private:
    friend class MaterializedState;
    Walk(const MaterializedState& state, View view);
    // Settles on the lower of the two current rows, the overlay's before the store's.
    void settle();
    bool store_row_is_ours() const;

    const MaterializedState& state_;
    View view_;
    std::unique_ptr<storage::Cursor> cursor_;
    std::map<std::string, AppendedRecord, std::less<>>::const_iterator pending_;
    bool valid_ = false;
    std::string key_;
    std::string value_;
  };
  Walk walk(View view) const { return Walk(*this, view); }

  // The record keys with this prefix that some open transaction has written to, as latest.
  std::set<std::string> keys_in_open_transactions(std::string_view prefix) const;

  // Shows a record as latest before it is committed.  A tombstone also takes the key out of every
  // open transaction, here and when it is committed (Kafka's OffsetMetadataManager).
  void stage(AppendedRecord record);
  // The same for a record of a transaction, and for the marker at `offset` that ends one.
  void stage_transactional(wire::ProducerId producer, AppendedRecord record);
  void stage_end(wire::ProducerId producer, bool committed, wire::Offset offset);
  bool has_staged() const { return !staged_.empty() || !steps_.empty(); }

  // Writes records of one or more batches below the high watermark, with the position after them.
  wire::Status commit(std::span<const AppendedRecord> records, const AppliedPosition& position);
  // Writes records of an open transaction.
  wire::Status commit_transactional(wire::ProducerId producer,
                                    std::span<const AppendedRecord> records,
                                    const AppliedPosition& position);
  // Ends a transaction: its rows become those of the state where they are newer, or vanish.
  wire::Status end_transaction(wire::ProducerId producer, bool committed,
                               const AppliedPosition& position);

 private:
  // What one record above the high watermark changes about open transactions.
  struct Step {
    enum class Kind { kAdd, kEnd, kTombstone };
    Kind kind;
    wire::Offset offset;
    wire::ProducerId producer = wire::kNoProducerId;  // kAdd, kEnd
    AppendedRecord record;                            // kAdd; of kTombstone the key
  };
  // By producer, the keys that its open transaction has written to, with where they were written:
  // nothing if that is in the rows.
  using OpenKeys = std::map<std::string, const AppendedRecord*, std::less<>>;
  using OpenTransactions = std::map<wire::ProducerId, OpenKeys>;

  // As committed; read from the rows on first use.
  OpenTransactions& open() const;
  // As latest: what one producer (kNoProducerId: any) has written of the keys with a prefix.
  OpenTransactions latest_open(std::string_view prefix, wire::ProducerId producer) const;
  std::string pending_prefix_of(wire::ProducerId producer) const;
  // The offset of the newest record of a key; kNoOffset if there is none.
  wire::Offset latest_offset(std::string_view record_key) const;
  void drop_steps(wire::Offset below);

  std::string row_key(std::string_view record_key) const {
    std::string key;
    key.reserve(rows_prefix_.size() + record_key.size());
    key.append(rows_prefix_).append(record_key);
    return key;
  }
  void put_position(storage::WriteBatch& batch, const AppliedPosition& position) const;
  static std::string row_value(wire::Offset offset, std::string_view value);

  storage::KeyValueStore& store_;
  std::string prefix_;          // of every row of this partition
  std::string rows_prefix_;     // space 1
  std::string pending_prefix_;  // space 2
  std::map<std::string, AppendedRecord, std::less<>> staged_;
  std::deque<Step> steps_;  // by offset
  mutable std::optional<OpenTransactions> open_;
  mutable bool damaged_ = false;
};

}  // namespace cluster::coordinator
