// DescribeConfigs' answer for one resource, from the table, this process's configuration and the
// image, as Apache's ConfigHelper gives it.
#pragma once

#include "cluster/config/broker_config.h"
#include "cluster/metadata/image.h"
#include "wire/api/describe_configs.h"

namespace cluster::config {

struct DescribeOptions {
  bool synonyms = false;
  bool documentation = false;
};

wire::DescribeConfigsResponse::DescribeConfigsResult describe_resource(
    const wire::DescribeConfigsRequest::DescribeConfigsResource& resource,
    const DescribeOptions& options, const BrokerConfig& config,
    const metadata::MetadataImage& image);

}  // namespace cluster::config
