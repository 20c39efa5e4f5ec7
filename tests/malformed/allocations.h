// How much memory the program takes while something is done: every operator new of the program is counted.
#pragma once

#include <cstddef>

namespace malformed {

// From construction on: the most that was held at once beyond what was held then, over all threads.
class AllocationPeak {
 public:
  AllocationPeak();
  size_t bytes() const;

 private:
  size_t held_before_;
};

// How often operator new has been called since construction, over all threads.
class AllocationCount {
 public:
  AllocationCount();
  size_t count() const;

 private:
  size_t before_;
};

}  // namespace malformed
