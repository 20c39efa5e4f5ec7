// `odradek perf`: how much, and how fast, from where it is called.
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cmd/cli/cli.h"
#include "cmd/cli/output.h"
#include "cmd/cli/perf/measurement.h"
#include "cmd/cli/records/producer.h"
#include "cmd/cli/records/reader.h"
#include "cmd/cli/verbs.h"

namespace cli {
namespace {

using perf::Measurement;

struct PerfOptions {
  Surface surface;
  std::string topic;
  int64_t count = 0;  // 0: the verb's own
  int64_t size = 100;
  size_t batch_bytes = size_t{16} << 10;
  double rate = 0;
  std::string codec = "none";
  std::string acks = "all";
  std::string offset = "start";
};

constexpr int64_t kThroughputRecords = 100'000;
constexpr int64_t kLatencyRecords = 1000;
constexpr int64_t kIdleSecondsMax = 10;

int64_t count_of(const PerfOptions& options, int64_t otherwise) {
  return options.count > 0 ? options.count : otherwise;
}

class Stopwatch {
 public:
  int64_t us() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 start_)
        .count();
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Bytes that no codec makes smaller, the same in every run.
std::string payload(int64_t size) {
  std::mt19937_64 random(1);
  std::string text(static_cast<size_t>(size), '\0');
  for (char& byte : text) byte = static_cast<char>(random() & 0xFF);
  return text;
}

ProducerOptions perf_producer(const PerfOptions& options) {
  ProducerOptions producer{.topic = options.topic, .batch_bytes = options.batch_bytes};
  producer.compression.type = *wire::compression_by_name(options.codec);
  if (options.acks == "1") producer.acks = 1;
  if (options.acks == "0") producer.acks = 0;
  return producer;
}

int print_measured(const PerfOptions& options, const Measurement& measured, const char* step) {
  if (options.surface.json()) {
    print_json(measured.json());
  } else {
    std::printf("%s", measured.text(step).c_str());
  }
  return kDone;
}

// Waits until the record is due; what has been gathered meanwhile goes out.
wire::Status keep_pace(Producer& producer, const Stopwatch& watch, int64_t due_us) {
  const int64_t early_us = due_us - watch.us();
  if (early_us <= 0) return {};
  auto flushed = producer.flush();
  const int64_t left_us = due_us - watch.us();
  if (flushed.ok() && left_us > 0) ::usleep(static_cast<useconds_t>(left_us));
  return flushed;
}

int perf_produce(Client& client, const PerfOptions& options) {
  const int64_t count = count_of(options, kThroughputRecords);
  auto opened = Producer::open(client, perf_producer(options));
  if (!opened.ok()) return fail(opened.error());
  Producer& producer = **opened;
  OutgoingRecord record;
  record.value = payload(options.size);
  Measurement measured;
  const Stopwatch watch;
  size_t sent = producer.batches();
  for (int64_t i = 0; i < count; ++i) {
    if (auto paced = keep_pace(producer, watch, perf::due_us(i, options.rate)); !paced.ok())
      return fail(paced.error());
    const int64_t before_us = watch.us();
    if (auto added = producer.add(record); !added.ok()) return fail(added.error());
    if (producer.batches() != sent) measured.add_latency_us(watch.us() - before_us);
    sent = producer.batches();
  }
  if (auto flushed = producer.flush(); !flushed.ok()) return fail(flushed.error());
  measured.set_elapsed_us(watch.us());
  measured.add_records(count, count * options.size);
  return print_measured(options, measured, "batch");
}

int perf_consume(Client& client, const PerfOptions& options) {
  const int64_t count = count_of(options, kThroughputRecords);
  const auto start = parse_start(options.offset);
  if (!start) return fail(wrong("--offset takes start, end, an offset, -N or @time"));
  const auto partitions = partitions_of(client, options.topic);
  if (!partitions.ok()) return fail(partitions.error());
  const auto positions = start_offsets(client, *partitions, *start, Isolation::kReadUncommitted);
  if (!positions.ok()) return fail(positions.error());
  RecordReader reader(client, {});
  reader.assign(*positions);
  Measurement measured;
  const Stopwatch watch;
  int64_t last_us = 0;
  while (measured.records() < count && watch.us() - last_us < kIdleSecondsMax * 1'000'000) {
    const int64_t before_us = watch.us();
    const int64_t before = measured.records();
    const auto polled = reader.poll([&](const FetchedRecord& fetched) {
      const auto bytes = [](const auto& text) {
        return text ? static_cast<int64_t>(text->size()) : 0;
      };
      measured.add_records(1, bytes(fetched.record.key) + bytes(fetched.record.value));
      return measured.records() < count;
    });
    if (!polled.ok()) return fail(polled.error());
    if (measured.records() == before) continue;
    last_us = watch.us();
    measured.add_latency_us(last_us - before_us);
  }
  // Not the waiting for records that did not come.
  measured.set_elapsed_us(last_us);
  if (measured.records() < count) {
    std::fprintf(stderr, "only %lld records came, and then none for %lld s\n",
                 static_cast<long long>(measured.records()),
                 static_cast<long long>(kIdleSecondsMax));
  }
  print_measured(options, measured, "fetch");
  return measured.records() < count ? kFailed : kDone;
}

// A record is written, then read; only then the next.
int perf_latency(Client& client, const PerfOptions& options) {
  const int64_t count = count_of(options, kLatencyRecords);
  auto producer = Producer::open(client, perf_producer(options));
  if (!producer.ok()) return fail(producer.error());
  const auto partitions = partitions_of(client, options.topic);
  if (!partitions.ok()) return fail(partitions.error());
  const TopicPartition partition{options.topic, 0};
  const auto ends = start_offsets(client, {partition}, {.kind = StartPosition::Kind::kLatest},
                                  Isolation::kReadUncommitted);
  if (!ends.ok()) return fail(ends.error());
  RecordReader reader(client, {});
  reader.assign(*ends);
  OutgoingRecord record;
  record.value = payload(options.size);
  record.partition = partition.partition;
  Measurement measured;
  const Stopwatch watch;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t before_us = watch.us();
    if (auto added = (*producer)->add(record); !added.ok()) return fail(added.error());
    if (auto flushed = (*producer)->flush(); !flushed.ok()) return fail(flushed.error());
    bool seen = false;
    while (!seen) {
      const auto polled = reader.poll([&](const FetchedRecord&) {
        seen = true;
        return false;
      });
      if (!polled.ok()) return fail(polled.error());
      if (!seen && watch.us() - before_us > kIdleSecondsMax * 1'000'000)
        return fail(wire::Error{wire::ErrorCode::kRequestTimedOut,
                                "the record that was written does not come"});
    }
    measured.add_latency_us(watch.us() - before_us);
  }
  measured.set_elapsed_us(watch.us());
  measured.add_records(count, count * options.size);
  return print_measured(options, measured, "record, written and read");
}

void add_topic_and_count(CLI::App& command, PerfOptions& options, int64_t count) {
  command.add_option("topic", options.topic, "Topic")->required();
  command.add_option("-n,--count", options.count, "So many records")
      ->check(CLI::PositiveNumber)
      ->default_str(std::to_string(count));
}

void add_record(CLI::App& command, PerfOptions& options) {
  command.add_option("-s,--size", options.size, "Bytes of a record's value")
      ->check(CLI::Range(int64_t{0}, int64_t{512} << 20))
      ->capture_default_str();
  command.add_option("-z,--codec", options.codec, "none, gzip, snappy, lz4 or zstd")
      ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}))
      ->capture_default_str();
}

}  // namespace

void add_perf(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("perf", "Measure producing, consuming and latency");
  command->require_subcommand(1);
  command->footer(R"(
One connection, one request under way at a time: a figure of how long a request takes from here, and
a lower bound of what the broker can do. Values are bytes that no codec makes smaller.

Examples:
  odradek perf produce bench -n 1000000 -s 100
  odradek perf consume bench -n 1000000
  odradek perf latency bench -n 1000
)");
  Verbs<PerfOptions> verbs(*command, exit_code);
  PerfOptions& options = verbs.options();
  auto* producing =
      verbs.add("produce", "Write records as fast as it goes, or at a rate",
                "  odradek perf produce bench -n 1000000 -s 100\n"
                "  odradek perf produce bench -n 60000 --rate 1000 --acks 1 -o json\n",
                perf_produce);
  add_topic_and_count(*producing, options, kThroughputRecords);
  add_record(*producing, options);
  producing
      ->add_option("--batch-bytes", options.batch_bytes, "A batch that has grown to this goes out")
      ->capture_default_str();
  producing->add_option("--rate", options.rate, "Records a second; 0: as many as it goes")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  producing->add_option("--acks", options.acks, "all, 1 or 0")
      ->check(CLI::IsMember({"all", "1", "0"}))
      ->capture_default_str();
  auto* consuming = verbs.add("consume", "Read records",
                              "  odradek perf consume bench -n 1000000\n", perf_consume);
  add_topic_and_count(*consuming, options, kThroughputRecords);
  consuming
      ->add_option("--offset", options.offset, "Where to begin: start, end, an offset, -N, @time")
      ->capture_default_str();
  auto* latency = verbs.add("latency", "Write a record and read it, one after the other",
                            "  odradek perf latency bench -n 1000 -s 100\n", perf_latency);
  add_topic_and_count(*latency, options, kLatencyRecords);
  add_record(*latency, options);
}

}  // namespace cli
