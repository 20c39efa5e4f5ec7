// The families of topics and partitions, gathered a few partitions at a time.
#pragma once

#include <string>
#include <vector>

#include "cluster/metadata/image.h"
#include "cluster/replica/partition.h"
#include "cluster/replica/traffic.h"
#include "cmd/console/exposition.h"

namespace console {

// How many series an answer may still hold, and how many it went without.
class SeriesBudget {
 public:
  explicit SeriesBudget(size_t left) : left_(left) {}
  // False: they are left out.
  bool take(size_t series) {
    if (series > left_) {
      left_ = 0;
      omitted_ += series;
      return false;
    }
    left_ -= series;
    return true;
  }
  size_t omitted() const { return omitted_; }

 private:
  size_t left_;
  size_t omitted_ = 0;
};

class PartitionMetrics {
 public:
  PartitionMetrics(wire::NodeId node_id, SeriesBudget& budget)
      : node_id_(node_id), budget_(budget) {}

  // One partition of the cluster, and its replica here if there is one.
  void add(const cluster::metadata::TopicImage& topic, wire::PartitionIndex index,
           const cluster::replica::Partition* replica);
  // Its partitions were all added.
  void end_topic(const cluster::metadata::TopicImage& topic);
  // `total`: of all partitions that this broker ever had.
  void finish(const cluster::replica::Traffic& total, std::vector<std::string>& page);

 private:
  // Of the cluster, and of this broker.
  struct Counts {
    uint64_t topics = 0;
    uint64_t partitions = 0;
    uint64_t without_leader = 0;
    uint64_t not_preferred = 0;
    uint64_t replicas_here = 0;
    uint64_t offline_here = 0;
    uint64_t led_here = 0;
    uint64_t under_replicated = 0;
    uint64_t under_min_insync = 0;
    uint64_t at_min_insync = 0;
  };
  // BrokerTopicMetrics: one family for each number of Traffic.
  struct TrafficFamilies {
    void add(Labels labels, const cluster::replica::Traffic& traffic);

    Family messages_in{"kafka_server_brokertopicmetrics_messagesin_total", MetricType::kCounter,
                       "Records appended; without a topic: of all."};
    Family bytes_in{"kafka_server_brokertopicmetrics_bytesin_total", MetricType::kCounter,
                    "Bytes of records appended; without a topic: of all."};
    Family bytes_out{"kafka_server_brokertopicmetrics_bytesout_total", MetricType::kCounter,
                     "Bytes of records sent to consumers; without a topic: of all."};
    Family produces{"kafka_server_brokertopicmetrics_totalproducerequests_total",
                    MetricType::kCounter, "Produces, one for each partition of a request."};
    Family failed_produces{"kafka_server_brokertopicmetrics_failedproducerequests_total",
                           MetricType::kCounter, "Produces that were refused."};
    Family fetches{"kafka_server_brokertopicmetrics_totalfetchrequests_total", MetricType::kCounter,
                   "Fetches of consumers, one for each partition of a request."};
    Family failed_fetches{"kafka_server_brokertopicmetrics_failedfetchrequests_total",
                          MetricType::kCounter, "Fetches of consumers that were refused."};
  };

  void add_log(std::string_view topic, const std::string& partition,
               const cluster::replica::Partition& replica);
  void write_counts(std::vector<std::string>& page) const;

  const wire::NodeId node_id_;
  SeriesBudget& budget_;
  Counts counts_;
  cluster::replica::Traffic of_topic_;  // of the topic that is being added
  bool topic_is_here_ = false;
  TrafficFamilies traffic_;
  Family size_{"kafka_log_log_size", MetricType::kGauge, "Bytes of the partition's log."};
  Family start_{"kafka_log_log_logstartoffset", MetricType::kGauge, "The first offset of the log."};
  Family end_{"kafka_log_log_logendoffset", MetricType::kGauge, "The offset of the next record."};
  Family segments_{"kafka_log_log_numlogsegments", MetricType::kGauge, "Segments of the log."};
  Family high_watermark_{"kafka_topic_partition_current_offset", MetricType::kGauge,
                         "What consumers may read up to: the high watermark."};
  Family under_replicated_{"kafka_cluster_partition_underreplicated", MetricType::kGauge,
                           "1: led here, and a replica is not in sync."};
};

}  // namespace console
