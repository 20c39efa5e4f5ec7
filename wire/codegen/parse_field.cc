#include "wire/codegen/parse_field.h"

#include <charconv>
#include <utility>

namespace codegen {
namespace {

constexpr std::pair<std::string_view, Kind> kKinds[] = {
    {"bool", Kind::kBool},     {"int8", Kind::kInt8},       {"int16", Kind::kInt16},
    {"uint16", Kind::kUint16}, {"int32", Kind::kInt32},     {"uint32", Kind::kUint32},
    {"int64", Kind::kInt64},   {"float64", Kind::kFloat64}, {"uuid", Kind::kUuid},
    {"error", Kind::kError},   {"string", Kind::kString},   {"legacy_string", Kind::kLegacyString},
    {"bytes", Kind::kBytes},   {"records", Kind::kRecords},
};

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// Takes the brackets off `text`: "[x]" is left as "x".
bool unwrap(std::string_view& text, char open, char close) {
  if (text.size() < 2 || text.front() != open || text.back() != close) return false;
  text = text.substr(1, text.size() - 2);
  return true;
}

}  // namespace

std::optional<Versions> parse_versions(std::string_view text) {
  if (text.ends_with('+')) {
    const auto min = parse_number(text.substr(0, text.size() - 1));
    if (!min) return std::nullopt;
    return Versions{*min, kNoLimit};
  }
  const size_t dash = text.find('-');
  const auto min = parse_number(text.substr(0, dash));
  const auto max = dash == std::string_view::npos ? min : parse_number(text.substr(dash + 1));
  if (!min || !max || *min > *max) return std::nullopt;
  return Versions{*min, *max};
}

std::string parse_type(std::string_view text, Field& field) {
  if (const size_t equals = text.find('='); equals != std::string_view::npos) {
    field.default_value = text.substr(equals + 1);
    if (field.default_value.empty()) return "an empty default says nothing";
    text = text.substr(0, equals);
  }
  if (const size_t mark = text.find('?'); mark != std::string_view::npos) {
    const std::string_view since = text.substr(mark + 1);
    field.nullable = since.empty() ? Versions{} : parse_versions(since);
    if (!field.nullable) return "cannot read the versions after '?'";
    text = text.substr(0, mark);
  }
  field.is_array = unwrap(text, '[', ']');
  if (unwrap(text, '{', '}')) {
    field.kind = Kind::kStruct;
    field.struct_name = text;
    return "";
  }
  for (const auto& [name, kind] : kKinds) {
    if (name == text) {
      field.kind = kind;
      return "";
    }
  }
  return "unknown type \"" + std::string(text) + "\"";
}

std::string parse_presence(std::string_view text, Field& field) {
  constexpr std::string_view kTag = "tag ";
  if (const size_t position = text.find(kTag); position != std::string_view::npos) {
    field.tag = parse_number(text.substr(position + kTag.size()));
    if (!field.tag) return "cannot read the tag's number";
    text = text.substr(0, position == 0 ? 0 : position - 1);
  }
  if (text.empty()) return "";
  const auto versions = parse_versions(text);
  if (!versions) return "cannot read the versions \"" + std::string(text) + "\"";
  field.versions = *versions;
  return "";
}

}  // namespace codegen
