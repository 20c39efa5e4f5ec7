// From what was found to what is wrong, and to what would work.  Pure: the same findings, the same verdicts.
#pragma once

#include <string>
#include <vector>

#include "cmd/cli/doctor/findings.h"

namespace cli::doctor {

// The classes of listener trouble, by the numbers that docs and tests give them.
enum class Trouble : int {
  kLocalhostForSibling = 1,   // advertises localhost to another container
  kContainerNameForHost = 2,  // advertises a container's name or address to the host
  kOneListenerForTwoWorlds = 3,
  kPublishedPortDiffers = 4,
  kBoundToLocalhost = 5,
  kNamesDisagree = 6,  // 0.0.0.0, an empty host, port 0
  kNoLeader = 7,
  kNotUpYet = 8,
  kIpv6 = 9,
  kKubernetesName = 10,
  kRemoteHost = 11,     // advertises localhost to another machine
  kSharedAddress = 12,  // several brokers, one address; or a stranger answers there
  kWrongProtocol = 13,
  kOther = 0,
};

struct Verdict {
  Trouble trouble = Trouble::kOther;
  std::string what;   // what was seen, in one sentence
  std::string fix;    // what to set
  bool fatal = true;  // a client cannot work; else it may

  int number() const { return static_cast<int>(trouble); }
};

// Whether it is a matter of listeners and ports, which a compose file decides.
bool is_configured_by_compose(Trouble trouble);

// The worst first; none: a client that stands where the doctor stands can work.
std::vector<Verdict> judge(const Findings& findings);

// A service for a compose file under which the clients that were seen to fail would work.
std::string compose_snippet(const Findings& findings);

bool is_loopback(const std::string& host);
// 10/8, 172.16/12, 192.168/16, 169.254/16, fc00::/7, fe80::/10.
bool is_private(const std::string& host);

}  // namespace cli::doctor
