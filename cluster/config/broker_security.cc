// Broker properties: who may do what, and delegation tokens.
#include "cluster/config/config_rows.h"

namespace cluster::config {
namespace {

constexpr ConfigDef kSecurityRows[] = {
    {"authorizer.class.name", Type::kString, "", any(), Update::kReadOnly, Effect::kNotYet,
     "The Java class that decides who may do what; Apache's own names turn on ACLs."},
    {"principal.builder.class", Type::kClass,
     "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder", any(),
     Update::kPerBroker, Effect::kNotYet, "The Java class that makes a principal of a connection."},
    {"security.providers", Type::kString, kNull, any(), Update::kReadOnly, Effect::kNotYet,
     "Java classes that bring security algorithms."},
    {"delegation.token.secret.key", Type::kPassword, kNull, any(), Update::kReadOnly,
     Effect::kNotYet, "The secret that signs delegation tokens, the same on every node."},
    {"delegation.token.max.lifetime.ms", Type::kLong, "604800000", at_least(1), Update::kReadOnly,
     Effect::kNotYet, "After this time a delegation token cannot be renewed."},
    {"delegation.token.expiry.time.ms", Type::kLong, "86400000", at_least(1), Update::kReadOnly,
     Effect::kNotYet, "A delegation token must be renewed within this time."},
    {"delegation.token.expiry.check.interval.ms", Type::kLong, "3600000", at_least(1),
     Update::kReadOnly, Effect::kNotYet,
     "How often the broker looks for delegation tokens that expired."},
};

}  // namespace

std::span<const ConfigDef> broker_security_rows() {
  return kSecurityRows;
}

}  // namespace cluster::config
