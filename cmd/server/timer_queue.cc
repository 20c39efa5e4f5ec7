#include "cmd/server/timer_queue.h"

#include <algorithm>
#include <utility>

namespace server {

cluster::TimerId TimerQueue::add(wire::DurationMs deadline_ms, wire::Callback<void()> action) {
  const cluster::TimerId id = add_without_deadline(std::move(action));
  heap_.push_back({deadline_ms, next_order_++, id});
  std::push_heap(heap_.begin(), heap_.end());
  return id;
}

cluster::TimerId TimerQueue::add_without_deadline(wire::Callback<void()> action) {
  uint32_t index;
  if (free_.empty()) {
    index = static_cast<uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Entry& entry = entries_[index];
  entry.live = true;
  entry.action = std::move(action);
  ++live_;
  return (static_cast<uint64_t>(entry.generation) << 32) | (index + 1);
}

TimerQueue::Entry* TimerQueue::find(cluster::TimerId id) {
  const uint64_t position = id & 0xFFFFFFFF;
  if (position == 0 || position > entries_.size()) return nullptr;
  Entry& entry = entries_[position - 1];
  return entry.live && entry.generation == id >> 32 ? &entry : nullptr;
}

std::optional<wire::Callback<void()>> TimerQueue::take(cluster::TimerId id) {
  Entry* entry = find(id);
  if (entry == nullptr) return std::nullopt;
  auto action = std::exchange(entry->action, nullptr);
  entry->live = false;
  ++entry->generation;
  free_.push_back(static_cast<uint32_t>((id & 0xFFFFFFFF) - 1));
  --live_;
  return action;
}

void TimerQueue::cancel(cluster::TimerId id) {
  // Bound to a name: the action's destructor may drop a Reply, which may come back to this queue.
  const auto action = take(id);
  // The heap forgets it when it comes to the top, or all at once when most of it is dead.
  if (heap_.size() > 64 && heap_.size() > 2 * live_) drop_cancelled();
}

void TimerQueue::drop_cancelled() {
  std::erase_if(heap_, [this](const Due& due) { return find(due.id) == nullptr; });
  std::make_heap(heap_.begin(), heap_.end());
}

void TimerQueue::pop_heap() {
  std::pop_heap(heap_.begin(), heap_.end());
  heap_.pop_back();
}

std::optional<wire::DurationMs> TimerQueue::next_deadline() {
  while (!heap_.empty() && find(heap_.front().id) == nullptr) pop_heap();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().deadline_ms;
}

std::optional<wire::Callback<void()>> TimerQueue::take_due(wire::DurationMs now_ms) {
  const auto deadline_ms = next_deadline();
  if (!deadline_ms || *deadline_ms > now_ms) return std::nullopt;
  const cluster::TimerId id = heap_.front().id;
  pop_heap();
  return take(id);
}

}  // namespace server
