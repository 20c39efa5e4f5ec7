#include <sstream>

#include "wire/codegen/cpp_type.h"
#include "wire/codegen/emit.h"

namespace codegen {
namespace {

std::string describe(const Versions& range, const Versions& versions) {
  if (range.covers(versions)) return "";
  if (range.max >= versions.max) return "v" + std::to_string(range.min) + "+";
  if (range.min == range.max) return "v" + std::to_string(range.min) + " only";
  return "v" + std::to_string(range.min) + "-" + std::to_string(range.max);
}

std::string declare_fields(const Message& message, const std::vector<Field>& fields,
                           const std::string& indent) {
  std::string text;
  for (const Field& field : fields) {
    std::string note = describe(field.versions, message.versions);
    if (field.tag) note += (note.empty() ? "tag " : ", tag ") + std::to_string(*field.tag);
    text += indent + cpp_type(field) + " " + field.name + cpp_initializer(field) + ";";
    if (!note.empty()) text += "  // " + note;
    text += "\n";
  }
  return text;
}

std::string declare_functions(const std::string& name, const std::string& indent) {
  return indent + "void encode(Writer& out, int16_t v) const;\n" +           //
         indent + "void decode(Reader& in, int16_t v);\n" +                  //
         indent + "void write_json(JsonWriter& json, int16_t v) const;\n" +  //
         indent + "bool operator==(const " + name + "&) const = default;\n";
}

std::string declare_struct(const Message& message, const Struct& inner) {
  std::string text = "  struct " + inner.name + " {\n";
  text += declare_fields(message, inner.fields, "    ");
  if (!inner.fields.empty()) text += "\n";
  return text + declare_functions(inner.name, "    ") + "  };\n\n";
}

std::string declare_message(const Message& message) {
  const std::string flexible = message.flexible_since == kNeverFlexible
                                   ? "kNeverFlexible"
                                   : std::to_string(message.flexible_since);
  std::string text = "struct " + message.name + " {\n";
  text += "  static constexpr std::string_view kName = \"" + message.name + "\";\n";
  if (!message.key.empty()) {
    const bool is_api = message.key.starts_with("ApiKey::");
    text += std::string("  static constexpr ") + (is_api ? "ApiKey" : "int16_t") +
            " kApiKey = " + message.key + ";\n";
  }
  text +=
      "  static constexpr int16_t kMinVersion = " + std::to_string(message.versions.min) + ";\n";
  text +=
      "  static constexpr int16_t kMaxVersion = " + std::to_string(message.versions.max) + ";\n";
  text += "  static constexpr int16_t kFlexibleSince = " + flexible + ";\n\n";
  for (const Struct& inner : message.structs) text += declare_struct(message, inner);
  text += declare_fields(message, message.fields, "  ");
  if (!message.fields.empty()) text += "\n";
  return text + declare_functions(message.name, "  ") + "};\n\n";
}

// A comment of lines that fit the column limit.
std::string wrap_comment(const std::string& text) {
  constexpr size_t kColumns = 100;
  std::istringstream words(text);
  std::string comment;
  std::string line = "//";
  for (std::string word; words >> word;) {
    if (line.size() + 1 + word.size() > kColumns) {
      comment += line + "\n";
      line = "//";
    }
    line += " " + word;
  }
  return comment + line + "\n";
}

}  // namespace

std::string emit_header(const SchemaFile& file) {
  std::string text = "// Generated from wire/schema/" + file.path + ": change that, not this.\n";
  if (!file.doc.empty()) text += "//\n" + wrap_comment(file.doc);
  text += "#pragma once\n\n#include \"wire/message.h\"\n\nnamespace wire {\n\n";
  for (const Message& message : file.messages) text += declare_message(message);
  return text + "}  // namespace wire\n";
}

}  // namespace codegen
