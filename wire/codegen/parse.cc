#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

#include "wire/codegen/names.h"
#include "wire/codegen/parse_field.h"
#include "wire/codegen/schema.h"

namespace codegen {
namespace {

using Json = nlohmann::json;

class Parser {
 public:
  Parser(SchemaFile& file, Problems& problems) : file_(file), problems_(problems) {}

  void parse(const Json& json) {
    if (!json.is_object()) return problem("", "the file is not a JSON object");
    file_.doc = text(json, "doc");
    if (json.contains("api")) {
      parse_api(json);
    } else if (json.contains("record") && json.contains("key")) {
      parse_key_and_value(json);
    } else if (json.contains("record") || json.contains("header")) {
      parse_single(json);
    } else {
      problem("", "needs one of \"api\", \"record\" and \"header\"");
    }
  }

 private:
  void parse_api(const Json& json) {
    file_.api = text(json, "api");
    file_.api_key = number(json, "key");
    if (!is_pascal_case(file_.api)) problem("api", "is not a PascalCase name");
    for (const Json& listener : json.value("listeners", Json::array())) {
      const std::string name = listener.is_string() ? listener.get<std::string>() : "";
      if (name != "broker" && name != "controller")
        problem("listeners", "must be \"broker\" or \"controller\"");
      file_.listeners.push_back(name);
    }
    const std::string key = "ApiKey::k" + file_.api;
    add_message(file_.api + "Request", key, "kRequest", json, json, "request");
    add_message(file_.api + "Response", key, "kResponse", json, json, "response");
  }

  // A record of a coordinator's log: its key and its value have versions of their own.
  void parse_key_and_value(const Json& json) {
    const std::string name = text(json, "record");
    const std::string type = std::to_string(number(json, "type"));
    for (const auto& [part, suffix, kind] :
         {std::tuple("key", "Key", "kRecordKey"), std::tuple("value", "Value", "kRecordValue")}) {
      const Json inner = json.value(part, Json());
      if (!inner.is_object()) {
        problem(part, "is not an object");
        continue;
      }
      add_message(name + suffix, type, kind, inner, inner, "fields");
    }
  }

  void parse_single(const Json& json) {
    const bool is_header = json.contains("header");
    const std::string key = json.contains("type") ? std::to_string(number(json, "type")) : "";
    add_message(text(json, is_header ? "header" : "record"), key, is_header ? "kHeader" : "kRecord",
                json, json, "fields");
  }

  void add_message(const std::string& name, const std::string& key, const std::string& kind,
                   const Json& head, const Json& body, const char* fields) {
    Message message;
    message.name = name;
    message.key = key;
    message.kind = kind;
    if (!is_pascal_case(name)) problem(name, "is not a PascalCase name");
    if (auto versions = parse_versions(text(head, "versions"));
        versions && versions->max != kNoLimit) {
      message.versions = *versions;
    } else {
      problem(name, "\"versions\" must look like \"0-4\"");
    }
    if (head.contains("flexible")) {
      const auto flexible = parse_versions(text(head, "flexible"));
      if (flexible && flexible->max == kNoLimit) {
        message.flexible_since = flexible->min;
      } else {
        problem(name, "\"flexible\" must look like \"4+\"");
      }
    }
    if (!body.contains(fields)) {
      problem(name, std::string("has no \"") + fields + "\"");
    } else {
      message.fields = parse_fields(body[fields], message, name);
    }
    file_.messages.push_back(std::move(message));
  }

  std::vector<Field> parse_fields(const Json& list, Message& message, const std::string& where) {
    std::vector<Field> fields;
    if (!list.is_array()) {
      problem(where, "the fields are not a list");
      return fields;
    }
    for (const Json& row : list) {
      if (auto field = parse_row(row, message, where)) fields.push_back(std::move(*field));
    }
    return fields;
  }

  // One row: [name, type, versions and tag, fields of the struct].
  std::optional<Field> parse_row(const Json& row, Message& message, const std::string& parent) {
    if (!row.is_array() || row.size() < 2 || row.size() > 4 || !row[0].is_string() ||
        !row[1].is_string() || (row.size() > 2 && !row[2].is_string())) {
      problem(parent, "a field must be [name, type, versions, fields], got " + row.dump());
      return std::nullopt;
    }
    const std::string where = parent + "." + row[0].get<std::string>();
    Field field;
    field.name = row[0];
    std::string why = parse_type(row[1].get<std::string>(), field);
    if (why.empty() && row.size() > 2) why = parse_presence(row[2].get<std::string>(), field);
    if (!why.empty()) {
      problem(where, why);
      return std::nullopt;
    }
    if (row.size() > 3) {
      if (field.kind != Kind::kStruct) problem(where, "only a {Struct} has fields of its own");
      Struct inner{field.struct_name, parse_fields(row[3], message, where)};
      if (message.find_struct(inner.name) != nullptr) {
        problem(where, "struct " + inner.name + " is defined twice");
      }
      message.structs.push_back(std::move(inner));
    } else if (field.kind == Kind::kStruct && message.find_struct(field.struct_name) == nullptr) {
      // A struct that contains itself ends here too: it is known only after its fields.
      problem(where, "struct " + field.struct_name + " has no fields here or in an earlier row");
    }
    return field;
  }

  std::string text(const Json& json, const char* key) {
    if (!json.contains(key)) return "";
    if (json[key].is_string()) return json[key];
    problem(key, "is not a string");
    return "";
  }

  int number(const Json& json, const char* key) {
    if (json.contains(key) && json[key].is_number_integer()) return json[key];
    problem(key, "is not a number");
    return -1;
  }

  void problem(const std::string& where, const std::string& message) {
    problems_.push_back(file_.path + ":" + where + ": " + message);
  }

  SchemaFile& file_;
  Problems& problems_;
};

// Parsing errors become a problem here, at the library's door.
Json parse_json(std::string_view path, std::string_view text, Problems& problems) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    problems.push_back(std::string(path) + ":: " + error.what());
    return {};
  }
}

// "12_heartbeat.json" -> "heartbeat": the number only sorts the folder.
std::string stem_of(std::string_view path) {
  std::string_view stem = path.substr(path.find_last_of('/') + 1);
  stem = stem.substr(0, stem.find('.'));
  const size_t digits = stem.find_first_not_of("0123456789");
  if (digits != 0 && digits != std::string_view::npos && stem[digits] == '_')
    stem.remove_prefix(digits + 1);
  return std::string(stem);
}

}  // namespace

const Struct* Message::find_struct(std::string_view struct_name) const {
  for (const Struct& candidate : structs) {
    if (candidate.name == struct_name) return &candidate;
  }
  return nullptr;
}

SchemaFile parse_schema(std::string_view path, std::string_view text, Problems& problems) {
  SchemaFile file;
  file.path = path;
  file.stem = stem_of(path);
  const size_t slash = path.find('/');
  file.folder = slash == std::string_view::npos ? "api" : path.substr(0, slash);
  const size_t problems_before = problems.size();
  const Json json = parse_json(path, text, problems);
  if (problems.size() == problems_before) Parser(file, problems).parse(json);
  return file;
}

std::vector<ErrorEntry> parse_errors(std::string_view path, std::string_view text,
                                     Problems& problems) {
  std::vector<ErrorEntry> entries;
  const Json json = parse_json(path, text, problems);
  for (const Json& row : json.is_object() ? json.value("errors", Json::array()) : Json::array()) {
    const bool well_formed = row.is_array() && (row.size() == 3 || row.size() == 4) &&
                             row[0].is_number_integer() && row[1].is_string() &&
                             row[2].is_string() && (row.size() == 3 || row[3] == "retriable");
    if (!well_formed) {
      problems.push_back(std::string(path) + ":" + row.dump() +
                         ": must be [code, name, message] or [code, name, message, \"retriable\"]");
      continue;
    }
    entries.push_back({row[0], row[1], row[2], row.size() == 4});
  }
  return entries;
}

}  // namespace codegen
