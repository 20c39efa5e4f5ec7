// What a stranger's first four bytes say it speaks, where a request of Kafka's begins with its size.
//
// As sizes they are 369 MB and more, so nobody who speaks Kafka's protocol says them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace server {

struct ForeignProtocol {
  std::string mistake;           // for the log: what it does, and what to set
  std::string_view answer = {};  // to be sent before the connection is closed; may be empty
};

std::optional<ForeignProtocol> foreign_protocol(std::span<const uint8_t, 4> first_bytes);

}  // namespace server
