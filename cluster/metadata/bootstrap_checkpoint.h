// bootstrap.checkpoint: the metadata records that an empty cluster starts with, as Apache's
// formatter writes them.
//
//   control batch: SnapshotHeader | one batch of records, offsets from 1 | control batch:
//   SnapshotFooter
//
// Epochs are 0 and nothing is compressed.  Read once, when a controller takes over an empty log.
#pragma once

#include <string_view>
#include <vector>

#include "cluster/metadata/record.h"
#include "wire/base/bytes.h"
#include "wire/base/result.h"
#include "wire/base/types.h"

namespace cluster::metadata {

inline constexpr std::string_view kBootstrapCheckpointFile = "bootstrap.checkpoint";

// REQUIRES: records is not empty.
wire::Bytes encode_bootstrap_checkpoint(const std::vector<MetadataRecord>& records,
                                        wire::TimestampMs now_ms);
// An error if a batch or record is broken, or none of them finalises metadata.version.
wire::Result<std::vector<MetadataRecord>> decode_bootstrap_checkpoint(const wire::Bytes& file);

}  // namespace cluster::metadata
