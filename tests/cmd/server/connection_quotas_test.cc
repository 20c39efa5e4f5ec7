#include "cmd/server/connection_quotas.h"

#include <gtest/gtest.h>

#include "cmd/server/connections.h"

namespace server {
namespace {

using Verdict = ConnectionQuotas::Verdict;

TEST(ConnectionQuotas, SayWhetherOneThatGoesMakesRoom) {
  ConnectionQuotas quotas;
  ConnectionLimits limits;
  limits.connections_max = 2;
  EXPECT_EQ(quotas.admit("10.0.0.1", "PLAINTEXT", limits), Verdict::kWelcome);
  EXPECT_EQ(quotas.admit("10.0.0.2", "PLAINTEXT", limits), Verdict::kWelcome);
  EXPECT_EQ(quotas.admit("10.0.0.3", "PLAINTEXT", limits), Verdict::kFull);
  // The shard of the third has not said yet who went for it; somebody does.
  EXPECT_EQ(quotas.admit("10.0.0.4", "PLAINTEXT", limits), Verdict::kFull);
  for (const char* host : {"10.0.0.1", "10.0.0.2"}) {
    quotas.closed(host, "PLAINTEXT");
    quotas.room_made();
  }
  EXPECT_EQ(quotas.count(), 2U);
  limits.connections_max = 1;  // lowered while the broker runs
  EXPECT_EQ(quotas.admit("10.0.0.5", "PLAINTEXT", limits), Verdict::kOverfull);
  quotas.closed("10.0.0.5", "PLAINTEXT");
  quotas.room_made();
  quotas.closed("10.0.0.3", "PLAINTEXT");
  quotas.closed("10.0.0.4", "PLAINTEXT");
  EXPECT_EQ(quotas.admit("10.0.0.6", "PLAINTEXT", limits), Verdict::kWelcome);
}

TEST(ConnectionQuotas, CountThoseOfAnAddressOverAllListeners) {
  ConnectionQuotas quotas;
  ConnectionLimits limits;
  limits.connections_per_address_max = 1;
  limits.connections_max_of_address = {{"10.0.0.2", 2}};
  EXPECT_EQ(quotas.admit("10.0.0.1", "ONE", limits), Verdict::kWelcome);
  EXPECT_EQ(quotas.admit("10.0.0.1", "TWO", limits), Verdict::kFullForAddress);
  EXPECT_EQ(quotas.admit("10.0.0.2", "ONE", limits), Verdict::kWelcome);
  EXPECT_EQ(quotas.admit("10.0.0.2", "TWO", limits), Verdict::kWelcome);
  EXPECT_EQ(quotas.count(), 4U);
  EXPECT_EQ(quotas.count_by_listener().at("TWO"), 2U);
  quotas.closed("10.0.0.1", "TWO");
  quotas.closed("10.0.0.1", "ONE");
  EXPECT_EQ(quotas.admit("10.0.0.1", "TWO", limits), Verdict::kWelcome);
  EXPECT_EQ(quotas.count_by_listener().at("ONE"), 1U);
}

}  // namespace
}  // namespace server
