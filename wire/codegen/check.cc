#include <algorithm>
#include <charconv>
#include <set>

#include "wire/codegen/names.h"
#include "wire/codegen/schema.h"

namespace codegen {
namespace {

bool is_bool(std::string_view text) {
  return text == "true" || text == "false";
}

bool is_integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

class Checker {
 public:
  Checker(const SchemaFile& file, const Message& message, Problems& problems)
      : file_(file), message_(message), problems_(problems) {}

  void check() {
    check_fields(message_.fields, message_.name);
    for (const Struct& inner : message_.structs) {
      if (!is_pascal_case(inner.name)) problem(inner.name, "is not a PascalCase name");
      check_fields(inner.fields, inner.name);
    }
  }

 private:
  void check_fields(const std::vector<Field>& fields, const std::string& parent) {
    std::set<std::string> names;
    std::set<int> tags;
    for (const Field& field : fields) {
      const std::string where = parent + "." + field.name;
      if (!is_snake_case(field.name)) problem(where, "is not a snake_case name");
      if (is_reserved_name(field.name))
        problem(where, "is a name that the generated code uses itself");
      if (!names.insert(field.name).second) problem(where, "appears twice");
      if (field.tag && !tags.insert(*field.tag).second)
        problem(where, "uses a tag that another field has");
      check_versions(field, where);
      check_default(field, where);
    }
  }

  void check_versions(const Field& field, const std::string& where) {
    if (field.versions.min > message_.versions.max || field.versions.max < message_.versions.min) {
      problem(where, "is in no version of the message");
    }
    if (!field.tag) return;
    // A tag exists in flexible versions only: Kafka's schemas repeat the range, and so a slip is
    // caught here.
    if (std::max(field.versions.min, message_.versions.min) < message_.flexible_since) {
      problem(where, "is tagged in a version that is not flexible");
    }
  }

  void check_default(const Field& field, const std::string& where) {
    if (field.default_value.empty()) return;
    if (field.default_value == "null") {
      if (!field.nullable) problem(where, "has null as default but is not nullable");
      return;
    }
    const bool scalar = field.kind <= Kind::kFloat64 && !field.is_array;
    if (!scalar) return problem(where, "only numbers, bool and null may be a default");
    if (field.kind == Kind::kBool ? !is_bool(field.default_value)
                                  : !is_integer(field.default_value)) {
      problem(where, "cannot have the default \"" + field.default_value + "\"");
    }
  }

  void problem(const std::string& where, const std::string& message) {
    problems_.push_back(file_.path + ":" + where + ": " + message);
  }

  const SchemaFile& file_;
  const Message& message_;
  Problems& problems_;
};

}  // namespace

void check_schema(const SchemaFile& file, Problems& problems) {
  for (const Message& message : file.messages) Checker(file, message, problems).check();
}

}  // namespace codegen
