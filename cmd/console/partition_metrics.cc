#include "cmd/console/partition_metrics.h"

#include <algorithm>
#include <utility>

#include "storage/log.h"

namespace console {
namespace {

constexpr size_t kSeriesOfPartition = 6;
constexpr size_t kSeriesOfTopic = 7;

}  // namespace

void PartitionMetrics::TrafficFamilies::add(Labels labels,
                                            const cluster::replica::Traffic& traffic) {
  messages_in.sample(labels, traffic.messages_in);
  bytes_in.sample(labels, traffic.bytes_in);
  bytes_out.sample(labels, traffic.bytes_out);
  produces.sample(labels, traffic.produces);
  failed_produces.sample(labels, traffic.failed_produces);
  fetches.sample(labels, traffic.fetches);
  failed_fetches.sample(labels, traffic.failed_fetches);
}

void PartitionMetrics::add(const cluster::metadata::TopicImage& topic, wire::PartitionIndex index,
                           const cluster::replica::Partition* replica) {
  const auto& image = *topic.partitions[static_cast<size_t>(index)];
  ++counts_.partitions;
  if (!image.has_leader()) ++counts_.without_leader;
  if (!image.has_preferred_leader()) ++counts_.not_preferred;
  if (!image.has_replica(node_id_)) return;
  ++counts_.replicas_here;
  if (!image.has_leader() || replica == nullptr) ++counts_.offline_here;
  if (replica == nullptr) return;
  topic_is_here_ = true;
  of_topic_ += replica->traffic();
  if (replica->is_leader()) {
    ++counts_.led_here;
    if (replica->is_under_replicated()) ++counts_.under_replicated;
    if (replica->is_under_min_insync()) ++counts_.under_min_insync;
    if (replica->is_at_min_insync()) ++counts_.at_min_insync;
  }
  if (budget_.take(kSeriesOfPartition)) add_log(topic.name, std::to_string(index), *replica);
}

void PartitionMetrics::add_log(std::string_view topic, const std::string& partition,
                               const cluster::replica::Partition& replica) {
  const Labels labels = {{"topic", topic}, {"partition", partition}};
  const storage::Log& log = replica.log();
  size_.sample(labels, log.size_bytes());
  start_.sample(labels, int64_t{log.log_start_offset()});
  end_.sample(labels, int64_t{log.log_end_offset()});
  segments_.sample(labels, uint64_t{log.segment_count()});
  high_watermark_.sample(labels, int64_t{replica.high_watermark()});
  const bool is_under_replicated = replica.is_leader() && replica.is_under_replicated();
  under_replicated_.sample(labels, uint64_t{is_under_replicated});
}

void PartitionMetrics::end_topic(const cluster::metadata::TopicImage& topic) {
  ++counts_.topics;
  const auto traffic = std::exchange(of_topic_, {});
  if (!std::exchange(topic_is_here_, false) || !budget_.take(kSeriesOfTopic)) return;
  traffic_.add({{"topic", topic.name}}, traffic);
}

void PartitionMetrics::write_counts(std::vector<std::string>& page) const {
  const auto gauge = [&page](std::string_view name, std::string_view help, uint64_t value) {
    write_metric(name, MetricType::kGauge, help, value, page);
  };
  gauge("kafka_controller_kafkacontroller_globaltopiccount", "Topics of the cluster.",
        counts_.topics);
  gauge("kafka_controller_kafkacontroller_globalpartitioncount", "Partitions of the cluster.",
        counts_.partitions);
  gauge("kafka_controller_kafkacontroller_offlinepartitionscount",
        "Partitions of the cluster that have no leader.", counts_.without_leader);
  gauge("kafka_controller_kafkacontroller_preferredreplicaimbalancecount",
        "Partitions of the cluster that another than their first replica leads.",
        counts_.not_preferred);
  gauge("kafka_server_replicamanager_partitioncount", "Partitions with a replica on this broker.",
        counts_.replicas_here);
  gauge("kafka_server_replicamanager_leadercount", "Partitions that this broker leads.",
        counts_.led_here);
  gauge("kafka_server_replicamanager_offlinereplicacount",
        "Replicas of this broker that cannot be used.", counts_.offline_here);
  gauge("kafka_server_replicamanager_underreplicatedpartitions",
        "Partitions led here, a replica of which is not in sync.", counts_.under_replicated);
  gauge("kafka_server_replicamanager_underminisrpartitioncount",
        "Partitions led here with fewer in-sync replicas than min.insync.replicas.",
        counts_.under_min_insync);
  gauge("kafka_server_replicamanager_atminisrpartitioncount",
        "Partitions led here with just as many in-sync replicas as min.insync.replicas.",
        counts_.at_min_insync);
}

void PartitionMetrics::finish(const cluster::replica::Traffic& total,
                              std::vector<std::string>& page) {
  write_counts(page);
  traffic_.add({}, total);
  for (Family* family :
       {&traffic_.messages_in, &traffic_.bytes_in, &traffic_.bytes_out, &traffic_.produces,
        &traffic_.failed_produces, &traffic_.fetches, &traffic_.failed_fetches, &size_, &start_,
        &end_, &segments_, &high_watermark_, &under_replicated_}) {
    page.push_back(family->take());
  }
}

}  // namespace console
