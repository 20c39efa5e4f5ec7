#include "wire/error_code.h"

#include <gtest/gtest.h>

namespace wire {
namespace {

TEST(ErrorCode, HasKafkasNumberNameAndRetriability) {
  EXPECT_EQ(static_cast<int>(ErrorCode::kNotLeaderOrFollower), 6);
  EXPECT_EQ(error_name(ErrorCode::kNotLeaderOrFollower), "NOT_LEADER_OR_FOLLOWER");
  EXPECT_TRUE(is_retriable(ErrorCode::kNotLeaderOrFollower));
  EXPECT_FALSE(is_retriable(ErrorCode::kUnknownMemberId));
  EXPECT_EQ(static_cast<int>(ErrorCode::kUnknownServerError), -1);
}

TEST(ErrorCode, EveryNumberUpToTheHighestHasANameAndAMessage) {
  for (int16_t code = -1; code <= static_cast<int16_t>(ErrorCode::kShareSessionLimitReached);
       ++code) {
    EXPECT_NE(error_name(static_cast<ErrorCode>(code)), "UNKNOWN_ERROR_CODE") << code;
    EXPECT_TRUE(error_message(static_cast<ErrorCode>(code)).ends_with('.')) << code;
  }
  EXPECT_EQ(error_name(static_cast<ErrorCode>(5000)), "UNKNOWN_ERROR_CODE");
}

}  // namespace
}  // namespace wire
