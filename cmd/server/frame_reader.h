// Cuts a connection's bytes into frames: a four-byte size, then the request.
//
// A size is judged as soon as it is known, the request's key and version as soon as they are, so
// that what will be refused is never buffered.  A declared size allocates nothing: a buffer grows
// with the bytes that came.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/uio.h>

#include "cmd/api/request_context.h"
#include "cmd/server/receive_memory.h"

namespace server {

class FrameReader {
 public:
  FrameReader(api::ListenerKind kind, size_t frame_bytes_max)
      : kind_(kind), frame_bytes_max_(frame_bytes_max) {}

  // Sets the pieces for the next readv and returns how many there are.  `frugal`: memory is short,
  // grow by no more than the system needs to go on.
  int prepare(ReadSlab& slab, BufferPool& pool, bool frugal, iovec (&pieces)[2]);
  // `size` bytes have landed in the pieces of the last prepare().
  void received(size_t size, ReadSlab& slab);

  enum class Next { kFrame, kNeedsBytes, kRefused };
  // The next complete frame, without its size.  Until it says kNeedsBytes or kRefused, bytes may be
  // left over.
  Next next(BufferPool& pool, wire::Bytes& frame);
  // Why the last next() refused.
  const std::string& refusal() const { return refusal_; }
  // What to tell whoever was refused, in a protocol of its own; mostly nothing.
  std::string_view last_words() const { return last_words_; }

  // Copies left-over bytes out of the slab: the connection stops reading for a while.
  void park();
  // In the middle of a frame.
  bool mid_frame() const { return prefix_filled_ > 0; }
  // Has a buffer of its own that the next read continues.
  bool owns_buffer() const { return body_.capacity > 0; }
  // Memory held for an incomplete frame and for left-over bytes.
  size_t held_bytes() const { return body_.capacity + (parked_ ? rest_.size() : 0); }

 private:
  bool judge_size();
  bool judge_header(const uint8_t* head);
  void grow(BufferPool& pool, size_t needed, size_t factor);

  const api::ListenerKind kind_;
  const size_t frame_bytes_max_;

  uint8_t prefix_[4] = {};
  uint8_t prefix_filled_ = 0;
  bool header_judged_ = false;
  bool parked_ = false;
  bool frugal_ = false;    // of the last prepare()
  size_t frame_size_ = 0;  // of the frame whose prefix is complete
  FrameBuffer body_;       // its first body_filled_ bytes
  size_t body_filled_ = 0;
  size_t direct_ = 0;  // how much of the last prepare() goes straight to body_
  wire::Bytes rest_;   // received, not yet cut
  std::string refusal_;
  std::string_view last_words_;
};

}  // namespace server
