#include "cmd/server/frame_reader.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "cmd/api/dispatch.h"
#include "cmd/server/foreign_protocol.h"

namespace server {
namespace {

// Key, version, correlation id and the length of the client id.
constexpr size_t kSmallestRequest = 10;
constexpr size_t kHeadSize = 4;  // key and version
constexpr size_t kGrowthFactor = 4;
// Of a request of which little has come: a half-open one costs no more than this.
constexpr size_t kFirstBuffer = 1024;

uint32_t big_endian32(const uint8_t* bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

int16_t big_endian16(const uint8_t* bytes) {
  return static_cast<int16_t>(bytes[0] << 8 | bytes[1]);
}

std::string describe_bad_size(int32_t size, size_t max) {
  if (size < static_cast<int32_t>(kSmallestRequest)) {
    return fmt::format("it declared a request of {} bytes, smaller than any request", size);
  }
  return fmt::format("it declared a request of {} bytes, more than socket.request.max.bytes={}",
                     size, max);
}

}  // namespace

bool FrameReader::judge_size() {
  const auto size = static_cast<int32_t>(big_endian32(prefix_));
  if (size < static_cast<int32_t>(kSmallestRequest) ||
      static_cast<size_t>(size) > frame_bytes_max_) {
    auto foreign = foreign_protocol(prefix_);
    refusal_ = foreign ? std::move(foreign->mistake) : describe_bad_size(size, frame_bytes_max_);
    if (foreign) last_words_ = foreign->answer;
    return false;
  }
  frame_size_ = static_cast<size_t>(size);
  return true;
}

bool FrameReader::judge_header(const uint8_t* head) {
  if (header_judged_) return true;
  auto refusal = api::refuse_header(big_endian16(head), big_endian16(head + 2), kind_);
  if (refusal) {
    refusal_ = std::move(*refusal);
    return false;
  }
  header_judged_ = true;
  return true;
}

void FrameReader::grow(BufferPool& pool, size_t needed, size_t factor) {
  if (needed <= body_.capacity) return;
  const size_t wanted =
      std::min(frame_size_, std::max(needed * factor, factor > 1 ? kFirstBuffer : needed));
  const bool recycled = factor > 1 && wanted >= BufferPool::kSmallest;
  FrameBuffer larger = recycled ? pool.take(wanted) : BufferPool::take_exactly(wanted);
  if (body_filled_ > 0) std::memcpy(larger.memory.get(), body_.memory.get(), body_filled_);
  body_ = std::move(larger);
}

int FrameReader::prepare(ReadSlab& slab, BufferPool& pool, bool frugal, iovec (&pieces)[2]) {
  int count = 0;
  direct_ = 0;
  frugal_ = frugal;
  if (body_.capacity > 0) {
    if (body_filled_ == body_.capacity) {
      const size_t step = std::min(frame_size_ - body_filled_, BufferPool::kSmallest);
      grow(pool, body_filled_ + step, frugal ? 1 : kGrowthFactor);
    }
    direct_ = std::min(body_.capacity, frame_size_) - body_filled_;
    pieces[count++] = {body_.memory.get() + body_filled_, direct_};
    if (body_filled_ + direct_ < frame_size_) return count;
  }
  auto room = slab.room();
  if (frugal) room = room.first(BufferPool::kSmallest);
  pieces[count++] = {room.data(), room.size()};
  return count;
}

void FrameReader::received(size_t size, ReadSlab& slab) {
  const size_t direct = std::min(size, direct_);
  body_filled_ += direct;
  if (size > direct) rest_ = slab.take(size - direct);
}

FrameReader::Next FrameReader::next(BufferPool& pool, wire::Bytes& frame) {
  if (prefix_filled_ < sizeof(prefix_)) {
    const size_t part = std::min(sizeof(prefix_) - prefix_filled_, rest_.size());
    if (part > 0) {
      std::memcpy(prefix_ + prefix_filled_, rest_.data(), part);
      prefix_filled_ = static_cast<uint8_t>(prefix_filled_ + part);
      rest_ = rest_.slice(part);
    }
    if (prefix_filled_ < sizeof(prefix_)) {
      rest_ = {};
      parked_ = false;
      return Next::kNeedsBytes;
    }
    if (!judge_size()) return Next::kRefused;
  }
  const bool whole_in_rest = body_filled_ == 0 && rest_.size() >= frame_size_;
  if (whole_in_rest) {
    if (!judge_header(rest_.data())) return Next::kRefused;
    frame = rest_.slice(0, frame_size_);
    rest_ = rest_.slice(frame_size_);
  } else {
    if (body_filled_ == 0 && rest_.size() >= kHeadSize && !judge_header(rest_.data()))
      return Next::kRefused;
    const size_t part = std::min(frame_size_ - body_filled_, rest_.size());
    if (part > 0) {
      grow(pool, body_filled_ + part, frugal_ ? 1 : kGrowthFactor);
      std::memcpy(body_.memory.get() + body_filled_, rest_.data(), part);
      body_filled_ += part;
      rest_ = rest_.slice(part);
    }
    if (body_filled_ >= kHeadSize && !judge_header(body_.memory.get())) return Next::kRefused;
    if (body_filled_ < frame_size_) {
      rest_ = {};
      parked_ = false;
      return Next::kNeedsBytes;
    }
    const uint8_t* const data = body_.memory.get();
    frame = wire::Bytes(std::move(body_.memory), data, frame_size_);
    body_ = {};
    body_filled_ = 0;
  }
  prefix_filled_ = 0;
  header_judged_ = false;
  return Next::kFrame;
}

void FrameReader::park() {
  if (parked_ || rest_.empty()) return;
  rest_ = wire::Bytes::copy(rest_.span());
  parked_ = true;
}

}  // namespace server
