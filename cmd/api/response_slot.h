// The place in a connection's queue where the answer to one request goes.
//
// Answers leave in the order of their requests, whatever order they are ready in.  Of fill() and
// fail() exactly one is called, once, on the connection's shard; the slot may be gone afterwards.
// A slot outlives its connection if the answer comes later.
#pragma once

#include <string_view>

#include "wire/writer.h"

namespace api {

class ErrorCounts;

class ResponseSlot {
 public:
  // Where response header and body are written before fill(), without the size prefix.  Large bytes
  // leave as they are, by reference.
  wire::Writer& answer() { return answer_; }
  // answer() is complete; with nothing in it nothing is sent.
  virtual void fill() = 0;
  // No answer can be given: closes the connection and logs why.
  virtual void fail(std::string_view reason) = 0;

  // Of the answer that is to fill it; not called if there are none.
  virtual void note_errors(const ErrorCounts&) {}

  void set_silent() { silent_ = true; }
  bool silent() const { return silent_; }

 protected:
  ~ResponseSlot() = default;
  bool silent_ = false;
  wire::Writer answer_;
};

}  // namespace api
