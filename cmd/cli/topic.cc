// `odradek topic create|list|describe|delete|add-partitions`.
#include <cstdio>
#include <functional>
#include <memory>

#include <CLI/CLI.hpp>

#include "cmd/cli/cli.h"
#include "cmd/cli/client.h"
#include "wire/api/create_partitions.h"
#include "wire/api/create_topics.h"
#include "wire/api/delete_topics.h"
#include "wire/api/metadata.h"

namespace cli {
namespace {

constexpr int32_t kTimeoutMs = 30'000;

struct Options {
  std::string bootstrap;
  std::vector<std::string> topics;
  int32_t partitions = -1;
  int16_t replication_factor = -1;
  std::vector<std::string> configs;
  bool internal = false;
};

std::string join(const std::vector<wire::NodeId>& ids) {
  std::string text;
  for (const wire::NodeId id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

int create(Client& client, const Options& options) {
  wire::CreateTopicsRequest request;
  request.timeout_ms = kTimeoutMs;
  for (const std::string& name : options.topics) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = options.partitions;
    topic.replication_factor = options.replication_factor;
    for (const std::string& config : options.configs) {
      const size_t equals = config.find('=');
      if (equals == std::string::npos)
        return fail("--config takes name=value, not \"" + config + "\"");
      auto& added = topic.configs.emplace_back();
      added.name = config.substr(0, equals);
      added.value = config.substr(equals + 1);
    }
  }
  auto response = client.any().call<wire::CreateTopicsResponse>(request);
  if (!response.ok()) return fail(response.error().detail);
  int exit_code = 0;
  for (const auto& topic : response->topics) {
    if (topic.error_code == wire::ErrorCode::kNone) {
      std::printf("created %s\n", topic.name.c_str());
    } else {
      exit_code = fail(topic.name + ": " + describe(topic.error_code, topic.error_message));
    }
  }
  return exit_code;
}

int list(Client& client, const Options& options) {
  wire::MetadataRequest request;
  request.topics = std::nullopt;
  request.allow_auto_topic_creation = false;
  auto response = client.any().call<wire::MetadataResponse>(request, 9);
  if (!response.ok()) return fail(response.error().detail);
  std::vector<std::string> names;
  for (const auto& topic : response->topics) {
    if (topic.is_internal && !options.internal) continue;
    names.push_back(topic.name.value_or(""));
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) std::printf("%s\n", name.c_str());
  return 0;
}

int describe_topics(Client& client, const Options& options) {
  int exit_code = 0;
  for (const std::string& name : options.topics) {
    const auto places = client.partitions(name, Client::Create::kNo);
    if (!places.ok()) {
      exit_code = fail(places.error().detail);
      continue;
    }
    std::printf("%s: %zu partition%s\n", name.c_str(), places->size(),
                places->size() == 1 ? "" : "s");
    for (const PartitionPlace& place : *places) {
      std::printf("  %d  leader %d  replicas %s  in sync %s\n", place.index, place.leader,
                  join(place.replicas).c_str(), join(place.isr).c_str());
    }
  }
  return exit_code;
}

int remove(Client& client, const Options& options) {
  wire::DeleteTopicsRequest request;
  request.timeout_ms = kTimeoutMs;
  request.topic_names = options.topics;
  for (const std::string& name : options.topics) request.topics.emplace_back().name = name;
  auto response = client.any().call<wire::DeleteTopicsResponse>(request);
  if (!response.ok()) return fail(response.error().detail);
  int exit_code = 0;
  for (const auto& topic : response->responses) {
    const std::string name = topic.name.value_or("");
    if (topic.error_code == wire::ErrorCode::kNone) {
      std::printf("deleted %s\n", name.c_str());
    } else {
      exit_code = fail(name + ": " + describe(topic.error_code, topic.error_message));
    }
  }
  return exit_code;
}

int add_partitions(Client& client, const Options& options) {
  wire::CreatePartitionsRequest request;
  request.timeout_ms = kTimeoutMs;
  for (const std::string& name : options.topics) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.count = options.partitions;
    topic.assignments = std::nullopt;
  }
  auto response = client.any().call<wire::CreatePartitionsResponse>(request);
  if (!response.ok()) return fail(response.error().detail);
  int exit_code = 0;
  for (const auto& topic : response->results) {
    if (topic.error_code == wire::ErrorCode::kNone) {
      std::printf("%s has %d partitions\n", topic.name.c_str(), options.partitions);
    } else {
      exit_code = fail(topic.name + ": " + describe(topic.error_code, topic.error_message));
    }
  }
  return exit_code;
}

using Action = std::function<int(Client&, const Options&)>;

CLI::App* add_action(CLI::App& parent, const char* name, const char* help,
                     const std::shared_ptr<Options>& options, int& exit_code, Action action) {
  auto* command = parent.add_subcommand(name, help);
  add_bootstrap_option(*command, options->bootstrap);
  command->callback([options, &exit_code, action = std::move(action)] {
    auto client = Client::connect(options->bootstrap);
    exit_code = client.ok() ? action(**client, *options) : fail(client.error().detail);
  });
  return command;
}

}  // namespace

void add_topic(CLI::App& app, int& exit_code) {
  auto* topic = app.add_subcommand("topic", "Create, list, describe and delete topics");
  topic->require_subcommand(1);
  topic->footer(R"(
Examples:
  odradek topic create tweets -p 3
  odradek topic create state -p 1 --config cleanup.policy=compact
  odradek topic describe tweets
)");
  auto options = std::make_shared<Options>();
  auto* created = add_action(*topic, "create", "Create topics", options, exit_code, create);
  created->add_option("topic", options->topics, "Names")->required();
  created->add_option("-p,--partitions", options->partitions,
                      "Number of partitions (default: the broker's)");
  created->add_option("-r,--replication-factor", options->replication_factor,
                      "Replicas (default: the broker's)");
  created
      ->add_option("--config", options->configs, "name=value of a topic config; may be given again")
      ->take_all();

  auto* listed = add_action(*topic, "list", "List topics", options, exit_code, list);
  listed->add_flag("--internal", options->internal, "Internal ones too");

  add_action(*topic, "describe", "Show partitions, leaders and replicas", options, exit_code,
             describe_topics)
      ->add_option("topic", options->topics, "Names")
      ->required();
  add_action(*topic, "delete", "Delete topics and their records", options, exit_code, remove)
      ->add_option("topic", options->topics, "Names")
      ->required();
  auto* grown = add_action(*topic, "add-partitions", "Raise the number of partitions", options,
                           exit_code, add_partitions);
  grown->add_option("topic", options->topics, "Names")->required();
  grown->add_option("-p,--partitions", options->partitions, "The new number of partitions")
      ->required();
}

}  // namespace cli
