#include "cmd/cli/records/format.h"

#include <cstdlib>

#include <nlohmann/json.hpp>

#include "wire/base/big_endian.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFields = "tpoThkKsSR%";

Json text_or_null(std::optional<std::string_view> text) {
  return text ? Json(std::string(*text)) : Json(nullptr);
}

void append_line(const Json& document, std::string& to) {
  to += document.dump(-1, ' ', false, Json::error_handler_t::replace);
  to += '\n';
}

std::string length_text(std::optional<std::string_view> text) {
  return text ? std::to_string(text->size()) : "-1";
}

void append_headers(const std::vector<wire::RecordHeader>& headers, std::string& to) {
  bool first = true;
  for (const wire::RecordHeader& header : headers) {
    if (!first) to += ',';
    first = false;
    to += header.key;
    to += '=';
    to += header.value.value_or("NULL");
  }
}

}  // namespace

std::optional<std::string> unescape(std::string_view text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      plain += text[at];
      continue;
    }
    switch (text[++at]) {
      case 'n':
        plain += '\n';
        break;
      case 'r':
        plain += '\r';
        break;
      case 't':
        plain += '\t';
        break;
      case '\\':
        plain += '\\';
        break;
      case 'x': {
        const std::string digits(text.substr(at + 1, 2));
        char* end = nullptr;
        const long value = std::strtol(digits.c_str(), &end, 16);
        if (end == digits.c_str()) return std::nullopt;
        plain += static_cast<char>(value);
        at += static_cast<size_t>(end - digits.c_str());
        break;
      }
      default:
        return std::nullopt;
    }
  }
  return plain;
}

std::optional<RecordFormat> RecordFormat::parse(std::string_view text) {
  RecordFormat format;
  std::string literal;
  const auto end_literal = [&] {
    const auto plain = unescape(literal);
    if (plain && !plain->empty()) format.parts_.push_back({0, *plain});
    literal.clear();
    return plain.has_value();
  };
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      literal += text[at];
      continue;
    }
    if (++at == text.size() || kFields.find(text[at]) == std::string_view::npos) {
      return std::nullopt;
    }
    if (!end_literal()) return std::nullopt;
    if (text[at] == '%') {
      format.parts_.push_back({0, "%"});
    } else {
      format.parts_.push_back({text[at], ""});
    }
  }
  if (!end_literal()) return std::nullopt;
  return format;
}

void RecordFormat::append(const FetchedRecord& fetched, std::string& to) const {
  const wire::RecordView& record = fetched.record;
  for (const Part& part : parts_) {
    switch (part.field) {
      case 0:
        to += part.literal;
        break;
      case 't':
        to += fetched.partition.topic;
        break;
      case 'p':
        to += std::to_string(fetched.partition.partition);
        break;
      case 'o':
        to += std::to_string(record.offset);
        break;
      case 'T':
        to += std::to_string(record.timestamp);
        break;
      case 'h':
        append_headers(record.headers, to);
        break;
      case 'k':
        to += record.key.value_or(null_text_);
        break;
      case 'K':
        to += length_text(record.key);
        break;
      case 's':
        to += record.value.value_or(null_text_);
        break;
      case 'S':
        to += length_text(record.value);
        break;
      case 'R': {
        uint8_t bytes[4];
        wire::store_big_endian(bytes,
                               record.value ? static_cast<int32_t>(record.value->size()) : -1);
        to.append(reinterpret_cast<const char*>(bytes), sizeof(bytes));
        break;
      }
      default:
        break;
    }
  }
}

void append_json(const FetchedRecord& fetched, std::string& to) {
  const wire::RecordView& record = fetched.record;
  Json document = {{"topic", fetched.partition.topic}, {"partition", fetched.partition.partition},
                   {"offset", record.offset},          {"timestamp", record.timestamp},
                   {"key", text_or_null(record.key)},  {"value", text_or_null(record.value)}};
  for (const wire::RecordHeader& header : record.headers) {
    document["headers"].push_back(
        {{"key", std::string(header.key)}, {"value", text_or_null(header.value)}});
  }
  append_line(document, to);
}

void append_kcat_json(const FetchedRecord& fetched, std::string& to) {
  const wire::RecordView& record = fetched.record;
  const bool create_time = fetched.timestamp_type == wire::TimestampType::kCreateTime;
  Json document = {
      {"topic", fetched.partition.topic}, {"partition", fetched.partition.partition},
      {"offset", record.offset},          {"tstype", create_time ? "create" : "logappend"},
      {"ts", record.timestamp},           {"broker", fetched.broker}};
  if (!record.headers.empty()) {
    Json& headers = document["headers"] = Json::array();
    for (const wire::RecordHeader& header : record.headers) {
      headers.push_back(std::string(header.key));
      headers.push_back(text_or_null(header.value));
    }
  }
  document["key"] = text_or_null(record.key);
  document["payload"] = text_or_null(record.value);
  append_line(document, to);
}

}  // namespace cli
