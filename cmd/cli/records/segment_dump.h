// What is in a partition's files, line for line as Apache's DumpLogSegments prints it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/base/result.h"

namespace cli {

struct SegmentDumpOptions {
  enum class Payload { kText, kMetadata };

  bool records = false;   // each record of a batch, not only the batch
  bool payloads = false;  // with keys and values
  Payload payload = Payload::kText;
  bool skip_record_metadata = false;
  int64_t bytes_max = INT32_MAX;  // of a .log, from its beginning
};

// What was printed, and what is wrong with the file, a line each.
struct SegmentDump {
  std::string text;
  std::vector<std::string> problems;
};

// By the file's name: .log, .checkpoint, .index, .timeindex, .txnindex, .snapshot.  An error if it cannot be
// read; a file that is damaged is dumped as far as it goes.
wire::Result<SegmentDump> dump_segment_file(const std::string& path,
                                            const SegmentDumpOptions& options);

}  // namespace cli
