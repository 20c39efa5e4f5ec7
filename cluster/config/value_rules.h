// Rules between the values of several properties: what no row of the table can say alone
// (KafkaConfig.validateValues, GroupCoordinatorConfig, GroupConfig.validate).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/config/config_layers.h"
#include "cluster/metadata/configs.h"

namespace cluster::config {

// The canonical value in force of a broker's property; nothing if it has none.
using ValueOf = std::function<std::optional<std::string>(std::string_view name)>;

struct BrokenRule {
  std::string rule;    // in Apache's words
  std::string remedy;  // the values that break it, and the way out
  // Apache marks the breach of most of its rules, in answers to who would change a value.
  bool marked = true;

  std::string answer() const { return (marked ? "requirement failed: " : "") + rule; }
};
// The first rule that a broker's values break; a broker with such values does not start.
std::optional<BrokenRule> broken_rule(const ValueOf& value_of);
// What makes no sense but is let pass, a sentence each.
std::vector<std::string> doubtful_values(const ValueOf& value_of);

// What a group's own configs break together with the limits that the broker sets, in Apache's words.
std::optional<std::string> broken_group_rule(const metadata::ConfigMap& group,
                                             const Layers& layers);

// What the running broker cannot change from one value to the other, in Apache's words.
std::optional<std::string> broken_transition(const ValueOf& before, const ValueOf& after);

}  // namespace cluster::config
