#include "wire/codegen/cpp_type.h"

#include <algorithm>

namespace codegen {
namespace {

std::string element_type(const Field& field) {
  switch (field.kind) {
    case Kind::kBool:
      return "bool";
    case Kind::kInt8:
      return "int8_t";
    case Kind::kInt16:
      return "int16_t";
    case Kind::kUint16:
      return "uint16_t";
    case Kind::kInt32:
      return "int32_t";
    case Kind::kUint32:
      return "uint32_t";
    case Kind::kInt64:
      return "int64_t";
    case Kind::kFloat64:
      return "double";
    case Kind::kUuid:
      return "Uuid";
    case Kind::kError:
      return "ErrorCode";
    case Kind::kString:
    case Kind::kLegacyString:
      return "std::string";
    case Kind::kBytes:
    case Kind::kRecords:
      return "Bytes";
    case Kind::kStruct:
      return field.struct_name;
  }
  return "";
}

bool is_number(Kind kind) {
  return kind >= Kind::kInt8 && kind <= Kind::kFloat64;
}

// Bytes of a value that is neither an array nor tagged, in one version.
size_t min_value_bytes(const Message& message, const Field& field, int version) {
  const bool flexible = version >= message.flexible_since;
  switch (field.kind) {
    case Kind::kBool:
    case Kind::kInt8:
      return 1;
    case Kind::kInt16:
    case Kind::kUint16:
    case Kind::kError:
    case Kind::kLegacyString:
      return 2;
    case Kind::kInt32:
    case Kind::kUint32:
      return 4;
    case Kind::kInt64:
    case Kind::kFloat64:
      return 8;
    case Kind::kUuid:
      return 16;
    case Kind::kString:
      return flexible ? 1 : 2;
    case Kind::kBytes:
    case Kind::kRecords:
      return flexible ? 1 : 4;
    case Kind::kStruct:
      break;
  }
  size_t bytes = flexible ? 1 : 0;  // the count of tagged fields
  for (const Field& inner : message.find_struct(field.struct_name)->fields) {
    if (inner.tag || !inner.versions.contains(version)) continue;
    if (inner.is_array) {
      bytes += flexible ? 1 : 4;
    } else if (inner.kind == Kind::kStruct && inner.nullable) {
      bytes += 1;
    } else {
      bytes += min_value_bytes(message, inner, version);
    }
  }
  return bytes;
}

}  // namespace

std::string cpp_type(const Field& field) {
  std::string type = element_type(field);
  if (field.is_array) type = "std::vector<" + type + ">";
  if (field.nullable) type = "std::optional<" + type + ">";
  return type;
}

std::string cpp_initializer(const Field& field) {
  if (field.default_value == "null") return "";
  // A nullable value starts as the empty one, as in Kafka, unless the schema says "=null".
  if (field.nullable) {
    return " = " +
           (field.is_array ? "std::vector<" + element_type(field) + ">" : element_type(field)) +
           "()";
  }
  if (field.is_array) return "";
  if (field.kind == Kind::kBool) return field.default_value == "true" ? " = true" : " = false";
  if (field.kind == Kind::kError) return " = ErrorCode::kNone";
  if (!is_number(field.kind)) return "";
  // The lowest numbers have no literal of their own.
  if (field.default_value == "-2147483648") return " = INT32_MIN";
  if (field.default_value == "9223372036854775807") return " = INT64_MAX";
  if (field.default_value == "2147483647") return " = INT32_MAX";
  return " = " + (field.default_value.empty() ? "0" : field.default_value);
}

std::string differs_from_default(const Field& field) {
  if (field.default_value == "null") return field.name + ".has_value()";
  if (field.kind == Kind::kStruct && !field.is_array)
    return field.name + " != " + field.struct_name + "()";
  const bool sized = field.is_array || field.kind >= Kind::kString;
  if (sized && field.nullable) return "(!" + field.name + " || !" + field.name + "->empty())";
  if (sized) return "!" + field.name + ".empty()";
  if (field.kind == Kind::kBool) return (field.default_value == "true" ? "!" : "") + field.name;
  if (field.kind == Kind::kUuid) return "!" + field.name + ".is_zero()";
  return field.name + " != " + cpp_initializer(field).substr(3);
}

std::string version_condition(const Versions& range, const Versions& versions) {
  if (range.covers(versions)) return "";
  if (range.min == range.max) return "v == " + std::to_string(range.min);
  std::string condition;
  if (range.min > versions.min) condition = "v >= " + std::to_string(range.min);
  if (range.max < versions.max) {
    if (!condition.empty()) condition += " && ";
    condition += "v <= " + std::to_string(range.max);
  }
  return condition;
}

size_t min_element_bytes(const Message& message, const Field& field) {
  size_t bytes = SIZE_MAX;
  for (int version = message.versions.min; version <= message.versions.max; ++version) {
    if (field.versions.contains(version))
      bytes = std::min(bytes, min_value_bytes(message, field, version));
  }
  return bytes;
}

}  // namespace codegen
