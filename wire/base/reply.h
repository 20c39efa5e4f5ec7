// The one answer that a request is owed.
//
// A handler takes a Reply and calls it once, now or later, on the shard that made it.  A Reply that
// is dropped unused tells its connection so (it gets nothing), which closes it and logs a bug: no
// client hangs on a forgotten path.
#pragma once

#include <optional>
#include <utility>

#include "wire/base/callback.h"
#include "wire/base/check.h"

namespace wire {

template <typename T>
class [[nodiscard]] Reply {
 public:
  // `deliver` gets the answer, or nothing if the Reply was dropped unused.
  explicit Reply(Callback<void(std::optional<T>)> deliver) : deliver_(std::move(deliver)) {}
  ~Reply() { drop(); }

  Reply(Reply&& other) noexcept : deliver_(std::exchange(other.deliver_, nullptr)) {}
  Reply& operator=(Reply&& other) noexcept {
    if (this != &other) {
      drop();
      deliver_ = std::exchange(other.deliver_, nullptr);
    }
    return *this;
  }

  // REQUIRES: not called before.
  void operator()(T answer) {
    CHECK(deliver_);
    std::exchange(deliver_, nullptr)(std::optional<T>(std::move(answer)));
  }

 private:
  void drop() {
    if (deliver_) std::exchange(deliver_, nullptr)(std::nullopt);
  }

  Callback<void(std::optional<T>)> deliver_;
};

}  // namespace wire
