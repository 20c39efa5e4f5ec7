// The table against a dump of Apache Kafka 4.3.1's own (DumpConfigs.java).
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/config/config_def.h"
#include "tests/source_folder.h"

namespace cluster::config {
namespace {

struct ApacheRow {
  Scope scope = Scope::kBroker;
  std::string name, type, default_value, update, internal, valid, synonyms;
};

std::vector<ApacheRow> apache_rows() {
  static const std::map<std::string, Scope> kScopes = {{"broker", Scope::kBroker},
                                                       {"topic", Scope::kTopic},
                                                       {"group", Scope::kGroup},
                                                       {"client-metrics", Scope::kClientMetrics}};
  std::vector<ApacheRow> rows;
  std::ifstream file(source_folder() + "/tests/cluster/config/apache_configs.tsv");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    std::vector<std::string> fields;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) fields.push_back(cell);
    fields.resize(8);
    rows.push_back({kScopes.at(fields[0]), fields[1], fields[2], fields[3], fields[4], fields[5],
                    fields[6], fields[7]});
  }
  return rows;
}

std::string shown_default(const ConfigDef& row) {
  if (row.default_value == kNull) return "(null)";
  return row.default_value;
}

std::string shown_update(const ConfigDef& row) {
  switch (row.update) {
    case Update::kReadOnly:
      return "read-only";
    case Update::kPerBroker:
      return "per-broker";
    case Update::kClusterWide:
      return "cluster-wide";
  }
  return {};
}

TEST(ConfigTable, HasEveryConfigOfApacheWithItsTypeDefaultAndMode) {
  const std::vector<ApacheRow> apache = apache_rows();
  EXPECT_EQ(apache.size(), 414U);
  for (const ApacheRow& theirs : apache) {
    SCOPED_TRACE(theirs.name);
    const ConfigDef* ours = find_config(theirs.scope, theirs.name);
    ASSERT_NE(ours, nullptr);
    EXPECT_EQ(type_name(ours->type), theirs.type);
    EXPECT_EQ(shown_default(*ours), theirs.default_value);
    EXPECT_EQ(ours->broker_synonyms, theirs.synonyms);
    EXPECT_EQ(ours->internal, theirs.internal == "internal");
    if (theirs.scope == Scope::kBroker) {
      EXPECT_EQ(shown_update(*ours), theirs.update);
    }
  }
}

TEST(ConfigTable, HasNothingElseButOurOwn) {
  std::set<std::pair<Scope, std::string>> known;
  for (const ApacheRow& row : apache_rows()) known.emplace(row.scope, row.name);
  for (const Scope scope : {Scope::kBroker, Scope::kTopic, Scope::kGroup, Scope::kClientMetrics}) {
    for (const ConfigDef* row : configs(scope)) {
      if (row->name.starts_with("odradek.")) continue;
      EXPECT_TRUE(known.contains({scope, std::string(row->name)})) << row->name;
    }
  }
}

TEST(ConfigTable, TakesTheBoundsThatApacheTakes) {
  for (const ApacheRow& theirs : apache_rows()) {
    SCOPED_TRACE(theirs.name + " " + theirs.valid);
    const ConfigDef& ours = *find_config(theirs.scope, theirs.name);
    if (theirs.valid.starts_with("[") && theirs.valid.find(",...") != std::string::npos &&
        !theirs.valid.starts_with("[partitionId]")) {
      const std::string least = theirs.valid.substr(1, theirs.valid.find(',') - 1);
      EXPECT_TRUE(parse_value(ours, least).ok());
      const bool gzip = theirs.valid.find(" or ") != std::string::npos;
      EXPECT_FALSE(parse_value(ours, gzip ? "0" : std::to_string(std::stol(least) - 1)).ok());
      const size_t most = theirs.valid.find(",...,");
      const std::string upper =
          most == std::string::npos
              ? ""
              : theirs.valid.substr(most + 5, theirs.valid.find(']') - most - 5);
      if (upper.empty()) continue;
      EXPECT_TRUE(parse_value(ours, upper).ok());
      EXPECT_FALSE(parse_value(ours, std::to_string(std::stol(upper) + 1)).ok());
    }
  }
}

TEST(ConfigTable, DefaultsAreValidAndCanonical) {
  for (const Scope scope : {Scope::kBroker, Scope::kTopic, Scope::kGroup, Scope::kClientMetrics}) {
    for (const ConfigDef* row : configs(scope)) {
      if (row->default_value == kNull || row->required()) continue;
      const auto parsed = parse_value(*row, row->default_value);
      ASSERT_TRUE(parsed.ok()) << parsed.error().detail;
      EXPECT_EQ(*parsed, row->default_value) << row->name;
    }
  }
}

// A22: idempotence is always there; no config takes it away.
TEST(ConfigTable, A22_NothingTurnsIdempotenceOff) {
  for (const Scope scope : {Scope::kBroker, Scope::kTopic, Scope::kGroup, Scope::kClientMetrics}) {
    for (const ConfigDef* row : configs(scope)) {
      EXPECT_EQ(row->name.find("idempoten"), std::string_view::npos) << row->name;
    }
  }
}

TEST(ConfigTable, SaysWhatEachConfigMeans) {
  for (const Scope scope : {Scope::kBroker, Scope::kTopic, Scope::kGroup, Scope::kClientMetrics}) {
    for (const ConfigDef* row : configs(scope)) {
      EXPECT_GT(row->documentation.size(), 20U) << row->name;
      EXPECT_TRUE(row->documentation.ends_with('.')) << row->name;
    }
  }
}

TEST(ConfigTable, FindsWhatWasMeant) {
  EXPECT_EQ(nearest_config(Scope::kBroker, "log.retention.hour"), "log.retention.hours");
  EXPECT_EQ(nearest_config(Scope::kBroker, "num.partition"), "num.partitions");
  EXPECT_EQ(nearest_config(Scope::kTopic, "retention.mss"), "retention.ms");
  EXPECT_EQ(nearest_config(Scope::kBroker, "completely.different.thing"), std::nullopt);
}

TEST(ConfigTable, FindsAListenersOwnProperty) {
  const ConfigDef* row =
      find_config(Scope::kBroker, "listener.name.external.ssl.keystore.location");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->name, "ssl.keystore.location");
  row = find_config(Scope::kBroker, "listener.name.external.scram-sha-256.sasl.jaas.config");
  ASSERT_NE(row, nullptr);
  EXPECT_TRUE(row->sensitive());
  EXPECT_EQ(find_config(Scope::kBroker, "listener.name.external.nonsense"), nullptr);
}

std::string problem(Scope scope, std::string_view name, std::string_view value) {
  const auto parsed = parse_value(*find_config(scope, name), value);
  return parsed.ok() ? "" : parsed.error().detail;
}

TEST(ParseValue, RefusesInKafkasWords) {
  EXPECT_EQ(problem(Scope::kTopic, "retention.ms", "abc"),
            "Invalid value abc for configuration retention.ms: Not a number of type LONG");
  EXPECT_EQ(problem(Scope::kTopic, "retention.ms", "-2"),
            "Invalid value -2 for configuration retention.ms: Value must be at least -1");
  EXPECT_EQ(problem(Scope::kTopic, "min.cleanable.dirty.ratio", "1.5"),
            "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more "
            "than 1");
  EXPECT_EQ(problem(Scope::kTopic, "preallocate", "yes"),
            "Invalid value yes for configuration preallocate: Expected value to be either true or "
            "false");
  EXPECT_EQ(problem(Scope::kTopic, "cleanup.policy", "delete,shred"),
            "Invalid value shred for configuration cleanup.policy: String must be one of: compact, "
            "delete");
  EXPECT_EQ(problem(Scope::kTopic, "min.cleanable.dirty.ratio", "nan"),
            "Invalid value nan for configuration min.cleanable.dirty.ratio: Not a number of type "
            "DOUBLE");
  EXPECT_EQ(problem(Scope::kTopic, "segment.bytes", "2147483648"),
            "Invalid value 2147483648 for configuration segment.bytes: Not a number of type INT");
  EXPECT_EQ(problem(Scope::kBroker, "process.roles", ""),
            "Configuration 'process.roles' must not be empty. Valid values include: [broker, "
            "controller]");
  EXPECT_EQ(
      problem(Scope::kTopic, "compression.gzip.level", "10"),
      "Invalid value 10 for configuration compression.gzip.level: Value must be between 1 and "
      "9 or equal to -1");
  EXPECT_EQ(problem(Scope::kTopic, "leader.replication.throttled.replicas", "0:1,x"),
            "Invalid value [0:1, x] for configuration leader.replication.throttled.replicas: "
            "leader.replication.throttled.replicas must be the literal '*' or a list of replicas "
            "in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...");
}

TEST(ParseValue, GivesTheCanonicalText) {
  const auto text = [](Scope scope, std::string_view name, std::string_view value) {
    return *parse_value(*find_config(scope, name), value);
  };
  EXPECT_EQ(text(Scope::kTopic, "retention.ms", " +007 "), "7");
  EXPECT_EQ(text(Scope::kTopic, "preallocate", "TRUE"), "true");
  EXPECT_EQ(text(Scope::kTopic, "cleanup.policy", "compact , delete"), "compact,delete");
  EXPECT_EQ(text(Scope::kTopic, "cleanup.policy", ""), "");
  EXPECT_EQ(text(Scope::kTopic, "cleanup.policy", "delete,compact,delete"), "delete,compact");
  EXPECT_EQ(text(Scope::kTopic, "min.cleanable.dirty.ratio", ".25"), "0.25");
  EXPECT_EQ(text(Scope::kTopic, "min.cleanable.dirty.ratio", "1"), "1.0");
  EXPECT_EQ(text(Scope::kTopic, "leader.replication.throttled.replicas", "0:1,1:2"), "0:1,1:2");
}

}  // namespace
}  // namespace cluster::config
