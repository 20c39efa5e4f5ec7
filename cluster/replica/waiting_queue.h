// Those who wait for a partition, in the order in which they are served.
//
// As std::deque, but it keeps its memory: a deque gives back each block that is empty and takes it
// again for the next request.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace cluster::replica {

template <typename T>
class WaitingQueue {
 public:
  using iterator = typename std::vector<T>::iterator;

  bool empty() const { return first_ == items_.size(); }
  size_t size() const { return items_.size() - first_; }
  iterator begin() { return items_.begin() + static_cast<ptrdiff_t>(first_); }
  iterator end() { return items_.end(); }

  // REQUIRES of these two: !empty().
  T& front() { return items_[first_]; }
  T take_front() {
    T taken = std::move(items_[first_++]);
    // As a rule all are served at once.  Where some go on waiting, the room of those before them is
    // taken back when it is most of it.
    if (first_ == items_.size() || (first_ > kRoomKeptMax && first_ > items_.size() / 2)) {
      items_.erase(items_.begin(), begin());
      first_ = 0;
    }
    return taken;
  }

  void push_back(T item) { items_.push_back(std::move(item)); }
  void insert(iterator before, T item) { items_.insert(before, std::move(item)); }
  iterator erase(iterator item) { return items_.erase(item); }
  void clear() {
    items_.clear();
    first_ = 0;
  }

 private:
  static constexpr size_t kRoomKeptMax = 64;

  std::vector<T> items_;
  size_t first_ = 0;
};

}  // namespace cluster::replica
