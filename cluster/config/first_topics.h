// odradek.create.topics: topics that a broker creates at its start, before it serves clients, unless they exist.
//
//   name[:partitions[:replicas[:cleanup.policy]]], separated by commas, semicolons or line breaks
//
// as in KAFKA_CREATE_TOPICS of wurstmeister/kafka, whose separator may be chosen.  What is left out is the broker's default.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/result.h"

namespace cluster::config {

struct FirstTopic {
  std::string name;
  int32_t partitions = -1;     // -1: num.partitions
  int16_t replicas = -1;       // -1: default.replication.factor
  std::string cleanup_policy;  // empty: log.cleanup.policy
};

// INVALID_CONFIG names the entry and the form.  Whether a name may be a topic's is the controller's question.
wire::Result<std::vector<FirstTopic>> parse_first_topics(std::string_view text);

}  // namespace cluster::config
