#include "cmd/cli/perf/measurement.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace cli::perf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Measurement, IsOfNothingAtFirst) {
  const Measurement measured;
  EXPECT_EQ(measured.records_per_s(), 0);
  EXPECT_THAT(measured.latencies_ms({0.99}), ElementsAre(0));
  EXPECT_THAT(measured.text("batch"), Not(HasSubstr("median")));
}

TEST(Measurement, DividesByTheTime) {
  Measurement measured;
  measured.add_records(1000, 4 << 20);
  measured.add_records(1000, 4 << 20);
  measured.set_elapsed_us(2'000'000);
  EXPECT_EQ(measured.records_per_s(), 1000);
  EXPECT_EQ(measured.mib_per_s(), 4);
  EXPECT_THAT(measured.text("batch"),
              HasSubstr("2000 records, 8.0 MiB in 2.00 s: 1000 records/s, 4.0 MiB/s"));
}

TEST(Measurement, TellsWhatAShareOfTheStepsDidNotExceed) {
  Measurement measured;
  for (int64_t i = 100; i >= 1; --i) measured.add_latency_us(i * 1000);
  EXPECT_THAT(measured.latencies_ms({0.5, 0.99, 0.999, 1, 0}), ElementsAre(50, 99, 100, 100, 1));
  EXPECT_EQ(measured.json()["latency_ms"]["p95"], 95);
}

TEST(Due, IsNowWithoutARate) {
  EXPECT_EQ(due_us(5, 0), 0);
  EXPECT_EQ(due_us(5, 1000), 5000);
  EXPECT_EQ(due_us(3'000'000'000, 1'000'000), 3'000'000'000);
}

}  // namespace
}  // namespace cli::perf
