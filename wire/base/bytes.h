// An immutable, reference-counted slice of memory.
//
// What arrives in a socket's buffer is cut into Bytes and travels to the segment file, the tail
// cache and other sockets without being copied.  A slice keeps its whole buffer alive: copy() what
// is small and lives long. The reference count is atomic, so a slice may pass between shards; the
// bytes never change once shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace wire {

class Bytes {
 public:
  Bytes() = default;
  // A view of `size` bytes at `data`, which `owner` keeps alive.
  Bytes(std::shared_ptr<const void> owner, const uint8_t* data, size_t size)
      : owner_(std::move(owner)), data_(data), size_(size) {}

  // A copy of the given bytes, in a buffer of its own.
  static Bytes copy(std::span<const uint8_t> bytes);
  static Bytes copy(std::string_view text);
  // Takes over a string's memory.
  static Bytes adopt(std::string&& text);
  // A view of memory that outlives every holder (a literal, a test's array).
  static Bytes unowned(std::span<const uint8_t> bytes) {
    return {nullptr, bytes.data(), bytes.size()};
  }

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const uint8_t* begin() const { return data_; }
  const uint8_t* end() const { return data_ + size_; }
  uint8_t operator[](size_t index) const { return data_[index]; }

  std::span<const uint8_t> span() const { return {data_, size_}; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data_), size_}; }

  // Write access for the one who holds the buffer alone: a request may patch the offsets of a batch
  // inside its own frame before it hands the batch on.  Once another reader may see the bytes they
  // never change.
  uint8_t* exclusive_data() { return const_cast<uint8_t*>(data_); }

  // A part of this slice that shares its buffer.  REQUIRES: offset + size <= this->size().
  Bytes slice(size_t offset, size_t size) const;
  Bytes slice(size_t offset) const { return slice(offset, size_ - offset); }

  // Compares contents.
  bool operator==(const Bytes& other) const { return view() == other.view(); }

 private:
  std::shared_ptr<const void> owner_;
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace wire
