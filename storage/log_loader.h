// Opens a partition's directory: finds its segments, mends what a crash left, and fills in the Log.
//
// After a clean shutdown the files are trusted.  Otherwise everything behind the recovery point is
// read and checked, batch by batch; the log ends at the first byte that is not part of a whole,
// valid batch.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/log.h"
#include "storage/segment.h"

namespace storage {

class LogLoader {
 public:
  LogLoader(Log& log, bool clean_shutdown, wire::Uuid topic_id)
      : log_(log), clean_(clean_shutdown), topic_id_(topic_id) {}

  wire::Status load();

 private:
  wire::Status read_directory();
  // Leftovers of deletions and compactions.
  wire::Status remove_temporary_files();
  wire::Status finish_swaps(const std::set<std::string>& swaps);
  wire::Status read_metadata();
  wire::Status write_topic_id();
  wire::Status open_segments();
  wire::Status recover_segments();
  // Reads a segment from where it is trusted; true if something was cut off.
  wire::Result<bool> recover(size_t index, wire::Offset trusted, wire::Offset expected);
  wire::Status drop_segments_from(size_t index);
  wire::Status find_log_end();
  wire::Status settle_epochs_and_producers();

  wire::Status remove(const std::string& name);
  std::string in_log(std::string_view name) const { return join_path(log_.path_, name); }
  FileSystem& files() const { return log_.files(); }

  Log& log_;
  const bool clean_;
  const wire::Uuid topic_id_;
  std::vector<std::string> names_;
  // The first marker in what was recovered: transaction indexes have to be completed from there.
  std::optional<wire::Offset> first_marker_;
  bool changed_ = false;  // names changed: the directory must be synced before the log grows
};

}  // namespace storage
