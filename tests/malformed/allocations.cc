#include "tests/malformed/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace malformed {
namespace {

std::atomic<size_t> held{0};
std::atomic<size_t> held_max{0};
std::atomic<size_t> calls{0};

void* take(size_t size, size_t alignment) {
  ++calls;
  void* const memory =
      alignment == 0
          ? std::malloc(size)
          : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  const size_t now = held.fetch_add(malloc_usable_size(memory)) + malloc_usable_size(memory);
  size_t most = held_max.load();
  while (now > most && !held_max.compare_exchange_weak(most, now)) {
  }
  return memory;
}

void give_back(void* memory) {
  if (memory == nullptr) return;
  held.fetch_sub(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

AllocationPeak::AllocationPeak() : held_before_(held.load()) {
  held_max.store(held_before_);
}

size_t AllocationPeak::bytes() const {
  return held_max.load() - held_before_;
}

AllocationCount::AllocationCount() : before_(calls.load()) {}

size_t AllocationCount::count() const {
  return calls.load() - before_;
}

}  // namespace malformed

void* operator new(size_t size) {
  return malformed::take(size, 0);
}
void* operator new[](size_t size) {
  return malformed::take(size, 0);
}
void* operator new(size_t size, std::align_val_t alignment) {
  return malformed::take(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return malformed::take(size, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  malformed::give_back(memory);
}
void operator delete[](void* memory) noexcept {
  malformed::give_back(memory);
}
void operator delete(void* memory, size_t) noexcept {
  malformed::give_back(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  malformed::give_back(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  malformed::give_back(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  malformed::give_back(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  malformed::give_back(memory);
}
void operator delete[](void* memory, size_t, std::align_val_t) noexcept {
  malformed::give_back(memory);
}
