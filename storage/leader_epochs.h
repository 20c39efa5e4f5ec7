// Which leader epoch began at which offset: `leader-epoch-checkpoint`, and the table in memory
// (KIP-101).
//
//   0                     version
//   2                     number of lines that follow
//   0 0                   epoch, its start offset
//   3 1742
//
// Followers compare their table with the leader's to find where their logs part.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace storage {

inline constexpr std::string_view kEpochsFile = "leader-epoch-checkpoint";

struct EpochEntry {
  wire::Epoch epoch = 0;
  wire::Offset start_offset = 0;

  auto operator<=>(const EpochEntry&) const = default;
};

struct EpochEndOffset {
  wire::Epoch epoch = wire::kNoEpoch;
  wire::Offset end_offset = wire::kNoOffset;

  bool operator==(const EpochEndOffset&) const = default;
};

class LeaderEpochs {
 public:
  // Records that `epoch` begins at `start_offset`, unless it is known to have begun by then.
  // Entries that contradict it, of this epoch or newer or at this offset or behind, are dropped.
  // True if the table changed.
  bool assign(wire::Epoch epoch, wire::Offset start_offset);

  std::optional<wire::Epoch> latest_epoch() const;
  std::optional<EpochEntry> earliest() const;
  // The epoch of the record at `offset`.
  std::optional<wire::Epoch> epoch_of(wire::Offset offset) const;
  // Where the records of `epoch` end, in the words of OffsetForLeaderEpoch: the answer's epoch is
  // the greatest one known that is not above the one asked for; both fields are -1 if the epoch is
  // unknown to this log.
  EpochEndOffset end_offset_for(wire::Epoch epoch, wire::Offset log_end_offset) const;

  // Drops the entries that begin at `end_offset` or behind it.  True if the table changed.
  bool truncate_from_end(wire::Offset end_offset);
  // Drops the entries that end before `start_offset`, and moves the start of the one that spans it.
  bool truncate_from_start(wire::Offset start_offset);
  void clear() { entries_.clear(); }

  const std::vector<EpochEntry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }

  std::string to_text() const;
  // KAFKA_STORAGE_ERROR with `path` in the detail if the text is not a checkpoint.
  static wire::Result<LeaderEpochs> parse(const wire::Bytes& text, const std::string& path);

 private:
  std::vector<EpochEntry> entries_;  // both columns rise strictly
};

}  // namespace storage
