// Reads the protocol's primitive types from a slice of bytes.
//
// The first thing that cannot be right makes the reader fail for good: ok() turns false, every
// later read yields a zero value, and the caller asks once, at the end.  A length is believed only
// if the bytes for it are there, so what a message declares never allocates more than what it
// contains.
//
// A message may be decoded into again, and then keeps the memory of its strings and arrays; a field
// that the version does not have stays as it was, so the owner empties it before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/base/big_endian.h"
#include "wire/base/bytes.h"
#include "wire/base/uuid.h"
#include "wire/error_code.h"

namespace wire {

class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(std::move(bytes)), end_(bytes_.size()) {}

  // Flexible versions (KIP-482) have varint lengths and tagged fields.  Set by each message as it
  // begins.
  void set_flexible(bool flexible) { flexible_ = flexible; }

  bool ok() const { return error_.empty(); }
  // What was wrong first, for the log; empty while ok().
  std::string_view error() const { return error_; }
  size_t position() const { return position_; }
  size_t remaining() const { return end_ - position_; }
  // REQUIRES: the text outlives the reader.
  void fail(std::string_view why);

  void read(bool& value) { value = read_big_endian<uint8_t>() != 0; }
  void read(int8_t& value) { value = read_big_endian<int8_t>(); }
  void read(int16_t& value) { value = read_big_endian<int16_t>(); }
  void read(uint16_t& value) { value = read_big_endian<uint16_t>(); }
  void read(int32_t& value) { value = read_big_endian<int32_t>(); }
  void read(uint32_t& value) { value = read_big_endian<uint32_t>(); }
  void read(int64_t& value) { value = read_big_endian<int64_t>(); }
  void read(double& value);
  void read(Uuid& value);
  void read(ErrorCode& value);

  // Strings are bytes here: broken UTF-8 is kept as it came.
  void read(std::string& value);
  // A slice of the reader's bytes: nothing is copied.
  void read(Bytes& value);
  // `may_be_null` is false in versions in which the protocol has no null for the field.
  void read(std::optional<std::string>& value, bool may_be_null = true);
  void read(std::optional<Bytes>& value, bool may_be_null = true);
  // A string with an int16 length in every version: the client id of a request header.
  void read_legacy(std::optional<std::string>& value);

  // Arrays of primitive values.
  template <typename T>
  void read(std::vector<T>& values) {
    read_elements(values, read_array_length(min_bytes<T>()), [this](T& value) { read(value); });
  }
  template <typename T>
  void read(std::optional<std::vector<T>>& values, bool may_be_null = true) {
    const int32_t length = read_nullable_array_length(min_bytes<T>(), may_be_null);
    values.reset();
    if (length >= 0) read_elements(values.emplace(), length, [this](T& value) { read(value); });
  }

  // Arrays of structs, of which each takes at least `element_bytes_min` bytes.
  template <typename T>
  void read_array(std::vector<T>& values, int16_t version, size_t element_bytes_min) {
    read_elements(values, read_array_length(element_bytes_min),
                  [this, version](T& value) { value.decode(*this, version); });
  }
  template <typename T>
  void read_array(std::optional<std::vector<T>>& values, int16_t version, size_t element_bytes_min,
                  bool may_be_null = true) {
    const int32_t length = read_nullable_array_length(element_bytes_min, may_be_null);
    values.reset();
    if (length < 0) return;
    read_elements(values.emplace(), length,
                  [this, version](T& value) { value.decode(*this, version); });
  }

  // A nullable struct: one byte says whether it follows.
  template <typename T>
  void read_struct(std::optional<T>& value, int16_t version, bool may_be_null = true) {
    value.reset();
    if (!read_struct_presence(may_be_null)) return;
    value = T();  // not emplace(): clang 14 takes a nested struct with default values for not
                  // constructible
    value->decode(*this, version);
  }

  // At most five (ten) bytes; more is an error.
  uint32_t read_unsigned_varint();
  int32_t read_varint();   // zigzag
  int64_t read_varlong();  // zigzag
  Bytes read_bytes(size_t size);

  // Passes over the tagged fields of a struct that knows none.
  void skip_tags();

 private:
  friend class TagReader;

  template <typename T>
  size_t min_bytes() const {
    if constexpr (std::is_same_v<T, std::string>) return flexible_ ? 1 : 2;
    if constexpr (std::is_same_v<T, Bytes>) return flexible_ ? 1 : 4;
    return sizeof(T);
  }

  template <typename T, typename ReadOne>
  void read_elements(std::vector<T>& values, int32_t length, ReadOne read_one) {
    // Elements that are there keep their memory: see the file's comment.
    values.resize(static_cast<size_t>(length));
    for (T& value : values) {
      read_one(value);
      // One failure ends the loop: a hostile length must not keep the shard busy.
      if (!ok()) return values.clear();
    }
  }

  template <typename T>
  T read_big_endian() {
    if (remaining() < sizeof(T)) {
      fail("the message ends inside a number");
      return 0;
    }
    const T value = load_big_endian<T>(bytes_.data() + position_);
    position_ += sizeof(T);
    return value;
  }
  // -1 stands for null; anything else is at most the bytes that remain.
  int32_t read_length(size_t fixed_size);
  int32_t read_nullable_array_length(size_t element_bytes_min, bool may_be_null);
  int32_t read_array_length(size_t element_bytes_min);
  int32_t read_string_length(bool may_be_null);
  int32_t read_bytes_length(bool may_be_null);
  bool read_struct_presence(bool may_be_null);

  Bytes bytes_;
  size_t position_ = 0;
  size_t end_;
  bool flexible_ = false;
  std::string_view error_;
};

// Walks over the tagged fields at the end of a struct:
//
//   TagReader tags(in);
//   while (tags.next()) {
//     switch (tags.tag()) { case 0: in.read(field); break;  default: tags.skip(); }
//   }
class TagReader {
 public:
  explicit TagReader(Reader& in);
  TagReader(const TagReader&) = delete;
  TagReader& operator=(const TagReader&) = delete;

  // Moves to the next tagged field; false after the last one, and when the reader has failed.
  bool next();
  uint32_t tag() const { return tag_; }
  // Passes over a field that this version does not know.
  void skip();

 private:
  Reader& in_;
  const size_t outer_end_;  // the reader's end is moved to the end of each field while it is read
  uint32_t left_ = 0;
  uint32_t tag_ = 0;
  bool inside_ = false;
};

}  // namespace wire
