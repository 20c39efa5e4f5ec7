#include "cluster/coordinator/keyed_timers.h"

#include <algorithm>
#include <utility>

namespace cluster::coordinator {

void KeyedTimers::schedule(std::string_view name, wire::DurationMs delay_ms,
                           wire::Callback<void()> action) {
  const wire::DurationMs deadline_ms =
      clock_.monotonic_ms() + std::max<wire::DurationMs>(delay_ms, 0);
  if (const auto found = entries_.find(name); found != entries_.end()) {
    Entry& entry = found->second;
    entry.deadline_ms = deadline_ms;
    entry.action = std::move(action);
    if (entry.fires_ms <= deadline_ms) return;
    timers_.cancel(entry.timer);
    arm(found->first, entry);
    return;
  }
  const auto added =
      entries_.emplace(std::string(name), Entry{deadline_ms, 0, kNoTimer, std::move(action)}).first;
  arm(added->first, added->second);
}

void KeyedTimers::arm(const std::string& name, Entry& entry) {
  entry.fires_ms = entry.deadline_ms;
  entry.timer =
      timers_.schedule(std::max<wire::DurationMs>(entry.deadline_ms - clock_.monotonic_ms(), 0),
                       [this, name] { on_timer(name); });
}

void KeyedTimers::on_timer(const std::string& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  if (found->second.deadline_ms > clock_.monotonic_ms()) return arm(found->first, found->second);
  wire::Callback<void()> action = std::move(found->second.action);
  entries_.erase(found);
  action();
}

void KeyedTimers::cancel(std::string_view name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return;
  timers_.cancel(found->second.timer);
  entries_.erase(found);
}

void KeyedTimers::cancel_all() {
  for (auto& [name, entry] : entries_) timers_.cancel(entry.timer);
  entries_.clear();
}

}  // namespace cluster::coordinator
