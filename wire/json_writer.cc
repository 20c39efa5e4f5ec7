#include "wire/json_writer.h"

#include <cmath>

#include <fmt/format.h>

namespace wire {
namespace {

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

void JsonWriter::write_key(std::string_view name) {
  if (text_.back() != '{') text_ += ',';
  text_ += '"';
  text_ += name;
  text_ += "\":";
}

void JsonWriter::records_field(std::string_view name, const std::optional<Bytes>& records) {
  if (!records) {
    write_key(name);
    return write_null();
  }
  field(std::string(name) + "SizeInBytes", static_cast<int64_t>(records->size()));
}

void JsonWriter::write(int64_t value) {
  text_ += fmt::format_int(value).c_str();
}

void JsonWriter::write(double value) {
  // JSON has no other numbers: Kafka's tools write these as text too.
  if (std::isnan(value)) return write(std::string("NaN"));
  if (std::isinf(value)) return write(std::string(value > 0 ? "Infinity" : "-Infinity"));
  fmt::format_to(std::back_inserter(text_), "{}", value);
}

void JsonWriter::write(const std::string& value) {
  text_ += '"';
  for (char c : value) {
    if (c == '"' || c == '\\') {
      text_ += '\\';
      text_ += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      text_ += c;
    }
  }
  text_ += '"';
}

void JsonWriter::write(const Bytes& value) {
  text_ += '"';
  for (size_t i = 0; i < value.size(); i += 3) {
    const size_t left = value.size() - i;
    const unsigned group = static_cast<unsigned>(value[i]) << 16 |
                           (left > 1 ? static_cast<unsigned>(value[i + 1]) << 8 : 0u) |
                           (left > 2 ? static_cast<unsigned>(value[i + 2]) : 0u);
    text_ += kBase64[group >> 18];
    text_ += kBase64[group >> 12 & 63];
    text_ += left > 1 ? kBase64[group >> 6 & 63] : '=';
    text_ += left > 2 ? kBase64[group & 63] : '=';
  }
  text_ += '"';
}

}  // namespace wire
