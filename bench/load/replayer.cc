#include "bench/load/replayer.h"

#include <cstdio>
#include <fstream>
#include <memory>

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "bench/load/connection.h"
#include "bench/load/frames.h"
#include "wire/base/big_endian.h"

namespace load {

namespace {

double monotonic_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double own_cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

// One request, one answer.
wire::Result<std::string> ask(const Options& options, std::string frame) {
  Connection connection(std::move(frame));
  if (auto connected = connection.connect(options.host, options.port); !connected.ok())
    return connected.error();
  connection.queue_request(0);
  std::string answer;
  const double deadline = monotonic_seconds() + 30;
  while (answer.empty()) {
    if (auto sent = connection.send_some(); !sent.ok()) return sent.error();
    auto received = connection.receive_some(
        [&answer](const uint8_t* head, size_t size, double) {
          answer.assign(reinterpret_cast<const char*>(head), std::min(size, Connection::kHeadSize));
        },
        0);
    if (!received.ok()) return received.error();
    if (monotonic_seconds() > deadline) {
      return wire::Error{wire::ErrorCode::kRequestTimedOut, "no answer from the broker in 30 s"};
    }
    ::usleep(1000);
  }
  return answer;
}

}  // namespace

wire::Status Replayer::create_topic() {
  auto answer = ask(options_, create_topic_frame(options_));
  if (!answer.ok()) return answer.error();
  // CreateTopics v5 answers flexibly: correlation id, tags, throttle, count, name, id..., error.  A
  // topic that exists already is as good; one that could not be made shows in the first produce.
  return first_batch();
}

wire::Status Replayer::first_batch() {
  // A new topic is answered before its leader knows of it (Apache): what a client tries again is
  // tried again here, so that it is not taken for an answer of the load.
  const wire::Bytes batch =
      make_batch(options_.batch_bytes, options_.record_bytes, records_per_batch_);
  Options acknowledged = options_;
  acknowledged.acks = 1;
  const std::string frame = produce_frame(acknowledged, batch);
  const double deadline = monotonic_seconds() + 30;
  while (true) {
    auto answer = ask(options_, frame);
    if (!answer.ok()) return answer.error();
    const auto error = static_cast<wire::ErrorCode>(wire::load_big_endian<int16_t>(
        reinterpret_cast<const uint8_t*>(answer->data()) + produce_error_position(options_)));
    if (error == wire::ErrorCode::kNone) return {};
    const bool retriable = error == wire::ErrorCode::kNotLeaderOrFollower ||
                           error == wire::ErrorCode::kUnknownTopicOrPartition ||
                           error == wire::ErrorCode::kLeaderNotAvailable;
    if (!retriable || monotonic_seconds() > deadline)
      return wire::Error{error, "the broker refused the first batch of " + options_.topic};
    ::usleep(10'000);
  }
}

wire::Status Replayer::fill(int64_t bytes) {
  Options produce = options_;
  produce.mode = Mode::kProduce;
  produce.depth = 5;
  produce.connections = 1;
  Replayer filler(produce);
  const wire::Bytes batch =
      make_batch(options_.batch_bytes, options_.record_bytes, records_per_batch_);
  batch_size_ = static_cast<int64_t>(batch.size());
  const int64_t batches = bytes / batch_size_ + 1;
  auto filled = filler.replay(60, batches);
  if (!filled.ok()) return filled.error();
  filled_ = filled->requests * records_per_batch_;
  return {};
}

wire::Result<Measurement> Replayer::run() {
  if (options_.seconds <= 0) {
    constexpr double kFirstAnswerSecondsMax = 30;
    return replay(kFirstAnswerSecondsMax, 1);
  }
  if (auto warm = replay(options_.seconds / 5, INT64_MAX); !warm.ok()) return warm.error();
  return replay(options_.seconds, INT64_MAX);
}

wire::Result<Measurement> Replayer::replay(double seconds, int64_t requests_max) {
  constexpr size_t kLatencySamplesMax = 200'000;
  const bool produce = options_.mode == Mode::kProduce;
  const wire::Bytes batch =
      make_batch(options_.batch_bytes, options_.record_bytes, records_per_batch_);
  batch_size_ = static_cast<int64_t>(batch.size());
  const std::string frame = produce ? produce_frame(options_, batch) : fetch_frame(options_, 0);
  const size_t error_at = produce ? produce_error_position(options_) : 0;
  const size_t offset_at = produce ? 0 : fetch_offset_position(options_);
  // A fetch answer holds as many whole batches as fit.
  const int64_t batches_per_fetch = std::max<int64_t>(options_.fetch_bytes / batch_size_, 1);

  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < options_.connections; ++i) {
    auto& connection = connections.emplace_back(std::make_unique<Connection>(frame));
    if (auto connected = connection->connect(options_.host, options_.port); !connected.ok())
      return connected.error();
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = connection.get();
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd(), &event);
  }

  Measurement measured;
  wire::Status failure;
  int64_t started = 0;
  wire::Offset next_fetch = 0;
  const auto start_one = [&](Connection& connection, double now) {
    if (started >= requests_max) return;
    if (!produce) {
      wire::store_big_endian(reinterpret_cast<uint8_t*>(connection.frame().data() + offset_at),
                             next_fetch);
      next_fetch += batches_per_fetch * records_per_batch_;
      if (next_fetch + batches_per_fetch * records_per_batch_ > filled_) next_fetch = 0;
    }
    ++started;
    connection.queue_request(now);
  };
  const auto on_answer = [&](const uint8_t* head, size_t size, double latency) {
    ++measured.requests;
    if (measured.latencies_us.size() < kLatencySamplesMax)
      measured.latencies_us.push_back(latency * 1e6);
    if (!produce) {
      measured.bytes += static_cast<int64_t>(size);
      if (static_cast<int64_t>(size) < batch_size_) {
        failure = wire::Error{wire::ErrorCode::kInvalidRecord, "a fetch answer without records"};
      }
      return;
    }
    measured.bytes += batch_size_;
    const auto error = wire::load_big_endian<int16_t>(head + error_at);
    if (error != 0)
      failure = wire::Error{static_cast<wire::ErrorCode>(error), "the broker refused a batch"};
  };

  const double began = monotonic_seconds();
  const double client_cpu = own_cpu_seconds();
  const double broker_cpu = cpu_seconds_of(options_.broker_pid);
  double now = began;
  // A fetch's frame changes with each request, so it must be on its way before the next one is
  // made.
  const int depth = produce ? options_.depth : 1;
  for (auto& connection : connections) {
    for (int i = 0; i < depth; ++i) start_one(*connection, now);
    if (auto sent = connection->send_some(); !sent.ok()) return sent.error();
  }
  while (failure.ok() && now - began < seconds && measured.requests < requests_max) {
    std::array<epoll_event, 64> events;
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
    now = monotonic_seconds();
    for (int i = 0; i < ready; ++i) {
      auto& connection = *static_cast<Connection*>(events[static_cast<size_t>(i)].data.ptr);
      const int64_t before = measured.requests;
      if (auto received = connection.receive_some(on_answer, now); !received.ok())
        return received.error();
      for (int64_t n = before; n < measured.requests; ++n) start_one(connection, now);
      if (auto sent = connection.send_some(); !sent.ok()) return sent.error();
    }
  }
  ::close(epoll);
  if (!failure.ok()) return failure.error();
  measured.seconds = now - began;
  measured.client_cpu_seconds = own_cpu_seconds() - client_cpu;
  measured.broker_cpu_seconds = cpu_seconds_of(options_.broker_pid) - broker_cpu;
  return measured;
}

double cpu_seconds_of(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(stat, line)) return 0;
  const size_t after_name = line.rfind(')');
  if (after_name == std::string::npos) return 0;
  // The fields behind the name: state, 10 others, user and system time in ticks.
  unsigned long user = 0;
  unsigned long system = 0;
  std::sscanf(line.c_str() + after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
              &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

int64_t resident_bytes_of(int pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  int64_t total = 0;
  int64_t resident = 0;
  statm >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace load
