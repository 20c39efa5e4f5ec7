#include "wire/frame.h"

#include <algorithm>
#include <cstring>

#include "wire/base/check.h"

namespace wire {
namespace {

constexpr size_t kSizeBytes = 4;
constexpr size_t kBufferBytesMin = 64 * 1024;
// Less room than this is not worth a read from the socket.
constexpr size_t kReadBytesMin = 4 * 1024;

int32_t read_size(const uint8_t* bytes) {
  uint32_t size = 0;
  for (size_t i = 0; i < kSizeBytes; ++i) size = size << 8 | bytes[i];
  return static_cast<int32_t>(size);
}

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

std::span<uint8_t> FrameSplitter::prepare() {
  if (capacity_ - filled_ < kReadBytesMin) {
    // The frames given out keep the old buffer alive; what is not cut yet moves on.
    const size_t capacity = std::max(kBufferBytesMin, 2 * unread());
    auto buffer = std::make_shared_for_overwrite<uint8_t[]>(capacity);
    if (unread() > 0) std::memcpy(buffer.get(), buffer_.get() + consumed_, unread());
    filled_ = unread();
    consumed_ = 0;
    capacity_ = capacity;
    buffer_ = std::move(buffer);
  }
  return {buffer_.get() + filled_, capacity_ - filled_};
}

void FrameSplitter::received(size_t size) {
  CHECK(size <= capacity_ - filled_);
  filled_ += size;
}

std::optional<Bytes> FrameSplitter::next() {
  if (broken_ || unread() < kSizeBytes) return std::nullopt;
  const int32_t declared = read_size(buffer_.get() + consumed_);
  if (declared < 0 || static_cast<size_t>(declared) > frame_bytes_max_) {
    broken_ = true;
    return std::nullopt;
  }
  const size_t size = static_cast<size_t>(declared);
  if (unread() - kSizeBytes < size) return std::nullopt;
  Bytes frame(buffer_, buffer_.get() + consumed_ + kSizeBytes, size);
  consumed_ += kSizeBytes + size;
  return frame;
}

}  // namespace wire
