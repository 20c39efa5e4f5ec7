#include "wire/frame.h"

namespace wire {
namespace {

constexpr size_t kSizeBytes = 4;

}  // namespace

Writer begin_request_frame(ApiKey key, int16_t version, int32_t correlation_id,
                           const std::optional<std::string>& client_id) {
  RequestHeader header;
  header.request_api_key = static_cast<int16_t>(key);
  header.request_api_version = version;
  header.correlation_id = correlation_id;
  header.client_id = client_id;
  Writer writer;
  writer.write(int32_t{0});
  header.encode(writer, request_header_version(key, version));
  return writer;
}

Writer begin_response_frame(ApiKey key, int16_t version, int32_t correlation_id) {
  ResponseHeader header;
  header.correlation_id = correlation_id;
  Writer writer;
  writer.write(int32_t{0});
  header.encode(writer, response_header_version(key, version));
  return writer;
}

std::vector<Bytes> finish_frame(Writer& writer) {
  writer.patch(0, static_cast<int32_t>(writer.size() - kSizeBytes));
  return writer.take();
}

bool read_request_header(Reader& frame, RequestHeader& header) {
  Reader peek = frame;
  int16_t key = 0;
  int16_t version = 0;
  peek.read(key);
  peek.read(version);
  header.decode(frame, request_header_version(static_cast<ApiKey>(key), version));
  return frame.ok();
}

bool read_response_header(Reader& frame, ApiKey key, int16_t version, ResponseHeader& header) {
  header.decode(frame, response_header_version(key, version));
  return frame.ok();
}

}  // namespace wire
