#include "cluster/transactions/transaction_leadership.h"

namespace cluster::transactions {

std::optional<wire::NodeId> ImageClusterView::leader_of(const TopicPartition& partition) const {
  // Before the first image nothing is known, not even that something is gone.
  if (image_ == nullptr) return wire::kNoNode;
  const metadata::TopicPtr topic = image_->topic(partition.topic);
  if (topic == nullptr) return std::nullopt;
  const metadata::PartitionImage* found = topic->partition(partition.partition);
  if (found == nullptr) return std::nullopt;
  const metadata::BrokerImage* broker = image_->broker(found->leader);
  return broker == nullptr || broker->fenced ? wire::kNoNode : found->leader;
}

int16_t ImageClusterView::transaction_version() const {
  if (image_ == nullptr) return 0;
  return image_->features().level(metadata::kTransactionVersionFeature);
}

std::optional<int32_t> ImageClusterView::transaction_partitions() const {
  if (image_ == nullptr) return std::nullopt;
  const metadata::TopicPtr topic = image_->topic(kTransactionTopic);
  if (topic == nullptr) return std::nullopt;
  return static_cast<int32_t>(topic->partitions.size());
}

}  // namespace cluster::transactions
