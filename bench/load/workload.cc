#include "bench/load/workload.h"

#include <utility>

#include "bench/load/batches.h"
#include "bench/load/log_walk.h"
#include "bench/load/replayer.h"
#include "bench/load/requests.h"
#include "bench/load/topic.h"
#include "wire/base/big_endian.h"

namespace load {

namespace {

wire::Error refused(wire::ErrorCode error) {
  return {error, "the broker refused a request"};
}

wire::Error short_answer() {
  return {wire::ErrorCode::kUnknownServerError, "an answer that is too short"};
}

wire::ErrorCode error_at(const Answer& answer, size_t at) {
  return static_cast<wire::ErrorCode>(
      wire::load_big_endian<int16_t>(reinterpret_cast<const uint8_t*>(answer.head.data()) + at));
}

// Error codes, and that the offsets that a connection is told for a partition grow.
wire::Result<Workload> produce_workload(const Options& options) {
  Workload workload;
  const wire::Bytes batch = make_batch(options);
  for (wire::PartitionIndex partition = 0; partition < options.partitions; ++partition)
    workload.frames.push_back(produce_frame(options, partition, batch));
  workload.payload_bytes = static_cast<int64_t>(batch.size());
  const auto partitions = static_cast<size_t>(options.partitions);
  std::vector<wire::Offset> last(partitions * static_cast<size_t>(options.connections), -1);
  workload.judge = [at = produce_error_at(options), partitions, bytes = workload.payload_bytes,
                    last = std::move(last)](const Answer& answer) mutable -> wire::Result<int64_t> {
    if (answer.head.size() < at + sizeof(int16_t) + sizeof(wire::Offset)) return short_answer();
    if (const auto error = error_at(answer, at); error != wire::ErrorCode::kNone)
      return refused(error);
    const auto offset = wire::load_big_endian<wire::Offset>(
        reinterpret_cast<const uint8_t*>(answer.head.data()) + at + sizeof(int16_t));
    wire::Offset& before = last[answer.connection * partitions + answer.frame];
    if (offset <= before)
      return wire::Error{wire::ErrorCode::kInvalidRecord,
                         "offset " + std::to_string(offset) + " after " + std::to_string(before)};
    before = offset;
    return bytes;
  };
  return workload;
}

wire::Status fill(const Options& options) {
  Options produce = options;
  produce.mode = Mode::kProduce;
  produce.connections = 1;
  produce.depth = 5;
  produce.rate = 0;
  produce.warm_up_seconds = 0;
  constexpr double kPatienceSeconds = 300;
  produce.seconds = kPatienceSeconds;
  auto workload = produce_workload(produce);
  if (!workload.ok()) return workload.error();
  produce.requests_max = options.fill_bytes / workload->payload_bytes + 1;
  Replayer replayer(produce, *workload);
  auto filled = replayer.run();
  if (!filled.ok()) return filled.error();
  return {};
}

// Reads the log once to learn where each fetch begins and how large its answer is; the measured
// ones must be the same.
wire::Result<Workload> fetch_workload(const Options& options) {
  Workload workload;
  std::vector<size_t> sizes;
  const auto learn = [&](const FetchedPiece& piece) {
    workload.frames.push_back(fetch_frame(options, 0, piece.offset, 0));
    sizes.push_back(piece.answer_size);
  };
  for (bool filled = false; true; filled = true) {
    auto bounds = log_bounds(options, 0);
    if (!bounds.ok()) return bounds.error();
    workload.frames.clear();
    sizes.clear();
    int64_t bytes = 0;
    const auto count = [&bytes](const wire::RecordBatchView& batch) {
      bytes += static_cast<int64_t>(batch.size_bytes());
      return wire::Status();
    };
    auto walked = walk_log(options, 0, bounds->start, bounds->end, {count, learn});
    if (!walked.ok()) return walked.error();
    if (filled || bytes >= options.fill_bytes) break;
    if (auto done = fill(options); !done.ok()) return done.error();
  }
  if (workload.frames.size() > 1) {  // the last one may be short
    workload.frames.pop_back();
    sizes.pop_back();
  }
  workload.frames_of_a_pass = workload.frames.size();
  workload.judge = [at = fetch_error_at(options),
                    sizes = std::move(sizes)](const Answer& answer) -> wire::Result<int64_t> {
    if (answer.head.size() < at + sizeof(int16_t)) return short_answer();
    if (const auto error = error_at(answer, at); error != wire::ErrorCode::kNone)
      return refused(error);
    if (answer.size != sizes[answer.frame])
      return wire::Error{wire::ErrorCode::kInvalidRecord,
                         "a fetch brought " + std::to_string(answer.size) + " bytes, and " +
                             std::to_string(sizes[answer.frame]) + " before the load"};
    return static_cast<int64_t>(answer.size);
  };
  return workload;
}

// Requests whose answers tell no more than an error code.
Workload judged_by_code(std::vector<std::string> frames, size_t at) {
  Workload workload;
  workload.frames = std::move(frames);
  workload.judge = [at](const Answer& answer) -> wire::Result<int64_t> {
    if (answer.head.size() < at + sizeof(int16_t)) return short_answer();
    if (const auto error = error_at(answer, at); error != wire::ErrorCode::kNone)
      return refused(error);
    return int64_t{0};
  };
  return workload;
}

wire::Result<Workload> commit_workload(const Options& options) {
  if (auto found = find_coordinators(options); !found.ok()) return found.error();
  std::vector<std::string> frames;
  for (int group = 0; group < options.groups; ++group)
    frames.push_back(commit_frame(options, group));
  return judged_by_code(std::move(frames), commit_error_at(options));
}

// The answer must be the one that was given before the load.
wire::Result<Workload> metadata_workload(const Options& options) {
  Workload workload;
  workload.frames.push_back(metadata_frame(options));
  Dialogue dialogue(options);
  auto expected = dialogue.ask(workload.frames[0]);
  if (!expected.ok()) return expected.error();
  workload.judge = [head = std::string(expected->view().substr(0, Connection::kHeadSize)),
                    size = expected->size()](const Answer& answer) -> wire::Result<int64_t> {
    if (answer.size != size || answer.head != head)
      return wire::Error{wire::ErrorCode::kUnknownServerError, "an answer unlike the first"};
    return int64_t{0};
  };
  return workload;
}

}  // namespace

wire::Result<Workload> prepare(const Options& options) {
  if (options.mode == Mode::kApiVersions)
    return judged_by_code({api_versions_frame()}, kApiVersionsErrorAt);
  if (auto created = create_topic(options); !created.ok()) return created.error();
  switch (options.mode) {
    case Mode::kFetch:
      return fetch_workload(options);
    case Mode::kCommit:
      return commit_workload(options);
    case Mode::kMetadata:
      return metadata_workload(options);
    default:
      return produce_workload(options);
  }
}

}  // namespace load
