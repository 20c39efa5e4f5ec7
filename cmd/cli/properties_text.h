// A properties file, written: what cluster/config/properties.h reads.
#pragma once

#include <string>

#include "cluster/config/properties.h"

namespace cli {

// The text that parse_properties() reads as these, a line each.
std::string format_properties(const cluster::config::Properties& properties);

}  // namespace cli
