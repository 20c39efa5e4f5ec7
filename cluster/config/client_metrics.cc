// Client metrics subscriptions (KIP-714).
#include "cluster/config/config_rows.h"

namespace cluster::config {
namespace {

constexpr ConfigDef kClientMetricsRows[] = {
    {"interval.ms", Type::kInt, "300000", any(), Update::kClusterWide, Effect::kNotYet,
     "How often the clients push their metrics; 0 for never."},
    {"match", Type::kList, "", any(), Update::kClusterWide, Effect::kNotYet,
     "Which clients push, as name=pattern pairs that must all fit."},
    {"metrics", Type::kList, "", any(), Update::kClusterWide, Effect::kNotYet,
     "Prefixes of the metrics that are pushed; \"*\" for all."},
};

}  // namespace

std::span<const ConfigDef> client_metrics_rows() {
  return kClientMetricsRows;
}

}  // namespace cluster::config
