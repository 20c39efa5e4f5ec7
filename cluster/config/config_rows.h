// The files of rows that make up the table; for config_table.cc only.
#pragma once

#include <span>

#include "cluster/config/config_def.h"

namespace cluster::config {

std::span<const ConfigDef> broker_network_rows();
std::span<const ConfigDef> broker_log_rows();
std::span<const ConfigDef> broker_topics_rows();
std::span<const ConfigDef> broker_groups_rows();
std::span<const ConfigDef> broker_transactions_rows();
std::span<const ConfigDef> broker_quorum_rows();
std::span<const ConfigDef> broker_replication_rows();
std::span<const ConfigDef> broker_metrics_rows();
std::span<const ConfigDef> broker_security_rows();
std::span<const ConfigDef> broker_sasl_rows();
std::span<const ConfigDef> broker_ssl_rows();
std::span<const ConfigDef> broker_share_groups_rows();
std::span<const ConfigDef> broker_remote_log_rows();
std::span<const ConfigDef> topic_rows();
std::span<const ConfigDef> group_rows();
std::span<const ConfigDef> client_metrics_rows();
std::span<const ConfigDef> odradek_rows();

}  // namespace cluster::config
