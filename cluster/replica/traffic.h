// What went in and out of partitions since the process began, as Kafka's BrokerTopicMetrics counts it.
//
// Plain numbers of the partitions' shard: an addition each, no lock.  Each partition has its own, and
// all of a broker add to one total besides, which does not shrink when a partition leaves.
#pragma once

#include <cstdint>

namespace cluster::replica {

struct Traffic {
  uint64_t messages_in = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;  // to consumers
  uint64_t produces = 0;   // one for each partition of a request
  uint64_t failed_produces = 0;
  uint64_t fetches = 0;
  uint64_t failed_fetches = 0;

  Traffic& operator+=(const Traffic& other) {
    messages_in += other.messages_in;
    bytes_in += other.bytes_in;
    bytes_out += other.bytes_out;
    produces += other.produces;
    failed_produces += other.failed_produces;
    fetches += other.fetches;
    failed_fetches += other.failed_fetches;
    return *this;
  }
};

}  // namespace cluster::replica
