// Writes the protocol's primitive types to a growing buffer.
//
// Large bytes (records) are not copied but kept as references between the pieces of the buffer, so
// the result is a list of chunks to be sent one after the other.
//
// A writer that is kept (an answer's place in its connection's queue) and reuse()d writes the next
// message of common size without an allocation.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/base/big_endian.h"
#include "wire/base/bytes.h"
#include "wire/base/uuid.h"
#include "wire/error_code.h"

namespace wire {

class TaggedFields;

class Writer {
 public:
  Writer() = default;
  Writer(Writer&& other) noexcept { swap(other); }
  Writer& operator=(Writer&& other) noexcept {
    Writer(std::move(other)).swap(*this);
    return *this;
  }

  // Flexible versions (KIP-482) have varint lengths and tagged fields.  Set by each message as it
  // begins.
  void set_flexible(bool flexible) { flexible_ = flexible; }

  // Bytes written so far, references included.
  size_t size() const { return chunks_size_ + piece_size(); }
  // The written bytes in order.  Holds until more is written.
  std::span<const Bytes> chunks();
  // The same; the writer is empty afterwards.
  std::vector<Bytes> take();
  // The same in one piece, which copies what was kept as references.
  Bytes take_contiguous();
  // Overwrites four bytes written earlier.  REQUIRES: they were written by one call, and nothing
  // was taken since.
  void patch(size_t position, int32_t value);
  // Empties the writer, which keeps a buffer of common size for what is written next.  Chunks that
  // are still held elsewhere stay what they are.
  void reuse();

  void write(bool value) { write_big_endian(uint8_t{value}); }
  void write(int8_t value) { write_big_endian(value); }
  void write(int16_t value) { write_big_endian(value); }
  void write(uint16_t value) { write_big_endian(value); }
  void write(int32_t value) { write_big_endian(value); }
  void write(uint32_t value) { write_big_endian(value); }
  void write(int64_t value) { write_big_endian(value); }
  void write(double value) { write_big_endian(std::bit_cast<uint64_t>(value)); }
  // A literal would otherwise be written as a bool.
  void write(const char*) = delete;
  void write(const Uuid& value);
  void write(ErrorCode value) { write(static_cast<int16_t>(value)); }

  // The protocol has no longer strings than 32767 bytes: what is longer (an error message that
  // quotes a client) is cut.
  void write(const std::string& value) { write_string(value); }
  void write(const Bytes& value);
  // Where the version has no null (`may_be_null` is false) the empty value is written: an old
  // client cannot be told more.
  void write(const std::optional<std::string>& value, bool may_be_null = true);
  void write(const std::optional<Bytes>& value, bool may_be_null = true);
  // A string with an int16 length in every version: the client id of a request header.
  void write_legacy(const std::optional<std::string>& value);

  // Arrays of primitive values.
  template <typename T>
  void write(const std::vector<T>& values) {
    write_array_length(values.size());
    for (const T& value : values) write(value);
  }
  template <typename T>
  void write(const std::optional<std::vector<T>>& values, bool may_be_null = true) {
    if (values) return write(*values);
    write_null_array(may_be_null);
  }

  // Arrays of structs.
  template <typename T>
  void write_array(const std::vector<T>& values, int16_t version) {
    write_array_length(values.size());
    for (const T& value : values) value.encode(*this, version);
  }
  template <typename T>
  void write_array(const std::optional<std::vector<T>>& values, int16_t version,
                   bool may_be_null = true) {
    if (values) return write_array(*values, version);
    write_null_array(may_be_null);
  }

  // A nullable struct: one byte says whether it follows.
  template <typename T>
  void write_struct(const std::optional<T>& value, int16_t version, bool may_be_null = true) {
    write(int8_t{value || !may_be_null ? int8_t{1} : int8_t{-1}});
    if (value) return value->encode(*this, version);
    if (!may_be_null) T().encode(*this, version);
  }

  void write_unsigned_varint(uint32_t value);
  void write_varint(int32_t value);   // zigzag
  void write_varlong(int64_t value);  // zigzag
  // Bytes as they are, without a length.
  void write_raw(const Bytes& value);
  void write_raw(std::string_view value) {
    // The empty view may have no address.
    if (!value.empty()) std::memcpy(room(value.size()), value.data(), value.size());
  }

  // The end of a struct in a flexible version: the count of tagged fields, then tag, size and value
  // of each.
  void write_tags(const TaggedFields& tags);
  void write_no_tags() {
    if (flexible_) write_unsigned_varint(0);
  }

 private:
  template <typename T>
  void write_big_endian(T value) {
    store_big_endian(room(sizeof(T)), value);
  }
  void write_unsigned_varlong(uint64_t value);
  void write_length(int64_t length, size_t fixed_size);
  void write_string(std::string_view value);
  void write_array_length(size_t length) { write_length(static_cast<int64_t>(length), 4); }
  void write_null_array(bool may_be_null) { write_length(may_be_null ? -1 : 0, 4); }

  // Where the next `size` bytes go.
  uint8_t* room(size_t size) {
    if (capacity_ - used_ < size) grow(size);
    uint8_t* const at = memory_.get() + used_;
    used_ += size;
    return at;
  }
  void grow(size_t size);
  size_t piece_size() const { return used_ - piece_; }
  std::string_view piece() const {
    return {reinterpret_cast<const char*>(memory_.get()) + piece_, piece_size()};
  }
  // What was written since the last chunk becomes one.
  void end_piece();
  void swap(Writer& other) noexcept;

  std::shared_ptr<uint8_t[]> memory_;
  size_t capacity_ = 0;
  size_t used_ = 0;
  size_t piece_ = 0;           // where in memory_ the bytes begin that are in no chunk yet
  std::vector<Bytes> chunks_;  // finished pieces and references
  size_t chunks_size_ = 0;
  bool flexible_ = false;
};

// Collects the tagged fields of one struct: their sizes stand before their values.  REQUIRES: added
// by ascending tag.
class TaggedFields {
 public:
  // Where to write the value of `tag`, until the next call.
  Writer& add(uint32_t tag);

 private:
  friend class Writer;

  struct Field {
    uint32_t tag;
    Writer value;
  };
  std::vector<Field> fields_;
};

}  // namespace wire
