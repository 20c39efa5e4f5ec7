// The cursor of a store that cannot be read: it stands nowhere, and status() says why.
#pragma once

#include <string_view>
#include <utility>

#include "storage/kv/key_value_store.h"
#include "wire/base/result.h"

namespace storage {

class FailedCursor final : public Cursor {
 public:
  // REQUIRES: !why.ok().
  explicit FailedCursor(wire::Status why) : why_(std::move(why)) {}

  void seek(std::string_view) override {}
  bool valid() const override { return false; }
  wire::Status status() const override { return why_; }
  void next() override {}
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }

 private:
  wire::Status why_;
};

}  // namespace storage
