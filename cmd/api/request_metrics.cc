#include "cmd/api/request_metrics.h"

namespace api {

RequestMetrics::RequestMetrics() {
  for (const wire::ApiInfo& info : wire::all_apis()) {
    const auto key = static_cast<size_t>(info.key);
    index_of_key_.resize(key + 1, -1);
    index_of_key_[key] = static_cast<int16_t>(apis_.size());
    apis_.emplace_back().key = info.key;
  }
}

RequestMetrics::Api* RequestMetrics::find(int16_t key) {
  if (key < 0 || static_cast<size_t>(key) >= index_of_key_.size()) return nullptr;
  const int16_t index = index_of_key_[static_cast<size_t>(key)];
  return index < 0 ? nullptr : &apis_[static_cast<size_t>(index)];
}

void RequestMetrics::received(int16_t key, int16_t version, size_t bytes) {
  Api* const api = find(key);
  if (api == nullptr || version < 0 || version >= kVersionsMax) return;
  ++api->of_version[static_cast<size_t>(version)];
  api->request_bytes += bytes;
}

void RequestMetrics::answered(int16_t key, uint64_t micros, size_t bytes) {
  Api* const api = find(key);
  if (api == nullptr) return;
  api->total.add(micros);
  api->response_bytes += bytes;
}

void RequestMetrics::failed(int16_t key, const ErrorCounts& errors) {
  Api* const api = find(key);
  if (api == nullptr) return;
  for (const ErrorCount& error : errors.all()) api->errors[error.code] += error.count;
}

}  // namespace api
