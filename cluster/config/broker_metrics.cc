// Broker properties: metrics, telemetry and client quotas.
#include "cluster/config/config_rows.h"

namespace cluster::config {
namespace {

constexpr ConfigDef kMetricsRows[] = {
    {"metric.reporters", Type::kList, "org.apache.kafka.common.metrics.JmxReporter", any(),
     Update::kClusterWide, Effect::kNotYet, "Java classes that are told of metrics."},
    {"metrics.num.samples", Type::kInt, "2", at_least(1), Update::kReadOnly, Effect::kNotYet,
     "Samples that a metric is computed from."},
    {"metrics.sample.window.ms", Type::kLong, "30000", at_least(1), Update::kReadOnly,
     Effect::kNotYet, "Length of one sample of a metric."},
    {"metrics.recording.level", Type::kString, "INFO", any(), Update::kReadOnly, Effect::kNotYet,
     "The finest level of metrics that is recorded."},
    {"kafka.metrics.reporters", Type::kList, "", any(), Update::kReadOnly, Effect::kNotYet,
     "Java classes that are told of the old kind of metrics."},
    {"kafka.metrics.polling.interval.secs", Type::kInt, "10", at_least(1), Update::kReadOnly,
     Effect::kNotYet, "How often the old kind of reporters is called."},
    {"telemetry.max.bytes", Type::kInt, "1048576", at_least(1), Update::kReadOnly, Effect::kNotYet,
     "The largest push of client metrics that is accepted."},
    {"quota.window.num", Type::kInt, "11", at_least(1), Update::kReadOnly, Effect::kNotYet,
     "Windows that are remembered for client quotas."},
    {"quota.window.size.seconds", Type::kInt, "1", at_least(1), Update::kReadOnly, Effect::kNotYet,
     "Length of a window for client quotas."},
    {"client.quota.callback.class", Type::kClass, kNull, any(), Update::kReadOnly, Effect::kNotYet,
     "A Java class that decides the quota of a client."},
};

}  // namespace

std::span<const ConfigDef> broker_metrics_rows() {
  return kMetricsRows;
}

}  // namespace cluster::config
