// Broker properties out of environment variables, by the rules of the images that people run:
//
//   KAFKA_LOG_RETENTION_MS       `_` is a dot, `__` an underscore, `___` a dash (Apache's image,
//                                Confluent's); if nothing is called so, `__` and `___` the other
//                                way round, as Confluent's documentation once had it
//   KAFKA_CFG_LOG_RETENTION_MS   each `_` is a dot (bitnami's); wins over KAFKA_*
//   <either>_FILE                the value is what the file holds (secrets)
//   CLUSTER_ID                   odradek.cluster.id; KAFKA_CLUSTER_ID and KAFKA_KRAFT_CLUSTER_ID too
//   KAFKA_CREATE_TOPICS          odradek.create.topics (wurstmeister's)
//
// Values are written as in a properties file, so that \ escapes.  What the scripts and the JVM of
// those images read (KAFKA_HEAP_OPTS, ...), and what Kubernetes sets for a service that is called
// kafka (KAFKA_PORT=tcp://...), is no property.  Facts: drop-in conventions of the image families,
// read from their sources.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/result.h"

namespace cluster::config {

using Environment = std::map<std::string, std::string, std::less<>>;

struct EnvironmentSetting {
  std::string property;
  std::string value;
  std::string variable;  // that it came from
};

struct IgnoredVariable {
  std::string variable;
  std::string reason;
};

struct EnvironmentReading {
  std::vector<EnvironmentSetting> settings;  // one a property, sorted by it
  // Variables of the prefixes that are no property, and of two that name one property the loser.
  std::vector<IgnoredVariable> ignored;
};

using ReadFile = std::function<wire::Result<std::string>(const std::string& path)>;

// INVALID_CONFIG for a value with a malformed escape; what `read_file` answers for a *_FILE that
// cannot be read.
wire::Result<EnvironmentReading> read_environment(const Environment& environment,
                                                  const ReadFile& read_file);

// The property that a variable's name stands for; empty if its prefix is none of ours.
std::string property_of_variable(std::string_view variable);

}  // namespace cluster::config
