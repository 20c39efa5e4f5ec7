#include "bench/load/replayer.h"

#include <algorithm>

#include <poll.h>

#include "bench/load/clock.h"
#include "bench/load/process.h"
#include "bench/load/requests.h"
#include "bench/load/topic.h"

namespace load {

wire::Status Replayer::connect() {
  measured_.resident_bytes_before = resident_bytes_of(options_.broker_pid);
  const std::string hello = api_versions_frame();
  for (int i = 0; i < options_.idle_connections; ++i) {
    auto& connection = idle_.emplace_back(std::make_unique<Connection>());
    if (auto done = connection->connect(options_.host, options_.port); !done.ok()) return done;
    connection->queue({&hello, 0, 0});
    if (auto sent = connection->send_some(); !sent.ok()) return sent;
    // What it answers is read at once: a client has spoken before it falls silent.
    while (connection->in_flight() > 0) {
      pollfd readable{.fd = connection->fd(), .events = POLLIN, .revents = 0};
      ::poll(&readable, 1, -1);
      auto received = connection->receive_some([](const Sending&, std::string_view, size_t) {});
      if (!received.ok()) return received;
    }
  }
  measured_.resident_bytes_idle = resident_bytes_of(options_.broker_pid);
  for (int i = 0; i < options_.connections; ++i) {
    auto& connection = connections_.emplace_back(std::make_unique<Connection>());
    if (auto done = connection->connect(options_.host, options_.port); !done.ok()) return done;
    poller_.add(connection->fd(), static_cast<uint64_t>(i));
  }
  return {};
}

void Replayer::begin_measuring(int64_t now) {
  measuring_since_ns_ = now;
  measured_.requests = 0;
  measured_.bytes = 0;
  measured_.latency.clear();
  broker_cpu_before_ = cpu_seconds_of(options_.broker_pid);
  client_cpu_before_ = own_cpu_seconds();
}

void Replayer::start_one(size_t connection, int64_t due_ns) {
  const size_t frame = static_cast<size_t>(started_) % workload_.frames.size();
  ++started_;
  connections_[connection]->queue({&workload_.frames[frame], frame, due_ns});
}

wire::Result<int64_t> Replayer::start_scheduled(int64_t now) {
  constexpr int64_t kBehindMax = 1'000'000;
  const auto due_at = [this](int64_t number) {
    return schedule_begin_ns_ + ns_of(static_cast<double>(number) / options_.rate);
  };
  while (due_at(started_) <= now) {
    const size_t connection = static_cast<size_t>(started_) % connections_.size();
    start_one(connection, due_at(started_));
    if (auto sent = connections_[connection]->send_some(); !sent.ok()) return sent.error();
    if (started_ - answered_ > kBehindMax)
      return wire::Error{wire::ErrorCode::kRequestTimedOut, "the broker does not keep the rate"};
  }
  return due_at(started_);
}

void Replayer::on_answer(size_t connection, const Sending& sending, std::string_view head,
                         size_t size, int64_t now) {
  ++answered_;
  auto judged = workload_.judge({connection, sending.number, head, size});
  if (!judged.ok()) {
    if (failure_.ok()) failure_ = judged.error();
    return;
  }
  ++measured_.requests;
  measured_.bytes += *judged;
  measured_.latency.record(now - sending.started_ns);
}

wire::Status Replayer::serve(size_t number, int64_t now) {
  Connection& connection = *connections_[number];
  int64_t answers = 0;
  auto received =
      connection.receive_some([&](const Sending& sending, std::string_view head, size_t size) {
        ++answers;
        on_answer(number, sending, head, size, now);
      });
  if (!received.ok()) return received;
  if (options_.rate <= 0) {
    for (; answers > 0 && may_start(); --answers) start_one(number, now);
  }
  return connection.send_some();
}

wire::Result<Measurement> Replayer::run() {
  if (auto connected = connect(); !connected.ok()) return connected.error();
  requests_max_ = options_.requests_max;
  if (options_.passes > 0 && workload_.frames_of_a_pass > 0)
    requests_max_ = options_.passes * static_cast<int64_t>(workload_.frames_of_a_pass);

  int64_t now = monotonic_ns();
  schedule_begin_ns_ = now;
  const int64_t warm_at = now + ns_of(options_.warm_up_seconds);
  const int64_t end = warm_at + ns_of(options_.seconds);
  bool is_warm = options_.warm_up_seconds <= 0;
  begin_measuring(now);
  for (size_t i = 0; options_.rate <= 0 && i < connections_.size(); ++i) {
    for (int n = 0; n < options_.depth && may_start(); ++n) start_one(i, now);
    if (auto sent = connections_[i]->send_some(); !sent.ok()) return sent.error();
  }
  while (failure_.ok() && now < end && (requests_max_ == 0 || answered_ < requests_max_)) {
    int64_t wake_at = is_warm ? end : warm_at;
    if (options_.rate > 0) {
      auto next = start_scheduled(now);
      if (!next.ok()) return next.error();
      wake_at = std::min(wake_at, *next);
    }
    const auto events = poller_.wait(wake_at - now);
    now = monotonic_ns();
    for (const epoll_event& event : events) {
      if (auto served = serve(event.data.u64, now); !served.ok()) return served.error();
    }
    if (!is_warm && now >= warm_at) {
      is_warm = true;
      begin_measuring(now);
    }
  }
  if (!failure_.ok()) return failure_.error();
  measured_.seconds = static_cast<double>(now - measuring_since_ns_) / kNsPerSecond;
  measured_.client_cpu_seconds = own_cpu_seconds() - client_cpu_before_;
  measured_.broker_cpu_seconds = cpu_seconds_of(options_.broker_pid) - broker_cpu_before_;
  measured_.resident_bytes = resident_bytes_of(options_.broker_pid);
  return measured_;
}

}  // namespace load
