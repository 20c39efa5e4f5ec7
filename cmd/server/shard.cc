#include "cmd/server/shard.h"

#include <utility>

#include <time.h>

#include "wire/base/check.h"

namespace server {
namespace {

// Work at the end of a turn may ask for more; after this many rounds the sockets get their turn.
constexpr int kRoundsPerTurnMax = 16;

}  // namespace

wire::TimestampMs Shard::LoopClock::wall_ms() const {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<wire::TimestampMs>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

Shard::Shard() : clock_(loop_), thread_(std::this_thread::get_id()) {
  CHECK(uv_loop_init(&loop_) == 0);
  CHECK(uv_async_init(&loop_, &wake_, [](uv_async_t* handle) {
          static_cast<Shard*>(handle->data)->drain_inbox();
        }) == 0);
  CHECK(uv_timer_init(&loop_, &timer_) == 0);
  CHECK(uv_prepare_init(&loop_, &before_wait_) == 0);
  CHECK(uv_check_init(&loop_, &after_wait_) == 0);
  wake_.data = timer_.data = before_wait_.data = after_wait_.data = this;
  // What timers asked for is done before the loop waits, what sockets asked for right after.
  uv_prepare_start(&before_wait_,
                   [](uv_prepare_t* handle) { static_cast<Shard*>(handle->data)->end_turn(); });
  uv_check_start(&after_wait_,
                 [](uv_check_t* handle) { static_cast<Shard*>(handle->data)->end_turn(); });
}

Shard::~Shard() {
  for (uv_handle_t* handle :
       {reinterpret_cast<uv_handle_t*>(&wake_), reinterpret_cast<uv_handle_t*>(&timer_),
        reinterpret_cast<uv_handle_t*>(&before_wait_),
        reinterpret_cast<uv_handle_t*>(&after_wait_)}) {
    uv_close(handle, nullptr);
  }
  // Closing handles of others (connections, listeners) are finished here too.
  uv_run(&loop_, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&loop_) == 0);
}

void Shard::run() {
  stopping_ = false;
  while (!stopping_) uv_run(&loop_, UV_RUN_DEFAULT);
}

void Shard::run_once(bool wait) {
  uv_run(&loop_, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

void Shard::stop() {
  stopping_ = true;
  uv_stop(&loop_);
}

void Shard::drop_pending() {
  // What is dropped may post in turn (a Reply tells its connection); that is dropped too.
  while (true) {
    std::vector<wire::Callback<void()>> dropped = std::exchange(posted_here_, {});
    {
      const std::lock_guard lock(inbox_mutex_);
      for (auto& task : inbox_) dropped.push_back(std::move(task));
      inbox_.clear();
    }
    const TimerQueue timers = std::exchange(timers_, {});
    if (dropped.empty() && timers.size() == 0) return;
  }
}

void Shard::post(wire::Callback<void()> task) {
  if (on_own_thread()) {
    posted_here_.push_back(std::move(task));
    return;
  }
  bool first;
  {
    const std::lock_guard lock(inbox_mutex_);
    first = inbox_.empty();
    inbox_.push_back(std::move(task));
  }
  if (first) uv_async_send(&wake_);
}

void Shard::drain_inbox() {
  std::vector<wire::Callback<void()>> tasks;
  {
    const std::lock_guard lock(inbox_mutex_);
    tasks.swap(inbox_);
  }
  for (auto& task : tasks) task();
}

void Shard::at_turn_end(TurnEnd& object) {
  if (object.turn_end_due_) return;
  object.turn_end_due_ = true;
  turn_ends_.push_back(&object);
}

void Shard::forget(TurnEnd& object) {
  object.turn_end_due_ = false;
  for (auto* objects : {&turn_ends_, &ending_}) {
    for (TurnEnd*& due : *objects) {
      if (due == &object) due = nullptr;
    }
  }
}

void Shard::run_posted() {
  for (int round = 0; round < kRoundsPerTurnMax && !posted_here_.empty(); ++round) {
    auto tasks = std::exchange(posted_here_, {});
    for (auto& task : tasks) task();
    if (posted_here_.empty()) {
      tasks.clear();
      posted_here_ = std::move(tasks);  // for its memory
    }
  }
}

void Shard::end_turn() {
  run_posted();
  // Each once: a connection that has more to do gets its next turn after the others had theirs.
  ending_.swap(turn_ends_);
  for (size_t i = 0; i < ending_.size(); ++i) {
    TurnEnd* const object = std::exchange(ending_[i], nullptr);
    if (object == nullptr) continue;
    object->turn_end_due_ = false;
    object->on_turn_end();
  }
  ending_.clear();
  run_posted();
  // There is more: come back without waiting.
  if (!posted_here_.empty() || !turn_ends_.empty()) uv_async_send(&wake_);
}

cluster::TimerId Shard::schedule(wire::DurationMs delay_ms, wire::Callback<void()> action) {
  if (delay_ms <= 0) {
    // The end of this turn is the next moment when no one else's code is on the stack.
    const cluster::TimerId id = timers_.add_without_deadline(std::move(action));
    post([this, id] {
      if (auto due = timers_.take(id)) (*due)();
    });
    return id;
  }
  const wire::DurationMs deadline_ms = clock_.monotonic_ms() + delay_ms;
  const cluster::TimerId id = timers_.add(deadline_ms, std::move(action));
  if (armed_for_ms_ < 0 || deadline_ms < armed_for_ms_) arm_timer();
  return id;
}

void Shard::cancel(cluster::TimerId id) {
  timers_.cancel(id);
}

void Shard::arm_timer() {
  const auto deadline_ms = timers_.next_deadline();
  if (!deadline_ms) {
    armed_for_ms_ = -1;
    return;
  }
  armed_for_ms_ = *deadline_ms;
  const wire::DurationMs now_ms = clock_.monotonic_ms();
  const uint64_t delay_ms =
      *deadline_ms > now_ms ? static_cast<uint64_t>(*deadline_ms - now_ms) : 0;
  uv_timer_start(
      &timer_, [](uv_timer_t* handle) { static_cast<Shard*>(handle->data)->run_timers(); },
      delay_ms, 0);
}

void Shard::run_timers() {
  run_posted();  // timers without a delay among them: before those with one
  const wire::DurationMs now_ms = clock_.monotonic_ms();
  while (auto action = timers_.take_due(now_ms)) (*action)();
  arm_timer();
}

}  // namespace server
