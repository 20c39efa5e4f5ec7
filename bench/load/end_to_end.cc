#include "bench/load/end_to_end.h"

#include <algorithm>
#include <array>
#include <deque>

#include "bench/load/batches.h"
#include "bench/load/clock.h"
#include "bench/load/connection.h"
#include "bench/load/log_walk.h"
#include "bench/load/poller.h"
#include "bench/load/process.h"
#include "bench/load/requests.h"
#include "bench/load/topic.h"
#include "bench/load/workload.h"

namespace load {

namespace {

class Run {
 public:
  Run(const Options& options, Workload workload, wire::Offset from)
      : options_(options), workload_(std::move(workload)), consumer_(SIZE_MAX), next_(from) {}

  wire::Result<EndToEnd> run();

 private:
  enum : uint64_t { kProducer, kConsumer };

  wire::Status connect();
  void begin_measuring(int64_t now);
  int64_t due_at(int64_t number) const {
    return begin_ns_ + ns_of(static_cast<double>(number) / options_.rate);
  }
  wire::Status produce_what_is_due(int64_t now);
  wire::Status fetch_next();
  wire::Status on_acknowledged(int64_t now);
  wire::Status on_consumed(int64_t now);
  wire::Status take(const wire::Bytes& answer, int64_t now);

  const Options& options_;
  Workload workload_;
  Connection producer_;
  Connection consumer_;
  Poller poller_;
  std::array<std::string, 2> fetches_;  // the one under way, and the next
  size_t fetch_ = 0;
  wire::Offset next_;
  std::deque<int64_t> due_;  // of the records that the consumer has not seen
  int64_t produced_ = 0;
  int64_t begin_ns_ = 0;
  int64_t measuring_since_ns_ = 0;
  double broker_cpu_before_ = 0;
  double client_cpu_before_ = 0;
  EndToEnd measured_;
};

wire::Status Run::connect() {
  for (Connection* connection : {&producer_, &consumer_}) {
    if (auto done = connection->connect(options_.host, options_.port); !done.ok()) return done;
    poller_.add(connection->fd(), connection == &producer_ ? kProducer : kConsumer);
  }
  return {};
}

void Run::begin_measuring(int64_t now) {
  measuring_since_ns_ = now;
  measured_ = EndToEnd();
  broker_cpu_before_ = cpu_seconds_of(options_.broker_pid);
  client_cpu_before_ = own_cpu_seconds();
}

wire::Status Run::produce_what_is_due(int64_t now) {
  for (; due_at(produced_) <= now; ++produced_) {
    due_.push_back(due_at(produced_));
    producer_.queue({&workload_.frames[0], 0, due_at(produced_)});
  }
  return producer_.send_some();
}

wire::Status Run::fetch_next() {
  constexpr int32_t kMaxWaitMs = 500;
  fetch_ = 1 - fetch_;
  fetches_[fetch_] = fetch_frame(options_, 0, next_, kMaxWaitMs);
  consumer_.queue({&fetches_[fetch_], 0, 0});
  return consumer_.send_some();
}

wire::Status Run::on_acknowledged(int64_t now) {
  wire::Status failure;
  auto received =
      producer_.receive_some([&](const Sending& sending, std::string_view head, size_t size) {
        auto judged = workload_.judge({0, 0, head, size});
        if (!judged.ok()) failure = judged.error();
        measured_.acknowledged.record(now - sending.started_ns);
      });
  return received.ok() ? failure : received;
}

wire::Status Run::take(const wire::Bytes& answer, int64_t now) {
  auto records = fetched_records(answer);
  if (!records.ok()) return records.error();
  wire::BatchIterator batches(*records);
  while (batches.next()) {
    if (batches.batch().base_offset() != next_ || due_.empty())
      return wire::Error{wire::ErrorCode::kInvalidRecord,
                         "offset " + std::to_string(batches.batch().base_offset()) + " where " +
                             std::to_string(next_) + " comes next"};
    next_ = batches.batch().next_offset();
    measured_.consumed.record(now - due_.front());
    due_.pop_front();
    ++measured_.records;
  }
  return batches.status();
}

wire::Status Run::on_consumed(int64_t now) {
  wire::Status failure;
  bool answered = false;
  auto received = consumer_.receive_some([&](const Sending&, std::string_view kept, size_t) {
    answered = true;
    failure = take(wire::Bytes::copy(kept), now);
  });
  if (!received.ok()) return received;
  if (!failure.ok() || !answered) return failure;
  return fetch_next();
}

wire::Result<EndToEnd> Run::run() {
  if (auto connected = connect(); !connected.ok()) return connected.error();
  int64_t now = begin_ns_ = monotonic_ns();
  const int64_t warm_at = now + ns_of(options_.warm_up_seconds);
  const int64_t end = warm_at + ns_of(options_.seconds);
  bool is_warm = false;
  begin_measuring(now);
  if (auto fetched = fetch_next(); !fetched.ok()) return fetched.error();
  while (now < end) {
    if (auto sent = produce_what_is_due(now); !sent.ok()) return sent.error();
    const auto events = poller_.wait(std::min(due_at(produced_), end) - now);
    now = monotonic_ns();
    for (const epoll_event& event : events) {
      auto served = event.data.u64 == kProducer ? on_acknowledged(now) : on_consumed(now);
      if (!served.ok()) return served.error();
      const bool writable = (event.events & EPOLLOUT) != 0 && event.data.u64 == kProducer;
      if (auto sent = writable ? producer_.send_some() : wire::Status(); !sent.ok())
        return sent.error();
    }
    if (!is_warm && now >= warm_at) {
      is_warm = true;
      begin_measuring(now);
    }
  }
  measured_.seconds = static_cast<double>(now - measuring_since_ns_) / kNsPerSecond;
  measured_.client_cpu_seconds = own_cpu_seconds() - client_cpu_before_;
  measured_.broker_cpu_seconds = cpu_seconds_of(options_.broker_pid) - broker_cpu_before_;
  measured_.resident_bytes = resident_bytes_of(options_.broker_pid);
  return measured_;
}

}  // namespace

wire::Result<EndToEnd> run_end_to_end(const Options& options) {
  Options one = options;
  one.partitions = 1;
  one.connections = 1;
  one.batch_bytes = options.record_bytes;
  auto workload = prepare(one);
  if (!workload.ok()) return workload.error();
  auto bounds = log_bounds(one, 0);
  if (!bounds.ok()) return bounds.error();
  Run run(one, std::move(*workload), bounds->end);
  return run.run();
}

}  // namespace load
