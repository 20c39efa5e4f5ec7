// Reads a partition from a given offset, batch by batch, as a consumer does.
#pragma once

#include "absl/functional/function_ref.h"
#include "bench/load/options.h"
#include "wire/base/types.h"
#include "wire/records/record_batch.h"

namespace load {

// What one fetch answer brought: where it was asked for, and its whole size.
struct FetchedPiece {
  wire::Offset offset = 0;
  size_t answer_size = 0;
};

struct LogVisitor {
  absl::FunctionRef<wire::Status(const wire::RecordBatchView&)> on_batch;
  absl::FunctionRef<void(const FetchedPiece&)> on_piece;
};

// Walks from `from` until `end` is reached.  Fails with the broker's error, CORRUPT_MESSAGE where
// what it sent is no batch, or what the visitor says.
wire::Status walk_log(const Options& options, wire::PartitionIndex partition, wire::Offset from,
                      wire::Offset end, const LogVisitor& visitor);

// The batches of a Fetch answer (version kFetchVersion) of one partition.
wire::Result<wire::Bytes> fetched_records(const wire::Bytes& answer);

// Reads whole partitions and checks each checksum and that no offset is missing or there twice.
struct Checked {
  int64_t batches = 0;
  int64_t records = 0;
  int64_t bytes = 0;
};
wire::Result<Checked> check_logs(const Options& options);

}  // namespace load
