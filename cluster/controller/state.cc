#include "cluster/controller/state.h"

#include <algorithm>
#include <charconv>

namespace cluster::controller {

ConfigLayers ControllerState::config_layers() const {
  return {image->configs().cluster_default(), image->configs().broker(options.node_id)};
}

std::string ControllerState::topic_config(std::string_view topic, std::string_view name) const {
  return configs.effective_topic_config(name, image->configs().topic(topic), config_layers());
}

bool ControllerState::unclean_election_enabled(std::string_view topic) const {
  return topic_config(topic, "unclean.leader.election.enable") == "true";
}

int32_t ControllerState::min_isr(const metadata::TopicImage& topic) const {
  const std::string text = topic_config(topic.name, "min.insync.replicas");
  int32_t value = 1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  const size_t replicas = topic.partitions.empty() ? 1 : topic.partitions.front()->replicas.size();
  return std::min(value, static_cast<int32_t>(replicas));
}

wire::Uuid ControllerState::default_dir(wire::NodeId broker) const {
  if (!version().directory_assignment_supported()) return wire::kMigratingDirectory;
  const metadata::BrokerImage* registered = cluster().broker(broker);
  // Who is not registered is refused elsewhere, with the error that says so.
  return registered == nullptr ? wire::kUnassignedDirectory : registered->default_dir();
}

wire::ErrorCode check_broker_epoch(const ControllerState& state, wire::NodeId id, int64_t epoch) {
  const metadata::BrokerImage* broker = state.cluster().broker(id);
  if (broker == nullptr || broker->epoch != epoch) return wire::ErrorCode::kStaleBrokerEpoch;
  return wire::ErrorCode::kNone;
}

}  // namespace cluster::controller
