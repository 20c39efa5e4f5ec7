// Timers with names: scheduling a name again moves its deadline, and all of them end with their
// owner.
//
// A heartbeat moves its member's deadline each time; only the deadline is noted then, and a timer
// that fires too early goes to sleep again.  So the event loop's timers are touched once a session,
// not once a heartbeat.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cluster/coordinator/string_map.h"
#include "cluster/timers.h"
#include "wire/base/callback.h"
#include "wire/base/clock.h"

namespace cluster::coordinator {

class KeyedTimers {
 public:
  // REQUIRES: both outlive this.
  KeyedTimers(const wire::Clock& clock, Timers& timers) : clock_(clock), timers_(timers) {}
  ~KeyedTimers() { cancel_all(); }

  KeyedTimers(const KeyedTimers&) = delete;
  KeyedTimers& operator=(const KeyedTimers&) = delete;

  // Calls `action` after `delay_ms` unless the name is cancelled or scheduled again before.
  void schedule(std::string_view name, wire::DurationMs delay_ms, wire::Callback<void()> action);
  void cancel(std::string_view name);
  void cancel_all();
  bool is_scheduled(std::string_view name) const { return entries_.contains(name); }

 private:
  struct Entry {
    wire::DurationMs deadline_ms;  // monotonic
    wire::DurationMs fires_ms;     // when `timer` wakes us
    TimerId timer;
    wire::Callback<void()> action;
  };
  void arm(const std::string& name, Entry& entry);
  void on_timer(const std::string& name);

  const wire::Clock& clock_;
  Timers& timers_;
  StringMap<Entry> entries_;
};

}  // namespace cluster::coordinator
