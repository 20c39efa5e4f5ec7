#include "cmd/cli/doctor/probe.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

#include <arpa/inet.h>
#include <errno.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "wire/api/api_versions.h"
#include "wire/frame.h"

namespace cli::doctor {
namespace {

constexpr int kConnectSeconds = 3;
constexpr int kAnswerMs = 3'000;
constexpr size_t kSniffedBytes = 16;

std::string address_text(const addrinfo& entry) {
  char text[NI_MAXHOST] = "";
  getnameinfo(entry.ai_addr, entry.ai_addrlen, text, sizeof(text), nullptr, 0, NI_NUMERICHOST);
  return text;
}

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char character : bytes) {
    const auto byte = static_cast<unsigned char>(character);
    text +=
        byte >= 0x20 && byte < 0x7F ? std::string(1, character) : fmt::format("\\x{:02x}", byte);
  }
  return text;
}

// A web server waits for the end of what it takes for a request line.
void ask_for_web_page(const addrinfo& entry, Attempt& attempt) {
  const int socket = ::socket(entry.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  const timeval timeout{.tv_sec = kConnectSeconds, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  constexpr std::string_view kRequest = "HEAD / HTTP/1.0\r\n\r\n";
  char answer[kSniffedBytes];
  if (::connect(socket, entry.ai_addr, entry.ai_addrlen) == 0 &&
      ::send(socket, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) > 0) {
    const ssize_t count = ::recv(socket, answer, sizeof(answer), 0);
    if (count > 0 && sniff({answer, static_cast<size_t>(count)}) == Reply::kHttp) {
      attempt.reply = Reply::kHttp;
    }
  }
  ::close(socket);
}

bool send_api_versions(int socket) {
  wire::Writer writer =
      wire::begin_request_frame(wire::ApiKey::kApiVersions, 0, 1, "odradek-doctor");
  wire::ApiVersionsRequest().encode(writer, 0);
  for (const wire::Bytes& chunk : wire::finish_frame(writer)) {
    if (::send(socket, chunk.data(), chunk.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(chunk.size())) {
      return false;
    }
  }
  return true;
}

// Asks for the versions and looks at the beginning of what comes back.
void listen_to(int socket, Attempt& attempt) {
  if (!send_api_versions(socket)) {
    attempt.reply = Reply::kClosed;
    attempt.detail = std::strerror(errno);
    return;
  }
  std::string bytes;
  while (bytes.size() < kSniffedBytes) {
    pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, kAnswerMs) <= 0) break;
    char part[kSniffedBytes];
    const ssize_t count = ::recv(socket, part, sizeof(part), 0);
    if (count <= 0) {
      if (bytes.empty()) {
        attempt.reply = Reply::kClosed;
        attempt.detail = count < 0 ? std::strerror(errno) : "closed";
        return;
      }
      break;
    }
    bytes.append(part, static_cast<size_t>(count));
  }
  attempt.reply = bytes.empty() ? Reply::kSilence : sniff(bytes);
  if (attempt.reply != Reply::kKafka) attempt.detail = printable(bytes);
}

Attempt try_address(const addrinfo& entry) {
  Attempt attempt{.ip = address_text(entry), .reply = Reply::kUnreachable, .detail = ""};
  const int socket = ::socket(entry.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    attempt.detail = std::strerror(errno);
    return attempt;
  }
  const timeval timeout{.tv_sec = kConnectSeconds, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  if (::connect(socket, entry.ai_addr, entry.ai_addrlen) == 0) {
    listen_to(socket, attempt);
    if (attempt.reply == Reply::kSilence) ask_for_web_page(entry, attempt);
  } else {
    const int error = errno;
    attempt.reply = error == ECONNREFUSED ? Reply::kRefused : Reply::kUnreachable;
    const bool timed_out = error == EINPROGRESS || error == EAGAIN || error == ETIMEDOUT;
    attempt.detail = timed_out ? "no answer" : std::strerror(error);
  }
  ::close(socket);
  return attempt;
}

}  // namespace

Reply sniff(std::string_view bytes) {
  if (bytes.starts_with("HTTP/")) return Reply::kHttp;
  // A TLS record: alert or handshake, version 3.x.
  if (bytes.size() >= 2 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 0x03) {
    return Reply::kTls;
  }
  // A frame: its size, the correlation id 1, an error code.
  constexpr std::string_view kCorrelation("\0\0\0\1", 4);
  const bool is_frame = bytes.size() >= 10 && bytes[0] == 0 && bytes.substr(4, 4) == kCorrelation;
  return is_frame ? Reply::kKafka : Reply::kOther;
}

AddressFinding probe(const std::string& host, int32_t port) {
  AddressFinding finding{.host = host, .port = port, .resolve_error = "", .attempts = {}};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  if (const int error = getaddrinfo(host.c_str(), service.c_str(), &hints, &found); error != 0) {
    finding.resolve_error = gai_strerror(error);
    return finding;
  }
  std::set<std::string> seen;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (seen.insert(address_text(*entry)).second) finding.attempts.push_back(try_address(*entry));
  }
  freeaddrinfo(found);
  return finding;
}

bool runs_in_container() {
  return ::access("/.dockerenv", F_OK) == 0 || ::access("/run/.containerenv", F_OK) == 0 ||
         std::getenv("KUBERNETES_SERVICE_HOST") != nullptr;
}

}  // namespace cli::doctor
