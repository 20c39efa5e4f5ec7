#include "cmd/console/exposition.h"

#include <gtest/gtest.h>

#include "cmd/console/http_answer.h"
#include "cmd/console/process_facts.h"

namespace console {
namespace {

TEST(Exposition, WritesAFamilyWithItsHelpAndType) {
  Family family("kafka_log_log_size", MetricType::kGauge, "Bytes of the log.");
  family.sample({{"topic", "tweets"}, {"partition", "0"}}, uint64_t{4711});
  family.sample({}, -1.5);
  EXPECT_EQ(family.take(),
            "# HELP kafka_log_log_size Bytes of the log.\n"
            "# TYPE kafka_log_log_size gauge\n"
            "kafka_log_log_size{topic=\"tweets\",partition=\"0\"} 4711\n"
            "kafka_log_log_size -1.5\n");
  EXPECT_EQ(family.take(), "");
}

TEST(Exposition, EscapesLabels) {
  EXPECT_EQ(escaped_label("a\\b\"c\nd"), "a\\\\b\\\"c\\nd");
}

TEST(HttpAnswer, SaysHowLongItIs) {
  const HttpAnswer answer{.status = 200, .body = {"ab", "cde"}};
  EXPECT_EQ(
      head_of(answer, AfterAnswer::kKeepAlive),
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(head_of(refusal_answer(405), AfterAnswer::kClose),
            "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 19\r\nAllow: GET, HEAD\r\nConnection: close\r\n\r\n");
}

TEST(ProcessFacts, ReadsWhatTheKernelWrites) {
  // A name may hold whatever it likes.
  const auto facts = parse_process_stat(
      "12 (a) b) S 1 12 12 0 -1 4194560 100 0 2 0 250 150 0 0 20 0 7 0 3000 104857600 256 "
      "18446744073709551615 1 1 0",
      "cpu 1 2 3\nbtime 1700000000\nprocesses 5\n", 100, 4096);
  ASSERT_TRUE(facts.has_value());
  EXPECT_DOUBLE_EQ(facts->cpu_seconds, 4.0);
  EXPECT_EQ(facts->threads, 7u);
  EXPECT_DOUBLE_EQ(facts->start_seconds, 1'700'000'030.0);
  EXPECT_EQ(facts->virtual_bytes, 104'857'600u);
  EXPECT_EQ(facts->resident_bytes, 256u * 4096u);
  EXPECT_FALSE(parse_process_stat("12 (a) S 1", "btime 1\n", 100, 4096).has_value());
  EXPECT_FALSE(parse_process_stat("", "", 100, 4096).has_value());
}

}  // namespace
}  // namespace console
