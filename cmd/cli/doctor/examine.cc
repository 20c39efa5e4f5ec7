#include "cmd/cli/doctor/examine.h"

#include <chrono>

#include <fmt/core.h>
#include <unistd.h>

#include "cmd/cli/admin/configs.h"
#include "cmd/cli/admin/topics.h"
#include "cmd/cli/client.h"
#include "cmd/cli/doctor/probe.h"
#include "cmd/cli/records/producer.h"
#include "cmd/cli/records/reader.h"
#include "cmd/server/system_random.h"
#include "wire/api/describe_configs.h"
#include "wire/base/uuid.h"

namespace cli::doctor {
namespace {

constexpr auto kConsumeTime = std::chrono::seconds(10);
constexpr const char* kClientId = "odradek-doctor";

wire::TimestampMs now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

const char* reply_word(Reply reply) {
  switch (reply) {
    case Reply::kKafka:
      return "Kafka";
    case Reply::kTls:
      return "TLS";
    case Reply::kHttp:
      return "HTTP";
    case Reply::kOther:
      return "something else";
    case Reply::kClosed:
      return "closed at once";
    case Reply::kSilence:
      return "no answer";
    case Reply::kRefused:
      return "refused";
    case Reply::kUnreachable:
      return "unreachable";
  }
  return "";
}

void report(const std::string& what, const AddressFinding& finding, const Progress& progress) {
  if (!finding.resolve_error.empty()) {
    progress(what, false, finding.resolve_error);
    return;
  }
  std::string detail;
  for (const Attempt& attempt : finding.attempts) {
    detail +=
        fmt::format("{}{}: {}", detail.empty() ? "" : ", ", attempt.ip, reply_word(attempt.reply));
  }
  progress(what, finding.is_kafka(), detail);
}

// Who answers where a broker says that it is.
void identify(const AddressFinding& at, NodeFinding& node) {
  if (!at.is_kafka()) return;
  auto client = Client::connect(ConnectOptions{.bootstrap = at.text(), .client_id = kClientId});
  if (!client.ok()) return;
  const auto metadata = (*client)->metadata(std::vector<std::string>());
  if (!metadata.ok()) return;
  node.cluster_id = metadata->cluster_id;
  // A broker tells its own configs only.
  wire::DescribeConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = static_cast<int8_t>(ConfigResourceType::kBroker);
  resource.resource_name = std::to_string(node.id);
  resource.configuration_keys = std::vector<std::string>{"node.id"};
  const auto answer = (*client)->any().call<wire::DescribeConfigsResponse>(request);
  if (!answer.ok() || answer->results.empty()) return;
  node.is_itself = answer->results[0].error_code == wire::ErrorCode::kNone;
}

Step failed(const char* name, const wire::Error& error) {
  return {name, error.detail, std::string(wire::error_name(error.code))};
}

wire::Status create_scratch(Client& client, const std::string& topic) {
  // The broker's clock stamps the record, so that it can be compared with ours.
  const auto outcomes = create_topics(
      client,
      {{.name = topic, .partitions = 1, .configs = {{"message.timestamp.type", "LogAppendTime"}}}});
  if (!outcomes.ok()) return outcomes.error();
  for (const Outcome& outcome : *outcomes) {
    if (!outcome.ok()) {
      return wire::Error{outcome.code, describe(outcome.code, outcome.message)};
    }
  }
  return {};
}

wire::Status produce_one(Client& client, const std::string& topic, const std::string& value) {
  auto producer = Producer::open(client, {.topic = topic});
  if (!producer.ok()) return producer.error();
  OutgoingRecord record;
  record.value = value;
  if (auto added = (*producer)->add(record); !added.ok()) return added;
  return (*producer)->flush();
}

// The record's time by the broker's clock.
wire::Result<wire::TimestampMs> consume_one(Client& client, const std::string& topic,
                                            const std::string& value) {
  RecordReader reader(client, {});
  reader.assign({{{topic, 0}, 0}});
  wire::TimestampMs time = wire::kNoTimestamp;
  const auto deadline = std::chrono::steady_clock::now() + kConsumeTime;
  while (time == wire::kNoTimestamp && std::chrono::steady_clock::now() < deadline) {
    const auto polled = reader.poll([&](const FetchedRecord& fetched) {
      if (fetched.record.value == value) time = fetched.record.timestamp;
      return true;
    });
    if (!polled.ok()) return polled.error();
  }
  if (time != wire::kNoTimestamp) return time;
  return wire::Error{wire::ErrorCode::kRequestTimedOut,
                     "the record that was written does not come"};
}

void round_trip(Client& client, Findings& findings, const Progress& progress) {
  server::SystemRandom random;
  const std::string topic = "odradek-doctor-" + wire::Uuid::random(random).to_string();
  const auto note = [&](const char* name, const wire::Status& status) {
    findings.steps.push_back(status.ok() ? Step{name, "", ""} : failed(name, status.error()));
    progress(fmt::format("{} in a scratch topic", name), status.ok(),
             status.ok() ? "" : status.error().detail);
    return status.ok();
  };
  if (!note("create", create_scratch(client, topic))) return;
  const wire::TimestampMs before = now_ms();
  if (note("produce", produce_one(client, topic, "hello"))) {
    const wire::TimestampMs after = now_ms();
    const auto time = consume_one(client, topic, "hello");
    note("consume", time.ok() ? wire::Status() : wire::Status(time.error()));
    if (time.ok() && *time > after) findings.clock_skew_ms = *time - after;
    if (time.ok() && *time < before) findings.clock_skew_ms = *time - before;
  }
  const auto deleted = delete_topics(client, {topic});
  wire::Status status = deleted.ok() ? wire::Status() : wire::Status(deleted.error());
  if (deleted.ok() && !deleted->empty() && !deleted->front().ok()) {
    status = wire::Error{deleted->front().code,
                         describe(deleted->front().code, deleted->front().message)};
  }
  note("delete", status);
}

}  // namespace

Findings examine(const ExamineOptions& options, const Progress& progress) {
  Findings findings;
  findings.in_container = runs_in_container();
  findings.bootstrap = probe(options.host, options.port);
  report("bootstrap " + findings.bootstrap.text(), findings.bootstrap, progress);
  if (!findings.bootstrap.is_kafka()) return findings;
  auto client = Client::connect(
      ConnectOptions{.bootstrap = findings.bootstrap.text(), .client_id = kClientId});
  if (!client.ok()) {
    findings.metadata_error = client.error().detail;
    progress("versions", false, client.error().detail);
    return findings;
  }
  progress("versions", true, fmt::format("{} APIs", (*client)->any().served().size()));
  const auto metadata = (*client)->metadata(std::vector<std::string>());
  if (!metadata.ok()) {
    // A listener with SASL answers ApiVersions and nothing else.
    findings.closed_on_metadata = metadata.error().code == wire::ErrorCode::kNetworkException;
    findings.metadata_error = metadata.error().detail;
    progress("metadata", false, metadata.error().detail);
    return findings;
  }
  findings.cluster_id = metadata->cluster_id.value_or("");
  progress("metadata", true,
           fmt::format("cluster {}, {} broker{}", findings.cluster_id, metadata->brokers.size(),
                       metadata->brokers.size() == 1 ? "" : "s"));
  bool all_reached = !metadata->brokers.empty();
  for (const auto& broker : metadata->brokers) {
    NodeFinding& node = findings.nodes.emplace_back();
    node.id = broker.node_id;
    node.advertised = probe(broker.host, broker.port);
    identify(node.advertised, node);
    report(fmt::format("broker {} at {}", node.id, node.advertised.text()), node.advertised,
           progress);
    all_reached = all_reached && node.advertised.is_kafka();
  }
  // With a broker out of reach it would only wait for what cannot come.
  if (all_reached && options.round_trip) round_trip(**client, findings, progress);
  return findings;
}

}  // namespace cli::doctor
