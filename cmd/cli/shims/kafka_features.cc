// kafka-features: FeatureCommand of Apache Kafka.
#include <charconv>
#include <cstdio>
#include <map>

#include <fmt/core.h>

#include "cluster/metadata/features.h"
#include "cmd/cli/admin/cluster.h"
#include "cmd/cli/shims/tool.h"
#include "cmd/cli/surface.h"
#include "wire/api/update_features.h"

namespace cli::shims {
namespace {

constexpr OptionRow kFeaturesOptions[] = {
    {"bootstrap-server", Takes::kText, "The Kafka server to connect to."},
    {"bootstrap-controller", Takes::kText, "The Kafka controller to connect to."},
    kCommandConfigRow,
    {"node-id", Takes::kInteger, "describe: the node that is asked."},
    {"metadata", Takes::kText, "DEPRECATED: the metadata.version, by name."},
    {"release-version", Takes::kText, "The release whose levels all features get."},
    {"feature", Takes::kText, "feature=level; may be given again."},
    {"unsafe", Takes::kNothing, "Even if metadata is lost."},
    {"dry-run", Takes::kNothing, "Only say whether it could be done."},
    kHelpRow,
};

constexpr std::string_view kMetadataVersion = "metadata.version";
// Kafka's numbers of FeatureUpdate.UpgradeType.
constexpr int8_t kUpgrade = 1;
constexpr int8_t kSafeDowngrade = 2;
constexpr int8_t kUnsafeDowngrade = 3;

std::string level_text(std::string_view feature, int16_t level) {
  if (feature != kMetadataVersion) return std::to_string(level);
  const auto name = cluster::metadata::metadata_version_name(level);
  return name.empty() ? fmt::format("UNKNOWN {}", level) : std::string(name);
}

int describe_features(Client& client, const ToolOptions& options) {
  auto* connection = &client.any();
  if (options.has("node-id")) {
    const auto node = client.node(static_cast<wire::NodeId>(options.number("node-id")));
    if (!node.ok()) return failed(node.error().detail);
    connection = *node;
  }
  const auto response = api_versions(*connection);
  if (!response.ok()) return failed(plain_detail(response.error()));
  std::map<std::string, int16_t> finalized;
  for (const auto& feature : response->finalized_features) {
    finalized[feature.name] = feature.max_version_level;
  }
  std::map<std::string, std::pair<int16_t, int16_t>> supported;
  for (const auto& feature : response->supported_features) {
    supported[feature.name] = {feature.min_version, feature.max_version};
  }
  const int64_t epoch = response->finalized_features_epoch;
  for (const auto& [name, range] : supported) {
    fmt::print(
        "Feature: {:<40}  SupportedMinVersion: {:<15}  SupportedMaxVersion: {:<15}  "
        "FinalizedVersionLevel: {:<15}  Epoch: {}\n",
        name, level_text(name, range.first), level_text(name, range.second),
        level_text(name, finalized[name]), epoch < 0 ? "-" : std::to_string(epoch));
  }
  return 0;
}

// "name=level"; the words of Kafka's tool if it is not.
wire::Status parse_level(const std::string& text, std::map<std::string, int16_t>& updates) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) {
    return wrong(fmt::format("Can't parse feature=level string {}: equals sign not found.", text));
  }
  int16_t level = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + equals + 1, end, level);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return wrong(fmt::format("Can't parse feature=level string {}: unable to parse {} as a short.",
                             text, text.substr(equals + 1)));
  }
  if (!updates.emplace(text.substr(0, equals), level).second) {
    return wrong(fmt::format("Feature {} was specified more than once.", text.substr(0, equals)));
  }
  return {};
}

wire::Result<std::map<std::string, int16_t>> parse_updates(const std::string& command,
                                                           const ToolOptions& options) {
  std::map<std::string, int16_t> updates;
  if (const auto metadata = options.value("metadata")) {
    std::printf(" `metadata` flag is deprecated and may be removed in a future release.\n");
    const auto level = cluster::metadata::metadata_version_level(*metadata);
    if (!level) {
      return wrong("Version " + *metadata + " is not a valid version");
    }
    updates[std::string(kMetadataVersion)] = *level;
  }
  for (const std::string& feature : options.values("feature")) {
    const std::string text = command == "disable" ? feature + "=0" : feature;
    if (auto parsed = parse_level(text, updates); !parsed.ok()) return parsed.error();
  }
  if (updates.empty()) {
    return wrong("You must specify at least one feature to " + command);
  }
  return updates;
}

int update(Client& client, const std::string& command, const ToolOptions& options,
           const std::map<std::string, int16_t>& updates) {
  wire::UpdateFeaturesRequest request;
  request.validate_only = options.has("dry-run");
  for (const auto& [name, level] : updates) {
    auto& key = request.feature_updates.emplace_back();
    key.feature = name;
    key.max_version_level = level;
    key.upgrade_type = command == "upgrade"    ? kUpgrade
                       : options.has("unsafe") ? kUnsafeDowngrade
                                               : kSafeDowngrade;
  }
  const auto response = client.any().call<wire::UpdateFeaturesResponse>(request);
  if (!response.ok()) return failed(plain_detail(response.error()));
  std::map<std::string, std::string> errors;
  for (const auto& result : response->results) {
    if (result.error_code == wire::ErrorCode::kNone) continue;
    errors[result.feature] = java_message(result.error_code, result.error_message.value_or(""));
  }
  if (response->error_code != wire::ErrorCode::kNone) {
    for (const auto& [name, level] : updates) {
      errors[name] = java_message(response->error_code, response->error_message.value_or(""));
    }
  }
  for (const auto& [name, level] : updates) {
    const bool disable = command == "disable";
    const auto error = errors.find(name);
    if (error != errors.end()) {
      fmt::print("{} {} {}{}. {}\n", request.validate_only ? "Can not" : "Could not", command, name,
                 disable ? "" : fmt::format(" to {}", level), error->second);
    } else {
      fmt::print("{} {} {}\n", name, request.validate_only ? "can be" : "was",
                 disable ? "disabled." : fmt::format("{}d to {}.", command, level));
    }
  }
  if (errors.empty()) return 0;
  std::fflush(stdout);
  return failed(fmt::format("{} out of {} operation(s) failed.", errors.size(), updates.size()));
}

}  // namespace

int kafka_features(const Words& words) {
  const auto options = ToolOptions::parse(kFeaturesOptions, words);
  if (!options.ok()) {
    return failed(
        fmt::format("Command line error: {}. Type --help for help.", options.error().detail));
  }
  const std::string command = options->rest().empty() ? "" : options->rest().front();
  if (options->has("help") || command.empty()) {
    usage("kafka-features --bootstrap-server HOST:PORT describe | upgrade | downgrade | disable",
          kFeaturesOptions);
    return options->has("help") ? 0 : 1;
  }
  if (options->has("release-version")) {
    return failed("--release-version is not part of this tool: name the features with --feature");
  }
  if (!options->has("bootstrap-server")) {
    return failed("use --bootstrap-server: a broker forwards what it is asked");
  }
  const bool changes = command == "upgrade" || command == "downgrade" || command == "disable";
  if (!changes && command != "describe") {
    return failed(
        fmt::format("Command line error: invalid choice: '{}'. Type --help for help.", command));
  }
  const auto updates =
      changes ? parse_updates(command, *options)
              : wire::Result<std::map<std::string, int16_t>>(std::map<std::string, int16_t>());
  if (!updates.ok()) return failed(updates.error().detail);
  auto client = connect(*options, "adminclient-1");
  if (!client.ok()) return failed(client.error().detail);
  return changes ? update(**client, command, *options, *updates)
                 : describe_features(**client, *options);
}

}  // namespace cli::shims
