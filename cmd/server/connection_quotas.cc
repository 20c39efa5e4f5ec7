#include "cmd/server/connection_quotas.h"

#include "cmd/server/connections.h"
#include "wire/base/check.h"

namespace server {

ConnectionQuotas::Verdict ConnectionQuotas::admit(const std::string& host,
                                                  const std::string& listener,
                                                  const ConnectionLimits& limits) {
  size_t& of_address = of_address_[host];
  const auto override = limits.connections_max_of_address.find(host);
  const size_t address_max = override != limits.connections_max_of_address.end()
                                 ? override->second
                                 : limits.connections_per_address_max;
  const size_t staying = count_++ - leaving_;
  const bool full_for_address = of_address >= address_max;
  ++of_address;
  ++by_listener_[listener];
  Verdict verdict = full_for_address ? Verdict::kFullForAddress : Verdict::kWelcome;
  if (staying >= limits.connections_max)
    verdict = staying == limits.connections_max ? Verdict::kFull : Verdict::kOverfull;
  if (verdict != Verdict::kWelcome) ++leaving_;
  return verdict;
}

void ConnectionQuotas::room_made() {
  CHECK(leaving_ > 0);
  --leaving_;
}

void ConnectionQuotas::closed(const std::string& host, const std::string& listener) {
  const auto of_address = of_address_.find(host);
  CHECK(of_address != of_address_.end() && count_ > 0);
  --count_;
  --by_listener_[listener];
  if (--of_address->second == 0) of_address_.erase(of_address);
}

}  // namespace server
