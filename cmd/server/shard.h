// One thread of the broker: a libuv loop with an inbox, timers and a clock.
//
// A shard owns its connections and its partitions; nothing of it may be touched from another
// thread, except post().  Work that is asked for during a turn of the loop (posts, answers to
// flush) is done at the end of that turn, before the loop waits again: many small causes, one
// effect.
#pragma once

#include <mutex>
#include <thread>
#include <vector>

#include <uv.h>

#include "cluster/timers.h"
#include "cmd/server/timer_queue.h"
#include "wire/base/clock.h"

namespace server {

class Shard final : public cluster::Timers {
 public:
  // Something with work for the end of the turn.  Asking twice in one turn calls it once.
  class TurnEnd {
   public:
    virtual ~TurnEnd() = default;
    virtual void on_turn_end() = 0;

   private:
    friend class Shard;
    bool turn_end_due_ = false;
  };

  // The thread that constructs a shard, runs it.
  Shard();
  ~Shard() override;
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Runs until stop(); then until everything posted has run.
  void run();
  // One turn of the loop; waits for something to happen if `wait`.  For tests.
  void run_once(bool wait);
  void stop();

  // Drops what is posted and every timer: their owners are about to go.
  void drop_pending();

  // Runs `task` on this shard: at the end of the present turn, or soon if called from another
  // thread.  Never at once.
  void post(wire::Callback<void()> task);
  // Calls object.on_turn_end() at the end of this turn.  On this shard's thread only.
  void at_turn_end(TurnEnd& object);
  void forget(TurnEnd& object);

  cluster::TimerId schedule(wire::DurationMs delay_ms, wire::Callback<void()> action) override;
  void cancel(cluster::TimerId id) override;

  // Wall clock from the kernel; monotonic as of the beginning of this turn, or of update_clock().
  const wire::Clock& clock() const { return clock_; }
  // In the middle of a turn that has taken long.
  void update_clock() { uv_update_time(&loop_); }
  uv_loop_t* loop() { return &loop_; }
  bool on_own_thread() const { return std::this_thread::get_id() == thread_; }

 private:
  class LoopClock final : public wire::Clock {
   public:
    explicit LoopClock(const uv_loop_t& loop) : loop_(loop) {}
    wire::TimestampMs wall_ms() const override;
    wire::DurationMs monotonic_ms() const override {
      return static_cast<wire::DurationMs>(uv_now(&loop_));
    }

   private:
    const uv_loop_t& loop_;
  };

  void end_turn();
  void run_posted();
  void drain_inbox();
  void run_timers();
  void arm_timer();

  uv_loop_t loop_{};
  uv_async_t wake_;
  uv_timer_t timer_;
  uv_prepare_t before_wait_;
  uv_check_t after_wait_;
  LoopClock clock_;
  const std::thread::id thread_;
  bool stopping_ = false;

  TimerQueue timers_;
  wire::DurationMs armed_for_ms_ = -1;  // deadline that timer_ is set to; -1: not set
  std::vector<wire::Callback<void()>> posted_here_;
  std::vector<TurnEnd*> turn_ends_;
  std::vector<TurnEnd*> ending_;  // those of turn_ends_ that end_turn() is calling

  std::mutex inbox_mutex_;
  std::vector<wire::Callback<void()>> inbox_;  // from other threads; guarded by inbox_mutex_
};

}  // namespace server
