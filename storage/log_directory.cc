#include "storage/log_directory.h"

#include "wire/base/log.h"

namespace storage {

wire::Error LogDirectory::fail(wire::Error why) {
  if (!failure_) {
    failure_ = why;
    wire::log::error("log directory {} is offline: {}", path_, why.detail);
    if (listener_) listener_(*this);
  }
  return why;
}

}  // namespace storage
