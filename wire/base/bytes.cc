#include "wire/base/bytes.h"

#include <cstring>
#include <utility>

#include "wire/base/check.h"

namespace wire {

Bytes Bytes::copy(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return {};
  auto buffer = std::make_shared_for_overwrite<uint8_t[]>(bytes.size());
  std::memcpy(buffer.get(), bytes.data(), bytes.size());
  const uint8_t* data = buffer.get();
  return {std::move(buffer), data, bytes.size()};
}

Bytes Bytes::copy(std::string_view text) {
  return copy(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

Bytes Bytes::adopt(std::string&& text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  const auto* data = reinterpret_cast<const uint8_t*>(owner->data());
  const size_t size = owner->size();
  return {std::move(owner), data, size};
}

Bytes Bytes::slice(size_t offset, size_t size) const {
  CHECK(offset <= size_);
  CHECK(size <= size_ - offset);
  return {owner_, data_ + offset, size};
}

}  // namespace wire
