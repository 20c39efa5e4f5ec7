#include "tests/malformed/malformed_requests.h"

#include <array>
#include <map>

#include "tests/golden/golden_file.h"
#include "wire/frame.h"
#include "wire/message_registry.h"

namespace malformed {
namespace {

std::string frame_of(wire::ApiKey key, int16_t version, const wire::Bytes& body) {
  wire::Writer writer = wire::begin_request_frame(key, version, 1, "malformed");
  std::string frame;
  for (const wire::Bytes& chunk : wire::finish_frame(writer)) frame += chunk.view();
  return frame.substr(4) + std::string(body.view());
}

}  // namespace

std::string Request::name() const {
  return std::string(wire::api_info(static_cast<int16_t>(key))->name) + " v" +
         std::to_string(version);
}

std::vector<Request> golden_requests(api::ListenerKind kind, size_t per_version_max) {
  std::map<std::string, const wire::MessageInfo*, std::less<>> requests;
  for (const wire::MessageInfo& message : wire::message_registry()) {
    if (message.kind == wire::MessageKind::kRequest)
      requests.emplace(std::string(message.name), &message);
  }
  std::map<std::pair<int16_t, int16_t>, size_t> taken;
  std::vector<Request> found;
  for (const char* file : {"kafka-4.3.1.jsonl.gz", "kafka-3.9.2.jsonl.gz"}) {
    for (const nlohmann::json& vector : golden::read_lines(file)) {
      const auto message = requests.find(vector["message"].get<std::string>());
      if (message == requests.end()) continue;
      const int16_t key = message->second->key;
      const int16_t version = vector["version"];
      const api::ApiRow* row = api::find_api(key, kind);
      if (row == nullptr || !row->serves(version)) continue;
      if (taken[{key, version}]++ >= per_version_max) continue;
      const wire::Bytes body = golden::from_base64(vector["bytes"].get<std::string>());
      found.push_back({row->key, version, frame_of(row->key, version, body)});
    }
  }
  return found;
}

void for_each_extreme(const std::string& frame, size_t body_at,
                      const std::function<void(std::string spoilt)>& use) {
  using namespace std::string_literals;
  static const std::array kExtremes = {
      "\x7f"s,
      "\x80"s,
      "\xff"s,
      "\x7f\xff"s,
      "\x80\x00"s,
      "\xff\xff"s,
      "\x7f\xff\xff\xff"s,
      "\x80\x00\x00\x00"s,
      "\xff\xff\xff\xff"s,
      "\x7f\xff\xff\xff\xff\xff\xff\xff"s,
      "\x80\x00\x00\x00\x00\x00\x00\x00"s,
      "\xff\xff\xff\xff\xff\xff\xff\xff"s,
      "\xff\xff\xff\xff\x07"s,
      "\xff\xff\xff\xff\x0f"s,
      "\xff\xff\xff\xff\xff"s,
  };
  for (size_t at = body_at; at < frame.size(); ++at) {
    for (const std::string& extreme : kExtremes) {
      if (at + extreme.size() > frame.size()) continue;
      std::string spoilt = frame;
      spoilt.replace(at, extreme.size(), extreme);
      use(std::move(spoilt));
    }
  }
}

}  // namespace malformed
