// A response slot for handlers that answer at once: a test fails that fills it.
#pragma once

#include <string_view>

#include <gtest/gtest.h>

#include "cmd/api/response_slot.h"

namespace api {

class UnusedSlot final : public ResponseSlot {
 public:
  void fill() override { FAIL(); }
  void fail(std::string_view) override { FAIL(); }
};

}  // namespace api
