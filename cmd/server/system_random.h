// Random numbers from the kernel, drawn 32 at a time.
#pragma once

#include <array>
#include <cstddef>

#include <sys/random.h>

#include "wire/base/check.h"
#include "wire/base/random.h"

namespace server {

class SystemRandom final : public wire::Random {
 public:
  uint64_t next() override {
    if (left_ == 0) {
      // Never interrupted or short for 256 bytes or less, once the kernel's pool is ready.
      CHECK(getrandom(numbers_.data(), sizeof(numbers_), 0) ==
            static_cast<ssize_t>(sizeof(numbers_)));
      left_ = numbers_.size();
    }
    return numbers_[--left_];
  }

 private:
  std::array<uint64_t, 32> numbers_{};
  size_t left_ = 0;
};

}  // namespace server
