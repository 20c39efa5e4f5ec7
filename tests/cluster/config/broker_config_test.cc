#include "cluster/config/broker_config.h"

#include <gtest/gtest.h>

#include "cluster/config/config_layers.h"
#include "cluster/config/config_validator.h"

namespace cluster::config {
namespace {

// Apache's config/server.properties, in short.
Properties single_node() {
  return *parse_properties(
      "process.roles=broker,controller\nnode.id=1\n"
      "controller.quorum.bootstrap.servers=localhost:9093\n"
      "listeners=PLAINTEXT://:9092,CONTROLLER://:9093\n"
      "advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n"
      "controller.listener.names=CONTROLLER\nlog.dirs=/tmp/kraft-combined-logs\n");
}

BrokerConfig load(Properties properties) {
  std::vector<std::string> warnings;
  auto config = BrokerConfig::load(std::move(properties), warnings);
  EXPECT_TRUE(config.ok()) << config.error().detail;
  return *std::move(config);
}

std::string refusal(Properties properties) {
  std::vector<std::string> warnings;
  const auto config = BrokerConfig::load(std::move(properties), warnings);
  return config.ok() ? "" : config.error().detail;
}

Properties with(std::string_view name, std::string_view value, Properties base = single_node()) {
  base.insert_or_assign(std::string(name), std::string(value));
  return base;
}

Properties without(std::string_view name, Properties base) {
  base.erase(std::string(name));
  return base;
}

TEST(Properties, AreReadAsJavaReadsThem) {
  const auto properties = parse_properties(
      "# a comment\n! another\n\n  a = 1 \nb:2\nc 3\r\nd=one,\\\n    two\n"
      "e\\ f\\:g = h\\=\\t\\u00e9\nempty=\nalone\nlast=\\");
  ASSERT_TRUE(properties.ok());
  const Properties expected = {
      {"a", "1 "},   {"b", "2"},    {"c", "3"},  {"d", "one,two"}, {"e f:g", "h=\t\xC3\xA9"},
      {"empty", ""}, {"alone", ""}, {"last", ""}};
  EXPECT_EQ(*properties, expected);
  EXPECT_EQ(*parse_properties("a=1\na=2"), (Properties{{"a", "2"}}));
  EXPECT_FALSE(parse_properties("a=\\u12x4").ok());
}

TEST(Properties, AssignmentsOfTheCommandLine) {
  EXPECT_EQ(*parse_assignment("a=b=c"), (std::pair<std::string, std::string>("a", "b=c")));
  EXPECT_FALSE(parse_assignment("a").ok());
  EXPECT_FALSE(parse_assignment("=a").ok());
}

TEST(BrokerConfig, ReadsASingleNodesFile) {
  const BrokerConfig config = load(single_node());
  EXPECT_EQ(config.node_id(), 1);
  EXPECT_TRUE(config.is_broker());
  EXPECT_TRUE(config.is_controller());
  ASSERT_EQ(config.listeners().size(), 2U);
  EXPECT_EQ(config.listeners()[0].port, 9092);
  EXPECT_EQ(config.listeners()[0].host, "");
  EXPECT_TRUE(config.is_controller_listener("CONTROLLER"));
  ASSERT_EQ(config.advertised_listeners().size(), 1U);
  EXPECT_EQ(config.advertised_listeners()[0].host, "localhost");
  EXPECT_EQ(config.inter_broker_listener(), "PLAINTEXT");
  EXPECT_EQ(config.log_dirs(), std::vector<std::string>{"/tmp/kraft-combined-logs"});
  EXPECT_EQ(config.metadata_log_dir(), "/tmp/kraft-combined-logs");
  EXPECT_EQ(config.durability(), Durability::kFsync);
  EXPECT_EQ(config.get_int("num.partitions"), 1);
}

// A2, A5: to lose acknowledged records in a power cut one must ask for it.
TEST(BrokerConfig, A2_SyncsBeforeItAcknowledgesUnlessToldOtherwise) {
  EXPECT_EQ(load(single_node()).durability(), Durability::kFsync);
  EXPECT_EQ(load(with("odradek.durability", "relaxed")).durability(), Durability::kRelaxed);
}

TEST(BrokerConfig, WarnsOfUnknownNamesAndKnowsTheNearest) {
  std::vector<std::string> warnings;
  ASSERT_TRUE(BrokerConfig::load(with("log.retention.hour", "3"), warnings).ok());
  EXPECT_EQ(warnings,
            std::vector<std::string>{
                "Unknown property log.retention.hour; did you mean log.retention.hours?"});
}

TEST(BrokerConfig, LogDirsWinOverLogDir) {
  Properties properties = with("log.dir", "/a");
  EXPECT_EQ(load(properties).log_dirs(), std::vector<std::string>{"/tmp/kraft-combined-logs"});
  properties.erase("log.dirs");
  EXPECT_EQ(load(properties).log_dirs(), std::vector<std::string>{"/a"});
}

TEST(BrokerConfig, AdvertisesAutomaticallyWhatIsBoundToEveryAddress) {
  for (const char* host : {"", "0.0.0.0", "[::]"}) {
    const BrokerConfig config =
        load(without("advertised.listeners", with("listeners", std::string("PLAINTEXT://") + host +
                                                                   ":9092,CONTROLLER://:9093")));
    ASSERT_EQ(config.advertised_listeners().size(), 1U);
    EXPECT_TRUE(config.advertised_listeners()[0].automatic) << host;
    EXPECT_EQ(config.advertised_listeners()[0].host, "");
  }
  const BrokerConfig bound = load(without(
      "advertised.listeners", with("listeners", "PLAINTEXT://10.0.0.1:9092,CONTROLLER://:9093")));
  EXPECT_FALSE(bound.advertised_listeners()[0].automatic);
  EXPECT_EQ(bound.advertised_listeners()[0].host, "10.0.0.1");
}

TEST(BrokerConfig, AutoIsForAllListenersOrForOne) {
  const auto advertised = [](const std::string& text) {
    const BrokerConfig config = load(
        with("listener.security.protocol.map", "A:PLAINTEXT,B:PLAINTEXT,CONTROLLER:PLAINTEXT",
             with("listeners", "A://:1,B://127.0.0.1:2,CONTROLLER://:3",
                  with("inter.broker.listener.name", "A", with("advertised.listeners", text)))));
    std::string all;
    for (const Endpoint& endpoint : config.advertised_listeners()) {
      all += endpoint.listener + (endpoint.automatic ? " auto " : " " + endpoint.host + " ") +
             std::to_string(endpoint.port) + "; ";
    }
    return all;
  };
  EXPECT_EQ(advertised("auto"), "A auto 0; B auto 0; ");
  EXPECT_EQ(advertised("B://b.example.com:9, auto"), "B b.example.com 9; A auto 0; ");
  EXPECT_EQ(advertised("A://auto"), "A auto 0; ");
  EXPECT_EQ(advertised("A://auto:29092,B://auto"), "A auto 29092; B auto 0; ");
  EXPECT_EQ(advertised("A://:29092"), "A auto 29092; ");
  EXPECT_NE(refusal(with("advertised.listeners", "auto,OTHER://auto")), "");
}

TEST(BrokerConfig, ListenersMayEndWithACommaTooMany) {
  const BrokerConfig config = load(with("listeners", "PLAINTEXT://:9092,CONTROLLER://:9093,",
                                        with("advertised.listeners", "PLAINTEXT://kafka:9092, ,")));
  EXPECT_EQ(config.listeners().size(), 2U);
  ASSERT_EQ(config.advertised_listeners().size(), 1U);
  EXPECT_EQ(config.advertised_listeners()[0].host, "kafka");
  EXPECT_NE(refusal(with("listeners", "PLAINTEXT://:9092,,CONTROLLER://:9093")), "");
}

TEST(BrokerConfig, ListenersMayHaveNamesOfTheirOwn) {
  const BrokerConfig config = load(with(
      "listener.security.protocol.map", "inside:PLAINTEXT,OUTSIDE:SASL_SSL,CONTROLLER:PLAINTEXT",
      with("listeners", "inside://[::1]:1,OUTSIDE://0.0.0.0:2,CONTROLLER://:3",
           with("advertised.listeners", "INSIDE://a.b:1,OUTSIDE://c.d:4",
                with("inter.broker.listener.name", "INSIDE")))));
  EXPECT_EQ(config.listeners()[0], (Endpoint{"INSIDE", "::1", 1, SecurityProtocol::kPlaintext}));
  EXPECT_EQ(config.advertised_listeners()[1],
            (Endpoint{"OUTSIDE", "c.d", 4, SecurityProtocol::kSaslSsl}));
}

TEST(BrokerConfig, TellsThatThereIsNoAuthorizer) {
  std::vector<std::string> warnings;
  ASSERT_TRUE(
      BrokerConfig::load(with("authorizer.class.name", "kafka.security.AclAuthorizer"), warnings)
          .ok());
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(warnings[0].find("every client may do everything") != std::string::npos);
}

TEST(BrokerConfig, RefusesInKafkasWords) {
  Properties nothing = single_node();
  nothing.erase("process.roles");
  EXPECT_EQ(refusal(nothing),
            "Missing required configuration \"process.roles\" which has no default value.");
  EXPECT_EQ(refusal(with("num.partitions", "many")),
            "Invalid value many for configuration num.partitions: Not a number of type INT");
  EXPECT_EQ(refusal(with("broker.id", "7")),
            "You must set `node.id` to the same value as `broker.id`.");
  EXPECT_EQ(refusal(with("listeners", "PLAINTEXT://:1,CONTROLLER://:1")),
            "Each listener must have a different port, listeners: 1");
  EXPECT_EQ(refusal(with("listeners", "OTHER://:1,CONTROLLER://:2")),
            "Error creating broker listeners from 'OTHER://:1': No security protocol defined for "
            "listener OTHER");
  EXPECT_EQ(refusal(with("listeners", "localhost:9092")),
            "Error creating broker listeners from 'localhost:9092': Unable to parse localhost:9092 "
            "to a broker endpoint");
  EXPECT_EQ(refusal(with("advertised.listeners", "PLAINTEXT://0.0.0.0:9092")),
            "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable "
            "IP address.");
  EXPECT_EQ(
      refusal(with("controller.quorum.voters", "2@localhost:1")),
      "If process.roles contains the 'controller' role, the node id 1 must be included in the "
      "set of voters controller.quorum.voters=2@localhost:1");
  EXPECT_EQ(
      refusal(with("controller.quorum.voters", "localhost:1")),
      "Invalid value localhost:1 for configuration controller.quorum.voters: Each entry should "
      "be in the form `{id}@{host}:{port}`.");
  EXPECT_NE(refusal(with("inter.broker.listener.name", "SSL")), "");
  EXPECT_NE(refusal(with("log.retention.ms", "0")), "");
  EXPECT_EQ(refusal(with("offsets.topic.compression.codec", "5")),
            "Unknown compression type id: 5");
}

struct Image {
  metadata::ConfigMap broker;
  metadata::ConfigMap all_brokers;
};

Resolved topic_value(const BrokerConfig& config, const Image& image, std::string_view name,
                     const metadata::ConfigMap& topic = {}) {
  return resolve_topic(*find_config(Scope::kTopic, name), topic,
                       {config, image.broker, image.all_brokers});
}

TEST(ConfigLayers, TopicWinsOverBrokerOverAllBrokersOverFileOverDefault) {
  const BrokerConfig config = load(with("log.segment.bytes", "2000000"));
  Image image;
  EXPECT_EQ(topic_value(config, image, "segment.bytes").value, "2000000");
  EXPECT_EQ(topic_value(config, image, "segment.bytes").source, Source::kFile);
  image.all_brokers["log.segment.bytes"] = "3000000";
  EXPECT_EQ(topic_value(config, image, "segment.bytes").value, "3000000");
  EXPECT_EQ(topic_value(config, image, "segment.bytes").source, Source::kAllBrokers);
  image.broker["log.segment.bytes"] = "4000000";
  EXPECT_EQ(topic_value(config, image, "segment.bytes").source, Source::kBroker);
  const Resolved own = topic_value(config, image, "segment.bytes", {{"segment.bytes", "5000000"}});
  EXPECT_EQ(own.value, "5000000");
  const std::vector<Synonym> expected = {{"segment.bytes", "5000000", Source::kTopic},
                                         {"log.segment.bytes", "4000000", Source::kBroker},
                                         {"log.segment.bytes", "3000000", Source::kAllBrokers},
                                         {"log.segment.bytes", "2000000", Source::kFile},
                                         {"log.segment.bytes", "1073741824", Source::kDefault}};
  EXPECT_EQ(own.synonyms, expected);
}

TEST(ConfigLayers, HoursAndMinutesBecomeMilliseconds) {
  const Image image;
  EXPECT_EQ(topic_value(load(single_node()), image, "retention.ms").value, "604800000");
  const BrokerConfig minutes =
      load(with("log.retention.minutes", "2", with("log.retention.hours", "9")));
  EXPECT_EQ(topic_value(minutes, image, "retention.ms").value, "120000");
  // Apache drops what stands before the entry of the very name, here everything.
  EXPECT_EQ(topic_value(minutes, image, "retention.ms").source, Source::kDefault);
  EXPECT_TRUE(topic_value(minutes, image, "retention.ms").synonyms.empty());
  EXPECT_EQ(topic_value(load(with("log.retention.ms", "-1")), image, "retention.ms").value, "-1");
  EXPECT_EQ(topic_value(load(with("log.roll.hours", "1")), image, "segment.ms").value, "3600000");
  EXPECT_EQ(topic_value(load(single_node()), image, "flush.ms").value, "9223372036854775807");
}

TEST(ConfigLayers, PartitionObeysItsTopic) {
  const BrokerConfig config = load(single_node());
  const Image image;
  const Layers layers{config, image.broker, image.all_brokers};
  const auto plain = partition_options({}, layers);
  EXPECT_EQ(plain.log, storage::LogOptions());
  EXPECT_EQ(plain.min_insync_replicas, 1);
  EXPECT_FALSE(plain.target_compression.has_value());
  const auto set = partition_options({{"cleanup.policy", "compact"},
                                      {"compression.type", "zstd"},
                                      {"compression.zstd.level", "7"},
                                      {"message.timestamp.type", "LogAppendTime"},
                                      {"max.message.bytes", "100"},
                                      {"retention.ms", "-1"}},
                                     layers);
  EXPECT_TRUE(set.log.compact);
  EXPECT_FALSE(set.log.delete_by_retention);
  EXPECT_TRUE(set.log.log_append_time);
  EXPECT_EQ(set.log.max_message_bytes, 100);
  EXPECT_EQ(set.log.retention_ms, storage::kUnlimited);
  EXPECT_EQ(set.target_compression, (wire::Compression{wire::CompressionType::kZstd, 7}));
}

TEST(ConfigLayers, PartitionLooksForExpiredProducersAsOftenAsTheBrokerSays) {
  const BrokerConfig config = load(with("producer.id.expiration.check.interval.ms", "5000"));
  const Image image;
  const auto options = partition_options({}, {config, image.broker, image.all_brokers});
  EXPECT_EQ(options.log.producer_id_expiration_check_ms, 5000);
}

TEST(TableConfigValidator, RefusesWhatKafkaRefuses) {
  const BrokerConfig config = load(single_node());
  const TableConfigValidator validator(config);
  const auto refused = [&](metadata::ConfigMap configs) {
    const auto status =
        validator.validate({metadata::ConfigResourceType::kTopic, "tweets"}, configs, {});
    return status.ok() ? "" : status.error().detail;
  };
  EXPECT_EQ(refused({{"retention.ms", "1000"}, {"cleanup.policy", "compact,delete"}}), "");
  EXPECT_EQ(refused({{"retention", "1000"}}), "Unknown topic config name: retention");
  EXPECT_EQ(refused({{"min.compaction.lag.ms", "9"}, {"max.compaction.lag.ms", "3"}}),
            "conflict topic config setting min.compaction.lag.ms (9) > max.compaction.lag.ms (3)");
  EXPECT_EQ(refused({{"remote.storage.enable", "true"}}),
            "Tiered Storage functionality is disabled in the broker. Topic cannot be configured "
            "with remote log storage.");
  EXPECT_TRUE(validator.is_list(metadata::ConfigResourceType::kTopic, "cleanup.policy"));
  EXPECT_FALSE(validator.is_list(metadata::ConfigResourceType::kTopic, "retention.ms"));
}

TEST(TableConfigValidator, TopicsHaveNamesThatTopicsMayHave) {
  const BrokerConfig config = load(single_node());
  const auto status = TableConfigValidator(config).validate(
      {metadata::ConfigResourceType::kTopic, "x y"}, {{"retention.ms", "1000"}}, {});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, wire::ErrorCode::kInvalidTopicException);
}

TEST(TableConfigValidator, EffectiveConfigsNameTheLayerTheyComeFrom) {
  const BrokerConfig config = load(with("log.retention.hours", "2"));
  const TableConfigValidator validator(config);
  const metadata::ConfigMap nothing;
  const auto all =
      validator.effective_topic_configs({{"segment.bytes", "2000000"}}, {nothing, nothing});
  EXPECT_EQ(all.size(), configs(Scope::kTopic).size() - 1);
  for (const auto& effective : all) {
    EXPECT_NE(effective.name, "internal.segment.bytes");  // shown only where it was set
    if (effective.name == "retention.ms") {
      EXPECT_EQ(effective.value, "7200000");
      EXPECT_EQ(effective.source, 4);
    } else if (effective.name == "segment.bytes") {
      EXPECT_EQ(effective.source, 1);
    } else {
      EXPECT_EQ(effective.source, 5) << effective.name;
    }
  }
}

// What a change of a broker's dynamic configs is refused for; empty: it is not.
std::string refused_change(const metadata::ConfigMap& configs, bool per_broker = true) {
  const BrokerConfig config = load(single_node());
  const metadata::ConfigMap nothing;
  const auto status = validate_broker_configs(configs, per_broker, {config, nothing, nothing});
  EXPECT_TRUE(status.ok() || status.error().code == wire::ErrorCode::kInvalidRequest);
  return status.ok() ? "" : status.error().detail;
}

TEST(ValidateBrokerConfigs, OnlyWhatMayChangeAndWhere) {
  EXPECT_EQ(refused_change({{"log.retention.ms", "5"}}, false), "");
  EXPECT_EQ(refused_change({{"num.partitions", "5"}}),
            "Cannot update these configs dynamically: [num.partitions]");
  EXPECT_EQ(refused_change({{"listeners", "PLAINTEXT://:1"}}, false),
            "Cannot update these configs at default cluster level, broker id must be specified: "
            "[listeners]");
  EXPECT_NE(refused_change({{"ssl.keystore.location", "/x"}}), "");
  EXPECT_NE(refused_change({{"log.retention.ms", "x"}}), "");
}

TEST(ValidateBrokerConfigs, ValuesMustFitTogether) {
  EXPECT_EQ(refused_change({{"log.cleaner.threads", "1000"}}),
            "requirement failed: log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner "
            "thread.");
  EXPECT_EQ(refused_change({{"log.roll.ms", "0"}}),
            "requirement failed: log.roll.ms must be greater than or equal to 1");
  EXPECT_EQ(refused_change({{"log.retention.ms", "0"}}, false),
            "requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal "
            "to 1");
  EXPECT_EQ(refused_change({{"max.connections.per.ip", "0"}}),
            "requirement failed: max.connections.per.ip can be set to zero only if "
            "max.connections.per.ip.overrides property is set.");
  EXPECT_EQ(refused_change({{"max.connections.per.ip", "0"},
                            {"max.connections.per.ip.overrides", "127.0.0.1:5"}}),
            "");
  EXPECT_EQ(refused_change({{"cordoned.log.dirs", "/none"}}),
            "requirement failed: All entries in cordoned.log.dirs must be present in log.dirs or "
            "log.dir. Missing entries : /none");
  EXPECT_EQ(refused_change({{"cordoned.log.dirs", "*"}}), "");
  EXPECT_EQ(refused_change({{"max.connections.per.ip.overrides", "a b:5"}}),
            "max.connections.per.ip.overrides contains invalid addresses : a b");
}

TEST(ValidateBrokerConfigs, CountsOfThreadsMoveByHalves) {
  EXPECT_EQ(refused_change({{"num.io.threads", "4"}}), "");
  EXPECT_EQ(refused_change({{"num.io.threads", "16"}}), "");
  EXPECT_EQ(refused_change({{"num.io.threads", "3"}}),
            "Invalid value org.apache.kafka.common.config.ConfigException: Dynamic thread count "
            "update validation failed for num.io.threads=3, value should be at least half the "
            "current value 8 for configuration Invalid dynamic configuration");
  EXPECT_NE(refused_change({{"num.io.threads", "17"}}), "");
  EXPECT_EQ(refused_change({{"max.connections", "0"}}),
            "Invalid value org.apache.kafka.common.config.ConfigException: Invalid max.connections "
            "0 for configuration Invalid dynamic configuration");
}

TEST(TableConfigValidator, GroupsStayWithinTheBrokersLimits) {
  const BrokerConfig config = load(single_node());
  const TableConfigValidator validator(config);
  const auto refused = [&](metadata::ConfigMap configs) {
    const auto status =
        validator.validate({metadata::ConfigResourceType::kGroup, "g"}, configs, {});
    return status.ok() ? "" : status.error().detail;
  };
  EXPECT_EQ(refused({{"consumer.session.timeout.ms", "50000"}}), "");
  EXPECT_EQ(refused({{"consumer.session.timeout.ms", "1"}}),
            "consumer.session.timeout.ms must be greater than or equal to "
            "group.consumer.min.session.timeout.ms");
  EXPECT_EQ(refused({{"share.delivery.count.limit", "11"}}),
            "share.delivery.count.limit must be less than or equal to "
            "group.share.max.delivery.count.limit");
  EXPECT_EQ(refused({{"nonsense", "1"}}), "Unknown group config name: nonsense");
}

TEST(TableConfigValidator, ClientMetricsMatchWhatClientsTell) {
  const BrokerConfig config = load(single_node());
  const TableConfigValidator validator(config);
  const auto refused = [&](metadata::ConfigMap configs) {
    const auto status =
        validator.validate({metadata::ConfigResourceType::kClientMetrics, "m"}, configs, {});
    return status.ok() ? "" : status.error().detail;
  };
  EXPECT_EQ(refused({{"match", "client_id=a, client_software_name=b.*"}}), "");
  EXPECT_EQ(refused({{"match", ""}}), "");
  for (const char* pattern : {"bad", "x=y", "client_id=[", "client_id="}) {
    EXPECT_EQ(refused({{"match", pattern}}),
              std::string("Illegal client matching pattern: ") + pattern);
  }
  EXPECT_EQ(refused({{"interval.ms", "0"}}),
            "Invalid value 0 for interval.ms, interval must be between 100 and 3600000 (1 hour)");
  EXPECT_FALSE(validator.is_list(metadata::ConfigResourceType::kClientMetrics, "metrics"));
}

TEST(BrokerConfig, ValuesThatDoNotFitAreNamedWithTheWayOut) {
  EXPECT_EQ(refusal(with("replica.socket.timeout.ms", "10")),
            "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to "
            "prevent unnecessary socket timeouts (replica.fetch.wait.max.ms is 500, "
            "replica.socket.timeout.ms is 10: change either)");
  EXPECT_EQ(refusal(with("group.consumer.min.session.timeout.ms", "70000")),
            "group.consumer.max.session.timeout.ms must be greater than or equal to "
            "group.consumer.min.session.timeout.ms (group.consumer.max.session.timeout.ms is "
            "60000, group.consumer.min.session.timeout.ms is 70000: change either)");
  std::vector<std::string> warnings;
  ASSERT_TRUE(BrokerConfig::load(with("broker.heartbeat.interval.ms", "5000"), warnings).ok());
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].find("broker.heartbeat.interval.ms (5000) should be at most half of"), 0U);
}

}  // namespace
}  // namespace cluster::config
