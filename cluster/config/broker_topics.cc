// Broker properties: topics that are created without saying how, and who may change what.
#include "cluster/config/config_rows.h"

namespace cluster::config {
namespace {

constexpr ConfigDef kTopicsRows[] = {
    {"auto.create.topics.enable", Type::kBoolean, "true", any(), Update::kReadOnly, Effect::kYes,
     "Whether asking for a topic that does not exist creates it."},
    {"delete.topic.enable", Type::kBoolean, "true", any(), Update::kReadOnly, Effect::kYes,
     "Whether topics may be deleted."},
    {"num.partitions", Type::kInt, "1", at_least(1), Update::kReadOnly, Effect::kYes,
     "Partitions of a topic that is created without a number."},
    {"default.replication.factor", Type::kInt, "1", any(), Update::kReadOnly, Effect::kYes,
     "Replicas of a topic that is created without a number."},
    {"min.insync.replicas", Type::kInt, "1", at_least(1), Update::kClusterWide, Effect::kYes,
     "Replicas that must have a record before acks=all is answered."},
    {"unclean.leader.election.enable", Type::kBoolean, "false", any(), Update::kClusterWide,
     Effect::kNotYet, "Whether a replica that may lack records can lead when no other is left."},
    {"create.topic.policy.class.name", Type::kClass, kNull, any(), Update::kReadOnly,
     Effect::kNotYet, "A Java class that may refuse the creation of a topic."},
    {"alter.config.policy.class.name", Type::kClass, kNull, any(), Update::kReadOnly,
     Effect::kNotYet, "A Java class that may refuse the change of a config."},
    {"config.providers", Type::kList, "", any(), Update::kClusterWide, Effect::kNotYet,
     "Names of Java classes that replace variables in values."},
};

}  // namespace

std::span<const ConfigDef> broker_topics_rows() {
  return kTopicsRows;
}

}  // namespace cluster::config
