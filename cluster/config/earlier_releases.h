// Properties of releases since Kafka 0.10 that 4.3 has no longer, and nodes that were never told of
// KRaft: what a configuration written for them means here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cluster/config/properties.h"

namespace cluster::config {

// Whether some release had it and 4.3 has not.
bool is_of_earlier_release(std::string_view property);

// Puts what earlier releases called otherwise under its name of today, unless that is set too, and
// drops what is not needed.  Adds a line to `notes` for each old name, with what takes its place.
void translate_earlier_names(Properties& properties, std::vector<std::string>& notes);

// A configuration without process.roles and without a quorum becomes that of a node that is broker
// and controller, alone; what is set explicitly stays.  Adds a line to `notes` if it does so.
void complete_lone_node(Properties& properties, std::vector<std::string>& notes);

}  // namespace cluster::config
