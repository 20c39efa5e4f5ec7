#include "cluster/config/config_layers.h"

#include <algorithm>
#include <utility>

#include "cluster/config/config_text.h"
#include "wire/base/check.h"
#include "wire/records/compression.h"

namespace cluster::config {
namespace {

using metadata::ConfigMap;

std::string canonical(const ConfigDef& config, const std::string& text) {
  wire::Result<std::string> value = parse_value(config, text);
  return value.ok() ? *std::move(value) : text;
}

const ConfigDef& broker_row(std::string_view name) {
  const ConfigDef* row = find_config(Scope::kBroker, name);
  CHECK(row != nullptr);
  return *row;
}

// A broker property through its layers.
std::optional<std::string> in_force(const ConfigDef& config, std::string_view name,
                                    const Layers& layers) {
  for (const ConfigMap* dynamic : {&layers.broker, &layers.all_brokers}) {
    if (const auto found = dynamic->find(name); found != dynamic->end()) {
      return canonical(config, found->second);
    }
  }
  return layers.file.find(name);
}

// Broker properties that say the same in other units (DynamicBrokerConfig.brokerConfigSynonyms).
std::vector<std::string> alternatives(std::string_view name) {
  static const std::vector<std::vector<std::string>> kFamilies = {
      {"log.roll.ms", "log.roll.hours"},
      {"log.roll.jitter.ms", "log.roll.jitter.hours"},
      {"log.retention.ms", "log.retention.minutes", "log.retention.hours"}};
  for (const auto& family : kFamilies) {
    if (std::find(family.begin(), family.end(), name) != family.end()) return family;
  }
  if (name == "log.flush.interval.ms")
    return {std::string(name), "log.flush.scheduler.interval.ms"};
  const ConfigDef* row = find_config(Scope::kBroker, name);
  if (row != nullptr && row->name != name) return {std::string(name), std::string(row->name)};
  return {std::string(name)};
}

// What each layer says, as Kafka lists it: only from the first entry on that bears the very name.
std::vector<Synonym> synonyms_of(std::string_view name, const Layers& layers) {
  std::vector<Synonym> all;
  const std::vector<std::string> names = alternatives(name);
  const bool sensitive = broker_row(name).sensitive();
  const auto add = [&](const std::string& alternative, const std::string& value, Source source) {
    all.push_back({alternative, sensitive ? std::nullopt : std::optional(value), source});
  };
  const auto add_from = [&](const ConfigMap& map, Source source) {
    for (const std::string& alternative : names) {
      if (const auto found = map.find(alternative); found != map.end()) {
        add(alternative, found->second, source);
      }
    }
  };
  add_from(layers.broker, Source::kBroker);
  add_from(layers.all_brokers, Source::kAllBrokers);
  add_from(layers.file.given(), Source::kFile);
  for (const std::string& alternative : names) {
    const ConfigDef* row = find_config(Scope::kBroker, alternative);
    if (row->name == alternative && row->default_value != kNull && !row->required()) {
      add(alternative, row->default_value, Source::kDefault);
    }
  }
  const auto first = std::find_if(all.begin(), all.end(),
                                  [&](const Synonym& synonym) { return synonym.name == name; });
  all.erase(all.begin(), first);
  return all;
}

// The value that the broker's properties give a topic or group property.
std::string from_broker(const ConfigDef& config, const Layers& layers) {
  for (const std::string& name : split_list(config.broker_synonyms)) {
    const ConfigDef& row = broker_row(name);
    const std::optional<std::string> value = in_force(row, name, layers);
    if (!value.has_value()) continue;
    int64_t unit = 1;
    if (name.ends_with(".hours")) unit = kHourMs;
    if (name.ends_with(".minutes")) unit = kMinuteMs;
    const bool unlimited = config.name == "retention.ms" && to_long(*value) < 0;
    if (unlimited) return "-1";
    return unit == 1 ? *value : std::to_string(to_long(*value) * unit);
  }
  return config.default_value == kNull ? std::string() : config.default_value;
}

Resolved resolve_resource(const ConfigDef& config, const ConfigMap& own, Source own_source,
                          const Layers& layers) {
  Resolved resolved;
  const std::string first_synonym =
      config.broker_synonyms.empty() ? std::string() : split_list(config.broker_synonyms).front();
  if (!first_synonym.empty()) {
    resolved.synonyms = synonyms_of(first_synonym, layers);
    resolved.value = from_broker(config, layers);
  } else if (config.default_value != kNull) {
    resolved.value = config.default_value;
    // Groups list their own default where the broker has none; topics do not.
    if (own_source == Source::kGroup) {
      resolved.synonyms.push_back({std::string(config.name), resolved.value, Source::kDefault});
    }
  }
  if (const auto found = own.find(config.name); found != own.end()) {
    resolved.value = canonical(config, found->second);
    resolved.synonyms.insert(resolved.synonyms.begin(),
                             {std::string(config.name), resolved.value, own_source});
  }
  if (config.sensitive()) resolved.value.reset();
  resolved.source = resolved.synonyms.empty() ? Source::kDefault : resolved.synonyms.front().source;
  return resolved;
}

const ConfigDef& topic_row(std::string_view name) {
  const ConfigDef* row = find_config(Scope::kTopic, name);
  CHECK(row != nullptr);
  return *row;
}

// Typed reading of a topic's effective properties.
class TopicValues {
 public:
  TopicValues(const ConfigMap& topic, const Layers& layers) : topic_(topic), layers_(layers) {}

  std::string text(std::string_view name) const {
    const ConfigDef& row = topic_row(name);
    if (const auto found = topic_.find(name); found != topic_.end()) {
      wire::Result<std::string> value = parse_value(row, found->second);
      // What the controller let in is valid; a log from elsewhere may not be.
      if (value.ok()) return *std::move(value);
    }
    return from_broker(row, layers_);
  }
  int64_t number(std::string_view name) const { return to_long(text(name)); }
  bool truth(std::string_view name) const { return to_bool(text(name)); }

 private:
  const ConfigMap& topic_;
  const Layers& layers_;
};

std::optional<wire::Compression> target_compression(const TopicValues& values) {
  const std::string name = values.text("compression.type");
  if (name == "producer") return std::nullopt;
  wire::Compression compression;
  compression.type = wire::compression_by_name(name).value_or(wire::CompressionType::kNone);
  if (wire::compression_levels(compression.type).has_value()) {
    compression.level = static_cast<int>(values.number("compression." + name + ".level"));
  }
  return compression;
}

storage::LogOptions log_options(const TopicValues& values, const Layers& layers) {
  storage::LogOptions log;
  log.segment_bytes = values.number("segment.bytes");
  log.segment_ms = values.number("segment.ms");
  log.segment_jitter_ms = values.number("segment.jitter.ms");
  log.segment_index_bytes = values.number("segment.index.bytes");
  log.index_interval_bytes = values.number("index.interval.bytes");
  log.retention_ms = values.number("retention.ms");
  log.retention_bytes = values.number("retention.bytes");
  const std::vector<std::string> policies = split_list(values.text("cleanup.policy"));
  log.delete_by_retention = std::find(policies.begin(), policies.end(), "delete") != policies.end();
  log.compact = std::find(policies.begin(), policies.end(), "compact") != policies.end();
  log.delete_retention_ms = values.number("delete.retention.ms");
  log.min_cleanable_dirty_ratio = to_double(values.text("min.cleanable.dirty.ratio"));
  log.min_compaction_lag_ms = values.number("min.compaction.lag.ms");
  log.max_compaction_lag_ms = values.number("max.compaction.lag.ms");
  log.file_delete_delay_ms = values.number("file.delete.delay.ms");
  log.max_message_bytes = values.number("max.message.bytes");
  log.log_append_time = values.text("message.timestamp.type") == "LogAppendTime";
  log.preallocate = values.truth("preallocate");
  log.flush_messages = values.number("flush.messages");
  log.flush_ms = values.number("flush.ms");
  log.producer_id_expiration_ms = to_long(
      *in_force(broker_row("producer.id.expiration.ms"), "producer.id.expiration.ms", layers));
  constexpr std::string_view kCheck = "producer.id.expiration.check.interval.ms";
  log.producer_id_expiration_check_ms = to_long(*in_force(broker_row(kCheck), kCheck, layers));
  constexpr std::string_view kVerify = "transaction.partition.verification.enable";
  log.verify_transactions = in_force(broker_row(kVerify), kVerify, layers) == "true";
  return log;
}

}  // namespace

Layers layers_of(const BrokerConfig& config, const metadata::ConfigsImage& image) {
  return {config, image.broker(config.node_id()), image.cluster_default()};
}

std::optional<std::string> find_broker_value(std::string_view name, const Layers& layers) {
  return in_force(broker_row(name), name, layers);
}

std::string broker_value(std::string_view name, const Layers& layers) {
  std::optional<std::string> value = find_broker_value(name, layers);
  CHECK(value.has_value());
  return *std::move(value);
}

Resolved resolve_broker(const ConfigDef& config, const Layers& layers) {
  Resolved resolved;
  resolved.value = config.sensitive() ? std::nullopt : in_force(config, config.name, layers);
  resolved.synonyms = synonyms_of(config.name, layers);
  resolved.source = resolved.synonyms.empty() ? Source::kDefault : resolved.synonyms.front().source;
  return resolved;
}

Resolved resolve_topic(const ConfigDef& config, const ConfigMap& topic, const Layers& layers) {
  return resolve_resource(config, topic, Source::kTopic, layers);
}

Resolved resolve_group(const ConfigDef& config, const ConfigMap& group, const Layers& layers) {
  return resolve_resource(config, group, Source::kGroup, layers);
}

storage::CleanerOptions cleaner_options(const Layers& layers) {
  const auto text = [&](std::string_view name) {
    return *in_force(broker_row(name), name, layers);
  };
  storage::CleanerOptions options;
  options.threads = static_cast<int>(to_long(text("log.cleaner.threads")));
  options.dedupe_buffer_bytes = to_long(text("log.cleaner.dedupe.buffer.size"));
  options.io_buffer_bytes = to_long(text("log.cleaner.io.buffer.size"));
  options.load_factor = to_double(text("log.cleaner.io.buffer.load.factor"));
  options.io_bytes_per_second = to_double(text("log.cleaner.io.max.bytes.per.second"));
  options.backoff_ms = to_long(text("log.cleaner.backoff.ms"));
  options.inflate_limit =
      static_cast<size_t>(layers.file.get_long("odradek.decompression.max.bytes"));
  return options;
}

replica::PartitionOptions partition_options(const ConfigMap& topic, const Layers& layers) {
  const TopicValues values(topic, layers);
  replica::PartitionOptions options;
  options.log = log_options(values, layers);
  options.min_insync_replicas = static_cast<int32_t>(values.number("min.insync.replicas"));
  options.timestamp_before_max_ms = values.number("message.timestamp.before.max.ms");
  options.timestamp_after_max_ms = values.number("message.timestamp.after.max.ms");
  options.target_compression = target_compression(values);
  options.inflate_limit =
      static_cast<size_t>(layers.file.get_long("odradek.decompression.max.bytes"));
  return options;
}

}  // namespace cluster::config
