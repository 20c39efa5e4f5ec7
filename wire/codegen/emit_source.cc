#include <algorithm>
#include <functional>

#include "wire/codegen/cpp_type.h"
#include "wire/codegen/emit.h"
#include "wire/codegen/names.h"

namespace codegen {
namespace {

std::string join_conditions(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return a + b;
  return a + " && " + b;
}

std::string guarded(const std::string& condition, const std::string& statement) {
  return "  " + (condition.empty() ? "" : "if (" + condition + ") ") + statement + "\n";
}

// Writes the three functions of one struct: `fields` of `message`, or of one of the structs in it.
class StructEmitter {
 public:
  StructEmitter(const Message& message, std::string scope, const std::vector<Field>& fields)
      : message_(message),
        scope_(std::move(scope)),
        fields_(fields),
        is_outer_(&fields == &message.fields) {}

  std::string emit() const {
    return function("encode", "Writer& out", " const", encode_body()) +
           function("decode", "Reader& in", "", decode_body()) +
           function("write_json", "JsonWriter& json", " const", json_body());
  }

 private:
  bool can_be_flexible() const { return message_.flexible_since != kNeverFlexible; }

  std::string presence(const Field& field) const {
    return version_condition(field.versions, message_.versions);
  }

  std::string set_flexible(const std::string& stream) const {
    if (!is_outer_) return "";
    std::string flexible = "v >= " + std::to_string(message_.flexible_since);
    if (!can_be_flexible()) flexible = "false";
    if (message_.flexible_since <= message_.versions.min) flexible = "true";
    return "  " + stream + ".set_flexible(" + flexible + ");\n";
  }

  std::vector<const Field*> tagged_fields() const {
    std::vector<const Field*> tagged;
    for (const Field& field : fields_) {
      if (field.tag) tagged.push_back(&field);
    }
    std::sort(tagged.begin(), tagged.end(),
              [](const Field* a, const Field* b) { return *a->tag < *b->tag; });
    return tagged;
  }

  // "name" or "name, v >= 2": the second argument says whether null may appear in this version.
  std::string nullable_argument(const Field& field) const {
    if (!field.nullable) return "";
    const Versions present{std::max(field.versions.min, message_.versions.min),
                           std::min(field.versions.max, message_.versions.max)};
    const std::string condition = version_condition(*field.nullable, present);
    return condition.empty() ? "" : ", " + condition;
  }

  std::string write_statement(const Field& field, const std::string& out) const {
    if (field.kind == Kind::kStruct && field.is_array) {
      return out + ".write_array(" + field.name + ", v" + nullable_argument(field) + ");";
    }
    if (field.kind == Kind::kStruct) {
      if (field.nullable)
        return out + ".write_struct(" + field.name + ", v" + nullable_argument(field) + ");";
      return field.name + ".encode(" + out + ", v);";
    }
    const char* function = field.kind == Kind::kLegacyString ? ".write_legacy(" : ".write(";
    return out + function + field.name + nullable_argument(field) + ");";
  }

  std::string read_statement(const Field& field) const {
    if (field.kind == Kind::kStruct && field.is_array) {
      return "in.read_array(" + field.name + ", v, " +
             std::to_string(min_element_bytes(message_, field)) + nullable_argument(field) + ");";
    }
    if (field.kind == Kind::kStruct) {
      if (field.nullable)
        return "in.read_struct(" + field.name + ", v" + nullable_argument(field) + ");";
      return field.name + ".decode(in, v);";
    }
    const char* function = field.kind == Kind::kLegacyString ? "in.read_legacy(" : "in.read(";
    return function + field.name + nullable_argument(field) + ");";
  }

  std::string encode_body() const {
    std::string text = set_flexible("out");
    for (const Field& field : fields_) {
      if (!field.tag) text += guarded(presence(field), write_statement(field, "out"));
    }
    if (!can_be_flexible()) return text;
    const auto tagged = tagged_fields();
    if (tagged.empty()) return text + "  out.write_no_tags();\n";
    text += "  TaggedFields tags;\n";
    for (const Field* field : tagged) {
      const std::string add = "tags.add(" + std::to_string(*field->tag) + ")";
      text += guarded(join_conditions(presence(*field), differs_from_default(*field)),
                      write_statement(*field, add));
    }
    return text + "  out.write_tags(tags);\n";
  }

  std::string decode_body() const {
    std::string text = set_flexible("in");
    for (const Field& field : fields_) {
      if (!field.tag) text += guarded(presence(field), read_statement(field));
    }
    if (!can_be_flexible()) return text;
    const auto tagged = tagged_fields();
    if (tagged.empty()) return text + "  in.skip_tags();\n";
    text += "  TagReader tags(in);\n  while (tags.next()) {\n    switch (tags.tag()) {\n";
    for (const Field* field : tagged) {
      text += "      case " + std::to_string(*field->tag) + ":\n      ";
      text += guarded(presence(*field), read_statement(*field));
      text += "        break;\n";
    }
    return text + "      default:\n        tags.skip();\n    }\n  }\n";
  }

  std::string json_body() const {
    std::string text = "  json.begin_object();\n";
    for (const Field& field : fields_) {
      std::string condition = presence(field);
      if (field.tag) condition = join_conditions(condition, differs_from_default(field));
      text += guarded(condition, json_statement(field));
    }
    return text + "  json.end_object();\n";
  }

  std::string json_statement(const Field& field) const {
    const std::string key = "\"" + camel_case(field.name) + "\"";
    if (field.kind == Kind::kStruct) return "json.field(" + key + ", " + field.name + ", v);";
    // As Kafka does: records are only counted.
    if (field.kind == Kind::kRecords) return "json.records_field(" + key + ", " + field.name + ");";
    return "json.field(" + key + ", " + field.name + ");";
  }

  std::string function(const std::string& name, const std::string& stream,
                       const std::string& suffix, const std::string& body) const {
    const bool uses_stream = !body.empty();
    const bool uses_version =
        body.find(" v)") != std::string::npos || body.find(" v ") != std::string::npos ||
        body.find("(v ") != std::string::npos || body.find(" v,") != std::string::npos;
    const std::string parameter = uses_stream ? stream : stream.substr(0, stream.find(' '));
    return "void " + scope_ + "::" + name + "(" + parameter + ", int16_t" +
           (uses_version ? " v" : "") + ")" + suffix + " {\n" + body + "}\n\n";
  }

  const Message& message_;
  const std::string scope_;
  const std::vector<Field>& fields_;
  const bool is_outer_;
};

}  // namespace

std::string emit_source(const SchemaFile& file) {
  std::string text = "// Generated from wire/schema/" + file.path + ": change that, not this.\n";
  text += "#include \"wire/" + file.folder + "/" + file.stem + ".h\"\n\n";
  text +=
      "#include \"wire/json_writer.h\"\n#include \"wire/reader.h\"\n#include "
      "\"wire/writer.h\"\n\nnamespace wire {\n\n";
  for (const Message& message : file.messages) {
    for (const Struct& inner : message.structs) {
      text += StructEmitter(message, message.name + "::" + inner.name, inner.fields).emit();
    }
    text += StructEmitter(message, message.name, message.fields).emit();
  }
  return text + "}  // namespace wire\n";
}

}  // namespace codegen
