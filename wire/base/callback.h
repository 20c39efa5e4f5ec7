// A move-only function, called at most once by convention of its owner.
#pragma once

#include <utility>

#include "absl/functional/any_invocable.h"

namespace wire {

template <typename Signature>
using Callback = absl::AnyInvocable<Signature>;

}  // namespace wire
