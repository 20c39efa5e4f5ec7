// The `.checkpoint` files beside the metadata log (KIP-630).
//
//   <end offset, 20 digits>-<epoch, 10 digits>.checkpoint        immutable
//                                         ....checkpoint.part    being written or downloaded
//
// Content: record batches as in a log, offsets from 0, of the snapshot's epoch: a control batch
// with SnapshotHeader (and KRaftVersion, Voters), data batches, a control batch with
// SnapshotFooter.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cluster/raft/control_records.h"
#include "cluster/raft/log_view.h"
#include "storage/fs/file_system.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"

namespace cluster::raft {

struct SnapshotContent {
  SnapshotControl control;
  std::vector<wire::Bytes> records;  // framed metadata records
};

std::string snapshot_file_name(SnapshotId id);
std::optional<SnapshotId> parse_snapshot_file_name(std::string_view name);
// The file's bytes: header, the records in batches of bounded size, footer.
wire::Bytes build_snapshot(SnapshotId id, const SnapshotControl& control,
                           std::span<const wire::Bytes> records, wire::TimestampMs now_ms);
// Checks every checksum and that the footer is there.
wire::Result<SnapshotContent> parse_snapshot(const wire::Bytes& file);

// Used on shard 0, except write(), which may run on the DiskExecutor.
class SnapshotStore {
 public:
  SnapshotStore(storage::FileSystem& files, std::string directory, bool sync);

  // Finds the snapshots, deletes what is partial, deleted, or below `log_start`.
  wire::Status open(wire::Offset log_start);
  const std::map<SnapshotId, int64_t>& sizes() const { return sizes_; }

  wire::Result<SnapshotContent> read(SnapshotId id) const;
  wire::Result<wire::Bytes> read_range(SnapshotId id, int64_t position, int64_t max_bytes) const;
  std::string path(SnapshotId id) const;

  // Writes, syncs and renames.  Blocks; then tell added().
  wire::Status write(SnapshotId id, const wire::Bytes& content) const;
  void added(SnapshotId id, int64_t size) { sizes_[id] = size; }
  void remove(SnapshotId id);

  // Downloads: chunks in order, then finish() verifies, syncs and renames.
  wire::Status write_part(SnapshotId id, int64_t position, const wire::Bytes& bytes);
  wire::Result<SnapshotControl> finish_part(SnapshotId id) const;

 private:
  storage::FileSystem* files_;
  std::string directory_;
  bool sync_;
  std::map<SnapshotId, int64_t> sizes_;
};

}  // namespace cluster::raft
