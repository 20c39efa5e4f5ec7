// What answers at an address: resolves it, connects to each of its addresses, and looks at what comes back.
#pragma once

#include <string>
#include <string_view>

#include "cmd/cli/doctor/findings.h"

namespace cli::doctor {

// Never fails: what went wrong is what was found.  Takes at most a few seconds an address.
AddressFinding probe(const std::string& host, int32_t port);

// What the first bytes of an answer to ApiVersions are.
Reply sniff(std::string_view bytes);

// Whether this process runs in a container.
bool runs_in_container();

}  // namespace cli::doctor
