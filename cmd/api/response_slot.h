// The place in a connection's queue where the answer to one request goes.
//
// Answers leave in the order of their requests, whatever order they are ready in.  Of fill() and
// fail() exactly one is called, once, on the connection's shard; the slot may be gone afterwards.
// A slot outlives its connection if the answer comes later.
#pragma once

#include <string_view>
#include <vector>

#include "wire/base/bytes.h"

namespace api {

class ErrorCounts;

class ResponseSlot {
 public:
  // `chunks`: response header and body, without the size prefix.  Written by reference, not copied.
  virtual void fill(std::vector<wire::Bytes> chunks) = 0;
  // No answer can be given: closes the connection and logs why.
  virtual void fail(std::string_view reason) = 0;

  // Of the answer that is to fill it; not called if there are none.
  virtual void note_errors(const ErrorCounts&) {}

  void set_silent() { silent_ = true; }
  bool silent() const { return silent_; }

 protected:
  ~ResponseSlot() = default;
  bool silent_ = false;
};

}  // namespace api
