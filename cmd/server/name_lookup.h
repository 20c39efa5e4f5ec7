// Asks name servers what host names resolve to.
//
// On a thread that nobody waits for: a name server that does not answer holds up neither the start
// nor the end of this process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cmd/server/ip_address.h"
#include "cmd/server/shard.h"
#include "wire/base/callback.h"

namespace server {

class NameLookup {
 public:
  struct Result {
    std::string host;
    std::vector<IpAddress> addresses;  // none: it does not resolve
    std::string failure;               // why not
  };

  // REQUIRES: shard outlives this.  `done` is called on it, with a result for each host in its
  // order.
  NameLookup(Shard& shard, std::vector<std::string> hosts,
             wire::Callback<void(std::vector<Result>)> done);
  // `done` is not called any more.
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

 private:
  struct Mailbox;
  const std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace server
