#include "cmd/server/foreign_protocol.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

namespace server {
namespace {

constexpr std::array<std::string_view, 8> kHttpVerbs = {"GET ", "POST", "HEAD", "PUT ",
                                                        "OPTI", "DELE", "CONN", "PRI "};
constexpr std::string_view kHttpAnswer =
    "HTTP/1.1 400 Bad Request\r\n"
    "Content-Type: text/plain\r\n"
    "Content-Length: 81\r\n"
    "Connection: close\r\n"
    "\r\n"
    "This port speaks the protocol of Apache Kafka: give it to a client as bootstrap.\n";
// What a ZooKeeper says that is well.
constexpr std::string_view kZooKeeperAnswer = "imok";

}  // namespace

std::optional<ForeignProtocol> foreign_protocol(std::span<const uint8_t, 4> first_bytes) {
  const std::string_view text(reinterpret_cast<const char*>(first_bytes.data()),
                              first_bytes.size());
  if (std::find(kHttpVerbs.begin(), kHttpVerbs.end(), text) != kHttpVerbs.end()) {
    return ForeignProtocol{
        .mistake =
            fmt::format("it speaks HTTP (\"{}\"), and this listener speaks Kafka's protocol: "
                        "a health check may only open the port, a proxy must pass TCP on",
                        text),
        .answer = kHttpAnswer};
  }
  // Record type 22, handshake, of any version 3.x.
  if (first_bytes[0] == 0x16 && first_bytes[1] == 0x03) {
    return ForeignProtocol{
        .mistake =
            "it begins with a TLS handshake, and this listener is plaintext (set "
            "security.protocol=PLAINTEXT in the client, or give it the port of a listener "
            "with TLS)"};
  }
  if (text == "SSH-")
    return ForeignProtocol{.mistake = "it speaks SSH, and this listener speaks Kafka's protocol"};
  if (text == "ruok") {
    return ForeignProtocol{
        .mistake =
            "it asks what one asks a ZooKeeper (\"ruok\"), and there is none: the "
            "controller is built in",
        .answer = kZooKeeperAnswer};
  }
  return std::nullopt;
}

}  // namespace server
