#include "bench/load/verify.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <unistd.h>

#include "bench/load/batches.h"
#include "bench/load/clock.h"
#include "bench/load/log_walk.h"
#include "bench/load/replayer.h"
#include "bench/load/requests.h"
#include "bench/load/topic.h"
#include "wire/base/big_endian.h"

namespace load {

namespace {

using wire::Error;
using wire::ErrorCode;

constexpr int64_t kBatches = 2000;

// What the broker has told of a batch.
struct Told {
  size_t connection = 0;
  wire::Offset offset = -1;
};

struct Written {
  std::vector<wire::Bytes> batches;  // by number; number % partitions is where it went
  std::vector<Told> told;
};

wire::Result<Written> write(const Options& options) {
  Written written;
  written.told.resize(kBatches);
  Workload workload;
  for (int64_t number = 0; number < kBatches; ++number) {
    written.batches.push_back(make_batch(options, number));
    const auto partition = static_cast<wire::PartitionIndex>(number % options.partitions);
    workload.frames.push_back(produce_frame(options, partition, written.batches.back()));
  }
  workload.judge = [&written,
                    at = produce_error_at(options)](const Answer& answer) -> wire::Result<int64_t> {
    const auto* data = reinterpret_cast<const uint8_t*>(answer.head.data());
    if (answer.head.size() < at + sizeof(int16_t) + sizeof(wire::Offset))
      return Error{ErrorCode::kUnknownServerError, "an answer that is too short"};
    const auto error = static_cast<ErrorCode>(wire::load_big_endian<int16_t>(data + at));
    if (error != ErrorCode::kNone) return Error{error, "the broker refused a batch"};
    written.told[answer.frame] = {answer.connection,
                                  wire::load_big_endian<wire::Offset>(data + at + sizeof(int16_t))};
    return int64_t{0};
  };
  Options once = options;
  once.requests_max = kBatches;
  once.warm_up_seconds = 0;
  constexpr double kPatienceSeconds = 60;
  once.seconds = kPatienceSeconds;
  Replayer replayer(once, workload);
  auto run = replayer.run();
  if (!run.ok()) return run.error();
  if (run->requests != kBatches)
    return Error{ErrorCode::kRequestTimedOut, "not every batch was acknowledged in a minute"};
  return written;
}

// The bytes of a batch as it was sent, but for what the broker sets.
bool is_same(const wire::RecordBatchView& found, const wire::Bytes& sent) {
  constexpr size_t kFromMagic = wire::kBatchMagicAt;
  return found.bytes().slice(kFromMagic) == sent.slice(kFromMagic);
}

Error wrong(const std::string& what, wire::PartitionIndex partition, wire::Offset offset) {
  return {ErrorCode::kInvalidRecord, what + " at offset " + std::to_string(offset) +
                                         " of partition " + std::to_string(partition)};
}

// What is acknowledged by the leader alone becomes visible when it is on the disk.
wire::Status wait_until_visible(const Options& options, wire::PartitionIndex partition,
                                wire::Offset last) {
  constexpr int64_t kPatienceNs = 20 * kNsPerSecond;
  const int64_t deadline = monotonic_ns() + kPatienceNs;
  while (true) {
    auto bounds = log_bounds(options, partition);
    if (!bounds.ok()) return bounds.error();
    if (bounds->end > last) return {};
    if (monotonic_ns() > deadline)
      return wrong("an acknowledged batch never becomes visible", partition, last);
    ::usleep(1'000);
  }
}

wire::Offset last_told(const Options& options, const Written& written,
                       wire::PartitionIndex partition) {
  wire::Offset last = -1;
  for (int64_t number = partition; number < kBatches; number += options.partitions)
    last = std::max(last, written.told[static_cast<size_t>(number)].offset);
  return last;
}

wire::Status read_back(const Options& options, const Written& written,
                       wire::PartitionIndex partition, wire::Offset from, Verified& verified) {
  auto visible = wait_until_visible(options, partition, last_told(options, written, partition));
  if (!visible.ok()) return visible;
  auto bounds = log_bounds(options, partition);
  if (!bounds.ok()) return bounds.error();
  wire::Offset expected = from;
  std::map<size_t, int64_t> newest;  // of a connection
  int64_t seen = 0;
  const auto on_batch = [&](const wire::RecordBatchView& batch) -> wire::Status {
    const wire::Offset at = batch.base_offset();
    if (at != expected) return wrong("a gap or a double", partition, expected);
    if (!batch.crc_is_valid()) return wrong("a spoilt batch", partition, at);
    const int64_t number = number_of(batch.bytes());
    if (number < 0 || number >= kBatches || number % options.partitions != partition ||
        !is_same(batch, written.batches[static_cast<size_t>(number)]))
      return wrong("a batch that was not sent so", partition, at);
    const Told& told = written.told[static_cast<size_t>(number)];
    if (told.offset != at) return wrong("a batch acknowledged with another offset", partition, at);
    auto [before, first] = newest.try_emplace(told.connection, number);
    if (!first && before->second >= number) return wrong("a batch out of order", partition, at);
    before->second = number;
    expected = batch.next_offset();
    ++seen;
    verified.records += batch.record_count();
    return {};
  };
  auto walked =
      walk_log(options, partition, from, bounds->end, {on_batch, [](const FetchedPiece&) {}});
  if (!walked.ok()) return walked;
  const int64_t sent = (kBatches - partition + options.partitions - 1) / options.partitions;
  if (seen != sent)
    return wrong("the end, with acknowledged batches missing,", partition, expected);
  verified.batches += seen;
  return {};
}

}  // namespace

wire::Result<Verified> verify(const Options& options) {
  if (auto created = create_topic(options); !created.ok()) return created.error();
  std::vector<wire::Offset> from;
  for (wire::PartitionIndex partition = 0; partition < options.partitions; ++partition) {
    auto bounds = log_bounds(options, partition);
    if (!bounds.ok()) return bounds.error();
    from.push_back(bounds->end);
  }
  auto written = write(options);
  if (!written.ok()) return written.error();
  Verified verified;
  for (wire::PartitionIndex partition = 0; partition < options.partitions; ++partition) {
    auto read =
        read_back(options, *written, partition, from[static_cast<size_t>(partition)], verified);
    if (!read.ok()) return read.error();
  }
  return verified;
}

}  // namespace load
