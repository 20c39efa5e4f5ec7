#include "bench/load/topic.h"

#include <poll.h>
#include <unistd.h>

#include "bench/load/clock.h"
#include "bench/load/requests.h"
#include "wire/api/create_topics.h"
#include "wire/api/list_offsets.h"
#include "wire/base/big_endian.h"

namespace load {

namespace {

constexpr int64_t kPatienceNs = 60 * kNsPerSecond;
constexpr size_t kHeaderSize = 8;  // length, correlation id

// A new topic is answered before its leader knows of it (Apache): what a client tries again is
// tried again here, so that it is not taken for an answer of the load.
bool passes(wire::ErrorCode error) {
  switch (error) {
    case wire::ErrorCode::kNotLeaderOrFollower:
    case wire::ErrorCode::kUnknownTopicOrPartition:
    case wire::ErrorCode::kLeaderNotAvailable:
    case wire::ErrorCode::kCoordinatorNotAvailable:
    case wire::ErrorCode::kCoordinatorLoadInProgress:
    case wire::ErrorCode::kNotCoordinator:
      return true;
    default:
      return false;
  }
}

constexpr int64_t kEarliest = -2;
constexpr int64_t kLatest = -1;

template <typename Response>
wire::Result<Response> decoded(const wire::Bytes& answer, int16_t version) {
  wire::Reader reader(answer.slice(kHeaderSize));
  Response response;
  response.decode(reader, version);
  if (!reader.ok())
    return wire::Error{wire::ErrorCode::kUnknownServerError, std::string(reader.error())};
  return response;
}

wire::Status wait_for_leaders(const Options& options, Dialogue& dialogue) {
  const std::string frame = list_offsets_frame(options, 0, options.partitions, kLatest);
  const int64_t deadline = monotonic_ns() + kPatienceNs;
  while (true) {
    auto answer = dialogue.ask(frame);
    if (!answer.ok()) return answer.error();
    auto listed = decoded<wire::ListOffsetsResponse>(*answer, kListOffsetsVersion);
    if (!listed.ok()) return listed.error();
    auto error = wire::ErrorCode::kNone;
    for (const auto& partition : listed->topics.at(0).partitions) {
      if (partition.error_code != wire::ErrorCode::kNone) error = partition.error_code;
    }
    if (error == wire::ErrorCode::kNone) return {};
    if (!passes(error) || monotonic_ns() > deadline)
      return wire::Error{error, "a partition of " + options.topic + " has no leader"};
    ::usleep(2'000);
  }
}

}  // namespace

wire::Result<wire::Bytes> Dialogue::ask(const std::string& frame) {
  if (!connected_) {
    if (auto connected = connection_.connect(options_.host, options_.port); !connected.ok())
      return connected.error();
    connected_ = true;
  }
  connection_.queue({&frame, 0, 0});
  wire::Bytes answer;
  const int64_t deadline = monotonic_ns() + kPatienceNs;
  while (answer.empty()) {
    if (auto sent = connection_.send_some(); !sent.ok()) return sent.error();
    auto received =
        connection_.receive_some([&answer](const Sending&, std::string_view kept, size_t) {
          answer = wire::Bytes::copy(kept);
        });
    if (!received.ok()) return received.error();
    if (!answer.empty()) break;
    if (monotonic_ns() > deadline)
      return wire::Error{wire::ErrorCode::kRequestTimedOut, "no answer from the broker in 60 s"};
    pollfd wait{connection_.fd(), POLLIN, 0};
    ::poll(&wait, 1, 1);
  }
  return answer;
}

wire::Status Dialogue::ask_until_accepted(const std::string& frame, size_t error_at) {
  const int64_t deadline = monotonic_ns() + kPatienceNs;
  while (true) {
    auto answer = ask(frame);
    if (!answer.ok()) return answer.error();
    if (answer->size() < error_at + sizeof(int16_t))
      return wire::Error{wire::ErrorCode::kUnknownServerError, "an answer that is too short"};
    const auto error =
        static_cast<wire::ErrorCode>(wire::load_big_endian<int16_t>(answer->data() + error_at));
    if (error == wire::ErrorCode::kNone) return {};
    if (!passes(error) || monotonic_ns() > deadline)
      return wire::Error{error, "the broker refused a request before the load"};
    ::usleep(2'000);
  }
}

wire::Status create_topic(const Options& options) {
  Dialogue dialogue(options);
  auto answer = dialogue.ask(create_topic_frame(options));
  if (!answer.ok()) return answer.error();
  auto created = decoded<wire::CreateTopicsResponse>(*answer, kCreateTopicsVersion);
  if (!created.ok()) return created.error();
  const auto& result = created->topics.at(0);
  if (result.error_code != wire::ErrorCode::kNone &&
      result.error_code != wire::ErrorCode::kTopicAlreadyExists)
    return wire::Error{result.error_code, "topic " + options.topic + ": " +
                                              result.error_message.value_or("no reason given")};
  return wait_for_leaders(options, dialogue);
}

wire::Status find_coordinators(const Options& options) {
  Dialogue dialogue(options);
  for (int group = 0; group < options.groups; ++group) {
    auto found =
        dialogue.ask_until_accepted(find_coordinator_frame(group), kFindCoordinatorErrorAt);
    if (!found.ok()) return found.error();
    auto committed =
        dialogue.ask_until_accepted(commit_frame(options, group), commit_error_at(options));
    if (!committed.ok()) return committed.error();
  }
  return {};
}

namespace {

wire::Result<wire::Offset> listed_offset(Dialogue& dialogue, const Options& options,
                                         wire::PartitionIndex partition, wire::TimestampMs at) {
  auto answer = dialogue.ask(list_offsets_frame(options, partition, 1, at));
  if (!answer.ok()) return answer.error();
  auto listed = decoded<wire::ListOffsetsResponse>(*answer, kListOffsetsVersion);
  if (!listed.ok()) return listed.error();
  const auto& found = listed->topics.at(0).partitions.at(0);
  if (found.error_code != wire::ErrorCode::kNone)
    return wire::Error{found.error_code, "no offsets of " + options.topic};
  return found.offset;
}

// As any client: a broker that has just started may not lead all its partitions yet.
wire::Result<wire::Offset> offset_in_the_end(Dialogue& dialogue, const Options& options,
                                             wire::PartitionIndex partition, wire::TimestampMs at) {
  const int64_t deadline = monotonic_ns() + kPatienceNs;
  while (true) {
    auto offset = listed_offset(dialogue, options, partition, at);
    if (offset.ok() || !passes(offset.error().code) || monotonic_ns() > deadline) return offset;
    ::usleep(10'000);
  }
}

}  // namespace

wire::Result<LogBounds> log_bounds(const Options& options, wire::PartitionIndex partition) {
  Dialogue dialogue(options);
  auto start = offset_in_the_end(dialogue, options, partition, kEarliest);
  if (!start.ok()) return start.error();
  auto end = offset_in_the_end(dialogue, options, partition, kLatest);
  if (!end.ok()) return end.error();
  return LogBounds{*start, *end};
}

}  // namespace load
