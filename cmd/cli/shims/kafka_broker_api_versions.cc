// kafka-broker-api-versions: BrokerApiVersionsCommand of Apache Kafka, which many a health check calls.
#include <cstdio>
#include <map>

#include <fmt/core.h>

#include "cmd/cli/admin/cluster.h"
#include "cmd/cli/output.h"
#include "cmd/cli/shims/tool.h"
#include "wire/api_key.h"

namespace cli::shims {
namespace {

constexpr OptionRow kBrokerApiVersionsOptions[] = {kBootstrapRow, kZookeeperRow, kCommandConfigRow,
                                                   kHelpRow, kVersionRow};

std::string served_text(int16_t key, const BrokerConnection::Range& served) {
  const wire::ApiInfo* const api = wire::api_info(key);
  std::string text =
      api == nullptr ? fmt::format("UNKNOWN({}): ", key) : fmt::format("{}({}): ", api->name, key);
  text += served.min == served.max ? std::to_string(served.min)
                                   : fmt::format("{} to {}", served.min, served.max);
  if (api == nullptr) return text;
  if (api->max_version < served.min) return text + " [unusable: node too new]";
  if (served.max < api->min_version) return text + " [unusable: node too old]";
  return text + fmt::format(" [usable: {}]", std::min(api->max_version, served.max));
}

std::string broker_text(const BrokerConnection& broker) {
  std::map<int16_t, std::string> apis;
  for (const auto& [key, range] : broker.served()) {
    apis[static_cast<int16_t>(key)] = served_text(static_cast<int16_t>(key), range);
  }
  for (const wire::ApiInfo& api : wire::all_apis()) {
    if ((api.listeners & wire::kBrokerListener) == 0) continue;
    const auto key = static_cast<int16_t>(api.key);
    apis.try_emplace(key, fmt::format("{}({}): UNSUPPORTED", api.name, key));
  }
  std::vector<std::string> lines;
  for (const auto& [key, text] : apis) lines.push_back(text);
  return "(\n\t" + join(lines, ",\n\t") + "\n)";
}

}  // namespace

int kafka_broker_api_versions(const Words& words) {
  const Parsed parsed = parse_tool(kBrokerApiVersionsOptions, words,
                                   "This tool helps to retrieve broker version information.");
  if (parsed.exit_code) return *parsed.exit_code;
  const auto bootstrap = bootstrap_of(parsed.options);
  if (!bootstrap)
    return usage("Missing required argument \"[bootstrap-server]\"", kBrokerApiVersionsOptions);
  // Apache's tool does not try again, either.
  auto client = connect(parsed.options, "admin-1", 0);
  if (!client.ok()) {
    std::fprintf(
        stderr,
        "Exception in thread \"main\" java.lang.RuntimeException: Request METADATA failed on "
        "brokers [%s (id: -1 rack: null isFenced: false)]: %s\n",
        bootstrap->c_str(), client.error().detail.c_str());
    return 1;
  }
  const auto metadata = (*client)->metadata(std::vector<std::string>());
  if (!metadata.ok()) {
    std::fprintf(stderr, "%s\n", metadata.error().detail.c_str());
    return 1;
  }
  for (const auto& broker : metadata->brokers) {
    std::printf("%s:%d (id: %d rack: %s isFenced: false) -> ", broker.host.c_str(), broker.port,
                broker.node_id, broker.rack.value_or("null").c_str());
    const auto node = (*client)->node(broker.node_id);
    std::printf("%s\n", node.ok() ? broker_text(**node).c_str()
                                  : ("ERROR: " + node.error().detail).c_str());
  }
  return 0;
}

}  // namespace cli::shims
