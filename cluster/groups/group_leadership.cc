#include "cluster/groups/group_leadership.h"

namespace cluster::groups {

void GroupLeadership::on_image(const metadata::ImageChanges& changes, const metadata::ImagePtr&,
                               const metadata::ImagePtr& image) {
  if (const metadata::TopicPtr topic = image->topics().find(kOffsetsTopic)) {
    coordinator_.set_partition_count(static_cast<int32_t>(topic->partitions.size()));
  }
  std::vector<DeletedTopic> deleted;
  deleted.reserve(changes.deleted_topics.size());
  for (const auto& [id, name] : changes.deleted_topics) deleted.push_back({id, name});
  if (!deleted.empty()) coordinator_.on_topics_deleted(deleted);
}

}  // namespace cluster::groups
