// Writes messages as JSON, in the form of Kafka's own tools: camelCase keys, bytes as base64, ids
// as text, records as their size.  Fields that the version does not have, and tagged fields at
// their default, are left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/base/bytes.h"
#include "wire/base/uuid.h"
#include "wire/error_code.h"

namespace wire {

class JsonWriter {
 public:
  // The JSON text; the writer is empty afterwards.
  std::string take() { return std::exchange(text_, {}); }

  void begin_object() { text_ += '{'; }
  void end_object() { text_ += '}'; }

  template <typename T>
  void field(std::string_view name, const T& value) {
    write_key(name);
    write(value);
  }
  // A struct or an array of structs.
  template <typename T>
  void field(std::string_view name, const T& value, int16_t version) {
    write_key(name);
    write(value, version);
  }
  // "recordsSizeInBytes": 70, or "records": null.
  void records_field(std::string_view name, const std::optional<Bytes>& records);

 private:
  void write_key(std::string_view name);

  void write_null() { text_ += "null"; }
  void write(const char*) = delete;
  void write(bool value) { text_ += value ? "true" : "false"; }
  void write(int8_t value) { write(int64_t{value}); }
  void write(int16_t value) { write(int64_t{value}); }
  void write(uint16_t value) { write(int64_t{value}); }
  void write(int32_t value) { write(int64_t{value}); }
  void write(uint32_t value) { write(int64_t{value}); }
  void write(int64_t value);
  void write(double value);
  void write(const Uuid& value) { write(value.to_string()); }
  void write(ErrorCode value) { write(static_cast<int16_t>(value)); }
  void write(const std::string& value);
  void write(const Bytes& value);

  template <typename T>
  void write(const std::optional<T>& value) {
    if (value) return write(*value);
    write_null();
  }
  template <typename T>
  void write(const std::vector<T>& values) {
    write_list(values, [this](const T& value) { write(value); });
  }

  template <typename T>
  void write(const T& value, int16_t version) {
    value.write_json(*this, version);
  }
  template <typename T>
  void write(const std::optional<T>& value, int16_t version) {
    if (value) return write(*value, version);
    write_null();
  }
  template <typename T>
  void write(const std::vector<T>& values, int16_t version) {
    write_list(values, [this, version](const T& value) { value.write_json(*this, version); });
  }

  template <typename T, typename WriteOne>
  void write_list(const std::vector<T>& values, WriteOne write_one) {
    text_ += '[';
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text_ += ',';
      write_one(values[i]);
    }
    text_ += ']';
  }

  std::string text_;
};

}  // namespace wire
